"""What of a workspace waits for being published, and what must not."""

from collections.abc import Mapping

import msgspec
from django.conf import settings
from django.utils.translation import gettext as _

from tenants.contract.access import AccessPolicy, SignInMethod
from tenants.contract.app_settings import AppSettings
from tenants.contract.errors import ConflictError
from tenants.contract.roles import Permission, Role
from tenants.contract.secrets import SecretBox, SecretUnreadableError
from tenants.contract.state import TenantState
from tenants.registry.actor import SYSTEM, Actor
from tenants.registry.services.publishing import DraftRules
from tenants.workspace.access.abilities import known_methods
from tenants.workspace.access.people import keep_owners_in
from tenants.workspace.section import ended_sign_ins

__all__ = ["DRAFT_RULES", "ENTRY_FIELDS"]

ENTRY_FIELDS = frozenset(
    {"entry", "email_domains", "sign_up", "session_seconds", "idle_seconds", "member_second_factor"}
)
"""What ``MANAGE_ENTRY`` is enough for; all other fields, also those that will be added, take ``MANAGE_ACCESS``."""

PERMISSIONS: Mapping[str, Permission] = {
    "branding": Permission.EDIT_BRANDING,
    "features": Permission.EDIT_FEATURES,
    "interface": Permission.EDIT_FEATURES,
    "chat": Permission.EDIT_FEATURES,
    "flags": Permission.EDIT_FLAGS,
    "history": Permission.KEEP_CONVERSATIONS,
    "app_settings": Permission.EDIT_APP_SETTINGS,
    "environment": Permission.EDIT_ENVIRONMENT,
    "secrets": Permission.EDIT_ENVIRONMENT,
}
"""The fields of a state that wait as a whole, and what changing each takes. The access policy waits in part."""


def hold_workspace(live: TenantState, compiled: TenantState) -> Mapping[str, object]:
    """Return the bound tenant's workspace as it is live, with whatever of the access policy must not wait."""
    access = _hold_access(live.access, sign_out_epoch=compiled.access.sign_out_epoch)
    held = {name: getattr(live, name) for name in PERMISSIONS}
    secrets = _hold_secrets(live.id, live.secrets, compiled.secrets)
    return held | {"access": access, "secrets": secrets, "app_settings": _hold_app_settings(live, compiled)}


def _hold_app_settings(live: TenantState, compiled: TenantState) -> AppSettings:
    """Return the live settings of the app; of an app that the tenant has only now, what was set of that one."""
    if live.app != compiled.app:
        return compiled.app_settings
    if not live.app_settings.secrets:
        return live.app_settings
    secrets = _hold_secrets(live.id, live.app_settings.secrets, compiled.app_settings.secrets)
    return msgspec.structs.replace(live.app_settings, secrets=secrets)


def _hold_secrets(tenant_id: str, live: Mapping[str, str], compiled: Mapping[str, str]) -> dict[str, str]:
    """Return the live secrets, each in the token that the rows have where that holds the same.

    Rows are sealed anew when the platform's newest key is another one; what is live must not need the old key longer.
    A secret that waits to be replaced or removed is sealed anew here.
    """
    box = SecretBox(settings.ENVIRONMENT.encryption_keys)

    def held(name: str, token: str) -> str:
        row = compiled.get(name, token)
        try:
            opened = box.decrypt(token, tenant_id=tenant_id)
            return row if row != token and box.decrypt(row, tenant_id=tenant_id) == opened else box.rotate(token)
        except SecretUnreadableError:
            # With the key that is missing it is worth something again.
            return token

    return {name: held(name, token) for name, token in live.items()}


def _hold_access(live: AccessPolicy, *, sign_out_epoch: int) -> AccessPolicy:
    """Return the live policy with the ends of sign-ins, and the ways to sign in that are still there, as they are now.

    A provider that was removed or set up anew is one no longer, whatever the policy says of it. Raises
    ``ConflictError`` where the policy that stays live would then let nobody, or no owner, in.
    """
    methods = _still_there(live.methods)
    if not methods and live.methods:
        raise ConflictError(
            "sign_in_method_last", _("This is the only way to sign in that is live. Publish another one first.")
        )
    ended = ended_sign_ins(live.session_seconds)
    access = msgspec.structs.replace(live, methods=methods, sign_out_epoch=sign_out_epoch, ended=ended)
    if methods != live.methods:
        keep_owners_in(access, actor=SYSTEM)
    return access


def _still_there(methods: tuple[SignInMethod, ...]) -> tuple[SignInMethod, ...]:
    known = known_methods()
    return tuple(known[method.id] for method in methods if method.id in known)


def permissions_of_changes(served: TenantState, drafted: TenantState) -> frozenset[Permission]:
    """Return what the difference of two states takes."""
    permissions = {
        permission for name, permission in PERMISSIONS.items() if getattr(served, name) != getattr(drafted, name)
    }
    before, after = _access_fields(served.access), _access_fields(drafted.access)
    differing = {name for name in before if before[name] != after[name]}
    if differing:
        permissions.add(Permission.MANAGE_ENTRY)
    if differing - ENTRY_FIELDS:
        permissions.add(Permission.MANAGE_ACCESS)
    return frozenset(permissions)


def check_draft(served: TenantState, drafted: TenantState, actor: Actor) -> None:
    """Refuse a policy that would lock owners out by now: since it was saved, people and providers may have changed."""
    if _access_fields(served.access) != _access_fields(drafted.access):
        keep_owners_in(drafted.access, actor=actor, before=served.access)


def _access_fields(access: AccessPolicy) -> dict[str, object]:
    """Return what of a policy is chosen, under the names of the columns."""
    chosen = set(access.__struct_fields__) - {"sign_out_epoch", "ended", "second_factor"}
    return {
        **{name: getattr(access, name) for name in chosen},
        **{f"{role}_second_factor": access.second_factor.of(role) for role in Role},
    }


DRAFT_RULES = DraftRules(hold=hold_workspace, permissions=permissions_of_changes, check=check_draft)
