"""The workspace's part of a publication, and what a new tenant's workspace begins with."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from tenants.contract import state
from tenants.contract.errors import InvalidValueError
from tenants.contract.roles import Role
from tenants.registry.models import Provisioning, Tenant
from tenants.workspace.access.abilities import known_methods
from tenants.workspace.flag_rows import compile_flag
from tenants.workspace.models import (
    AccessPolicy,
    AppSecret,
    AppSettings,
    Branding,
    ChatContent,
    ChatSettings,
    EndedSignIns,
    EnvironmentVariable,
    Flag,
    History,
    Member,
)

__all__ = [
    "compile_access",
    "compile_app_settings",
    "compile_branding",
    "compile_chat",
    "compile_workspace",
    "ended_sign_ins",
    "seed_workspace",
]

ACCESS_FIELDS = (
    "mode", "sign_out_epoch", "allowed_origins", "entry", "email_domains", "session_seconds", "idle_seconds",
    "networks", "sign_up",
)  # fmt: skip
"""Fields of the contract's policy that are columns of the same name."""


def compile_workspace(tenant: Tenant) -> Mapping[str, object]:
    """Return the fields of TenantState that stand in the bound tenant's workspace."""
    settings = ChatSettings.objects.get()
    variables = list(EnvironmentVariable.objects.all())
    app_settings = compile_app_settings(tenant.app)
    chat = compile_chat(ChatContent.objects.first())
    return {
        "branding": compile_branding(Branding.objects.get()),
        "features": msgspec.convert(settings.features, state.Features),
        "interface": msgspec.convert(settings.interface, state.Interface),
        # Left out where it says nothing, as in every document from before there was any.
        **({} if chat == state.Chat() else {"chat": chat}),
        "flags": {flag.name: compile_flag(flag) for flag in Flag.objects.all()},
        "access": compile_access(AccessPolicy.objects.get()),
        "history": state.History(enabled=History.objects.filter(enabled=True).exists()),
        "environment": {variable.name: variable.value for variable in variables if not variable.is_secret},
        "secrets": {variable.name: variable.value for variable in variables if variable.is_secret},
        # Left out where nothing is set, so that a tenant without settings has the document that it had before.
        **({"app_settings": app_settings} if app_settings != state.AppSettings() else {}),
    }


def compile_app_settings(app: str) -> state.AppSettings:
    """Return what the bound tenant has set of an app's settings."""
    row = AppSettings.objects.filter(app=app).first()
    secrets = dict(AppSecret.objects.filter(app=app).values_list("path", "value"))
    return state.AppSettings(values=row.values if row else {}, secrets=secrets)


def compile_chat(row: ChatContent | None) -> state.Chat:
    """Return the contract's texts and starters of a row, or none."""
    return msgspec.convert(row.content, state.Chat) if row else state.Chat()


def compile_access(row: AccessPolicy) -> state.AccessPolicy:
    """Return the contract's policy of a row; raises ``InvalidValueError`` that says what is at fault."""
    fields = {name: getattr(row, name) for name in ACCESS_FIELDS}
    known = known_methods()
    fields["methods"] = [known[method] for method in row.methods if method in known]
    fields["second_factor"] = {role.value: getattr(row, f"{role}_second_factor") for role in Role}
    fields["ended"] = ended_sign_ins(row.session_seconds)
    try:
        return msgspec.convert(fields, state.AccessPolicy)
    except msgspec.ValidationError as error:
        raise InvalidValueError("access_invalid", f"The access policy is not valid: {error}.") from error


def ended_sign_ins(session_seconds: int) -> dict[str, int]:
    """Return until when the sign-ins of members of the bound tenant were ended, by member id.

    What was ended before a sign-in could have begun that still lasts need not be said any more.
    """
    oldest = int(datetime.now(UTC).timestamp()) - session_seconds
    ended = EndedSignIns.objects.filter(ended_at__gte=oldest).values_list("member_id", "ended_at")
    return {str(member_id): ended_at for member_id, ended_at in ended}


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
        defaults={"role": Role.OWNER, "password": provisioning.owner_password},
    )


def _palette(row: Branding, theme: str) -> dict[str, str]:
    colours = {name: getattr(row, f"{theme}_{name}") for name in ("primary", "background", "accent")}
    return {name: colour for name, colour in colours.items() if colour}
