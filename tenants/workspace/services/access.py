"""Editing who may enter a tenant's chat."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import F

from tenants.contract.errors import InvalidValueError
from tenants.contract.origins import MAXIMUM_ORIGINS, InvalidOriginError, normalise_origin
from tenants.contract.state import AccessMode
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import record
from tenants.workspace.models import AccessPolicy
from tenants.workspace.services.editing import editing

__all__ = ["get_access", "sign_out_everyone", "update_access"]


def get_access() -> AccessPolicy:
    """Return the access policy of the tenant whose schema is bound."""
    return AccessPolicy.objects.get()


def update_access(
    tenant_id: UUID | str, *, mode: str, allowed_origins: Collection[str] | None = None, actor: Actor
) -> None:
    """Choose who may enter: anyone (``anonymous``), members (``password``) or whom the app lets in (``app``).

    ``allowed_origins`` are other web sites that may frame the chat and carry its widget; None leaves them as they are.
    Raises ``InvalidValueError`` that names the field at fault.
    """
    if mode not in set(AccessMode):
        raise InvalidValueError("access_mode_invalid", f"There is no access mode “{mode[:20]}”.", field="mode")
    wanted: dict[str, Any] = {"mode": mode}
    if allowed_origins is not None:
        wanted["allowed_origins"] = _checked_origins(allowed_origins)
    with editing(tenant_id, actor=actor, note="Access") as tenant:
        policy = AccessPolicy.objects.get()
        changes = {
            name: [getattr(policy, name), value] for name, value in wanted.items() if getattr(policy, name) != value
        }
        if changes:
            record("access.update", actor=actor, tenant=tenant, changes=changes)
            AccessPolicy.objects.update(**{name: value for name, (_, value) in changes.items()})


def _checked_origins(origins: Collection[str]) -> list[str]:
    checked = list(dict.fromkeys(normalise_origin(origin) for origin in origins))
    if len(checked) > MAXIMUM_ORIGINS:
        raise InvalidOriginError(f"At most {MAXIMUM_ORIGINS} web sites fit here.")
    return checked


def sign_out_everyone(tenant_id: UUID | str, *, actor: Actor) -> None:
    """End every chat sign-in of the tenant: tokens of the epoch before are refused from the next request on."""
    with editing(tenant_id, actor=actor, note="Everyone signed out") as tenant:
        AccessPolicy.objects.update(sign_out_epoch=F("sign_out_epoch") + 1)
        record("access.sign_out_everyone", actor=actor, tenant=tenant)
