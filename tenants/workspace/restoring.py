"""Bringing a workspace back as an older revision had it; the way back of ``tenants.workspace.section``."""

import msgspec
from django.conf import settings

from tenants.contract.access import AccessPolicy as Access
from tenants.contract.environment import validate_environment_name
from tenants.contract.errors import ConflictError
from tenants.contract.roles import Role
from tenants.contract.secrets import SecretBox, SecretUnreadableError
from tenants.contract.state import Palette, TenantState
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.workspace.access.abilities import known_methods
from tenants.workspace.access.people import keep_owners_in
from tenants.workspace.flag_rows import columns_of
from tenants.workspace.models import (
    AccessPolicy,
    AppSecret,
    AppSettings,
    Branding,
    ChatContent,
    ChatSettings,
    EnvironmentVariable,
    Flag,
    History,
)

__all__ = ["check_workspace", "restore_workspace"]


def check_workspace(tenant: Tenant, state: TenantState, actor: Actor) -> None:
    """Refuse what cannot be brought back, or would lock the tenant's owners out.

    Variables that the platform has taken for itself since, secrets whose key is gone, ways to sign in that are no more.
    """
    for method in state.access.methods:
        if method.id not in known_methods():
            raise ConflictError(
                "revision_method_missing",
                f"The way to sign in “{method.label or method.id}” is no longer there.",
                details={"method": method.id},
            )
    keep_owners_in(state.access, actor=actor)
    for name in (*state.environment, *state.secrets):
        validate_environment_name(name)
    box = SecretBox(settings.ENVIRONMENT.encryption_keys)
    for name, token in (*state.secrets.items(), *state.app_settings.secrets.items()):
        try:
            box.decrypt(token, tenant_id=str(tenant.pk))
        except SecretUnreadableError as error:
            raise ConflictError(
                "revision_secret_unreadable",
                f"The secret {name} was made with an encryption key that is no longer there.",
                details={"name": name},
            ) from error


def restore_workspace(_tenant: Tenant, state: TenantState, _actor: Actor) -> None:
    """Write the bound tenant's workspace as the state has it.

    Members are no part of a state and stay. The sign-out epoch and the ends of sign-ins stay too: going back would
    let tokens in again that were refused. Secrets are the same tokens as then.
    """
    branding = state.branding
    Branding.objects.update(
        display_name=branding.display_name,
        description=branding.description,
        default_theme=branding.default_theme or "",
        font=branding.font or "",
        **_colours("light", branding.light),
        **_colours("dark", branding.dark),
    )
    ChatSettings.objects.update(
        features=msgspec.to_builtins(state.features), interface=msgspec.to_builtins(state.interface)
    )
    ChatContent.objects.update_or_create(defaults={"content": msgspec.to_builtins(state.chat)})
    _restore_access(state.access)
    History.objects.update_or_create(defaults={"enabled": state.history.enabled})
    _restore_flags(state)
    _restore_app_settings(state)
    _restore_environment(state)


def _restore_access(access: Access) -> None:
    AccessPolicy.objects.update(
        mode=access.mode,
        allowed_origins=list(access.allowed_origins),
        entry=access.entry,
        email_domains=list(access.email_domains),
        methods=[method.id for method in access.methods],
        session_seconds=access.session_seconds,
        idle_seconds=access.idle_seconds,
        networks=list(access.networks),
        sign_up=access.sign_up,
        **{f"{role}_second_factor": access.second_factor.of(role) for role in Role},
    )


def _restore_flags(state: TenantState) -> None:
    Flag.objects.exclude(name__in=state.flags).delete()
    for name, flag in state.flags.items():
        # What a flag is for is no part of a state: a description that is there stays.
        Flag.objects.update_or_create(name=name, defaults=columns_of(flag))


def _restore_app_settings(state: TenantState) -> None:
    """Bring back what was set of the app that the tenant had then; a tenant's app itself is no part of restoring."""
    settings = state.app_settings
    AppSettings.objects.update_or_create(app=state.app, defaults={"values": settings.values})
    AppSecret.objects.filter(app=state.app).exclude(path__in=settings.secrets).delete()
    for path, token in settings.secrets.items():
        AppSecret.objects.update_or_create(app=state.app, path=path, defaults={"value": token})


def _restore_environment(state: TenantState) -> None:
    wanted = {name: (value, False) for name, value in state.environment.items()}
    wanted |= {name: (token, True) for name, token in state.secrets.items()}
    present = {row.name: (row.value, row.is_secret) for row in EnvironmentVariable.objects.all()}
    EnvironmentVariable.objects.exclude(name__in=wanted).delete()
    for name, (value, is_secret) in wanted.items():
        if present.get(name) != (value, is_secret):
            EnvironmentVariable.objects.update_or_create(name=name, defaults={"value": value, "is_secret": is_secret})


def _colours(theme: str, palette: Palette) -> dict[str, str]:
    return {f"{theme}_{name}": getattr(palette, name) or "" for name in ("primary", "background", "accent")}
