"""Editing who may enter a tenant's chat."""

from uuid import UUID

from django.db.models import F

from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AccessMode
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import record
from tenants.workspace.models import AccessPolicy
from tenants.workspace.services.editing import editing

__all__ = ["get_access", "sign_out_everyone", "update_access"]


def get_access() -> AccessPolicy:
    """Return the access policy of the tenant whose schema is bound."""
    return AccessPolicy.objects.get()


def update_access(tenant_id: UUID | str, *, mode: str, actor: Actor) -> None:
    """Choose whether the chat is open to anyone (``anonymous``) or to members (``password``)."""
    if mode not in set(AccessMode):
        raise InvalidValueError("access_mode_invalid", f"There is no access mode “{mode[:20]}”.", field="mode")
    with editing(tenant_id, actor=actor, note="Access") as tenant:
        policy = AccessPolicy.objects.get()
        if policy.mode != mode:
            record("access.update", actor=actor, tenant=tenant, changes={"mode": [policy.mode, mode]})
            AccessPolicy.objects.update(mode=mode)


def sign_out_everyone(tenant_id: UUID | str, *, actor: Actor) -> None:
    """End every chat sign-in of the tenant: tokens of the epoch before are refused from the next request on."""
    with editing(tenant_id, actor=actor, note="Everyone signed out") as tenant:
        AccessPolicy.objects.update(sign_out_epoch=F("sign_out_epoch") + 1)
        record("access.sign_out_everyone", actor=actor, tenant=tenant)
