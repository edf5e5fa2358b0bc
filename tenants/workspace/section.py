"""The workspace's part of a publication, and what a new tenant's workspace begins with."""

from collections.abc import Mapping

import msgspec

from tenants.contract import state
from tenants.contract.errors import InvalidValueError
from tenants.registry.models import Provisioning, Tenant
from tenants.workspace.models import AccessPolicy, Branding, ChatSettings, EnvironmentVariable, Flag, History, Member

__all__ = ["compile_branding", "compile_workspace", "seed_workspace"]


def compile_workspace(_tenant: Tenant) -> Mapping[str, object]:
    """Return the fields of TenantState that stand in the bound tenant's workspace."""
    settings = ChatSettings.objects.get()
    access = AccessPolicy.objects.get()
    variables = list(EnvironmentVariable.objects.all())
    return {
        "branding": compile_branding(Branding.objects.get()),
        "features": msgspec.convert(settings.features, state.Features),
        "interface": msgspec.convert(settings.interface, state.Interface),
        "flags": dict(Flag.objects.values_list("name", "enabled")),
        "access": state.AccessPolicy(
            mode=state.AccessMode(access.mode),
            sign_out_epoch=access.sign_out_epoch,
            allowed_origins=tuple(access.allowed_origins),
        ),
        "history": state.History(enabled=History.objects.filter(enabled=True).exists()),
        "environment": {variable.name: variable.value for variable in variables if not variable.is_secret},
        "secrets": {variable.name: variable.value for variable in variables if variable.is_secret},
    }


def compile_branding(row: Branding) -> state.Branding:
    """Return the contract's branding of a row; raises ``InvalidValueError`` that names the field at fault."""
    fields = {
        "display_name": row.display_name,
        "description": row.description,
        "default_theme": row.default_theme or None,
        "font": row.font or None,
        "light": _palette(row, "light"),
        "dark": _palette(row, "dark"),
    }
    try:
        return msgspec.convert(fields, state.Branding)
    except msgspec.ValidationError as error:
        raise InvalidValueError("branding_invalid", f"The branding is not valid: {error}.") from error


def seed_workspace(tenant: Tenant, provisioning: Provisioning) -> None:
    """Fill a new tenant's workspace: its name, the defaults, and its owner."""
    Branding.objects.get_or_create(defaults={"display_name": tenant.name})
    ChatSettings.objects.get_or_create()
    AccessPolicy.objects.get_or_create()
    History.objects.get_or_create(defaults={"enabled": True})
    Member.objects.get_or_create(
        email=provisioning.owner_email,
        defaults={"role": Member.Role.OWNER, "password": provisioning.owner_password},
    )


def _palette(row: Branding, theme: str) -> dict[str, str]:
    colours = {name: getattr(row, f"{theme}_{name}") for name in ("primary", "background", "accent")}
    return {name: colour for name, colour in colours.items() if colour}
