"""Editing who may enter a tenant's chat, and saying beforehand what an edit would do."""

from collections.abc import Iterable
from typing import NamedTuple, Unpack
from uuid import UUID

from django.db.models import F

from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.workspace.access.checks import AccessChanges, apply_changes
from tenants.workspace.access.people import find_person, keep_owners_in
from tenants.workspace.access.verdicts import Verdict, judge
from tenants.workspace.access.wording import describe_changes
from tenants.workspace.drafting import ENTRY_FIELDS
from tenants.workspace.models import AccessPolicy
from tenants.workspace.section import compile_access
from tenants.workspace.services.editing import editing

__all__ = [
    "AccessChanges", "Preview", "get_access", "preview_access", "sign_out_everyone",
    "update_access",
]  # fmt: skip


class Preview(NamedTuple):
    """What an edit would change, and what would then happen to somebody; None where nobody was asked about."""

    changes: list[str]
    verdict: Verdict | None


def get_access() -> AccessPolicy:
    """Return the access policy of the tenant whose schema is bound."""
    return AccessPolicy.objects.get()


def update_access(tenant_id: UUID | str, *, actor: Actor, **changes: Unpack[AccessChanges]) -> None:
    """Change who may enter.

    Raises ``NotPermittedError``, ``InvalidValueError`` that names the field at fault, and ``ConflictError`` where the
    policy would lock out all owners, or the member who saves it (``owners_locked_out``, ``network_locks_out``).
    """
    actor.expect(Permission.MANAGE_ENTRY)
    with editing(tenant_id, actor=actor, note="Access") as tenant:
        row = get_access()
        before, present = {name: getattr(row, name) for name in changes}, compile_access(row)
        apply_changes(row, changes)
        differing = {name: [was, getattr(row, name)] for name, was in before.items() if getattr(row, name) != was}
        if differing:
            _expect_may_change(actor, differing)
            keep_owners_in(compile_access(row), actor=actor, before=present)
            record("access.update", actor=actor, tenant=tenant, changes=differing)
            row.save(update_fields=list(differing))


def preview_access(
    tenant_id: UUID | str,
    *,
    actor: Actor,
    email: str = "",
    from_address: str = "",
    **changes: Unpack[AccessChanges],
) -> Preview:
    """Say what ``update_access`` would do, and what would then happen to ``email`` coming from ``from_address``.

    Raises what ``update_access`` raises; nothing is saved.
    """
    actor.expect(Permission.MANAGE_ENTRY)
    with tenant_schema(get_tenant(tenant_id)):
        row = get_access()
        before, fields = compile_access(row), {name: getattr(row, name) for name in changes}
        apply_changes(row, changes)
        after = compile_access(row)
        lines = describe_changes(before, after)
        if lines:
            _expect_may_change(actor, {name for name, value in fields.items() if getattr(row, name) != value})
            keep_owners_in(after, actor=actor, before=before)
        verdict = judge(after, find_person(email), address=from_address) if email else None
        return Preview(lines, verdict)


def _expect_may_change(actor: Actor, fields: Iterable[str]) -> None:
    """Raise ``NotPermittedError`` where some of these fields are not the actor's to change; the docs say why."""
    if set(fields) - ENTRY_FIELDS:
        actor.expect(Permission.MANAGE_ACCESS)


def sign_out_everyone(tenant_id: UUID | str, *, actor: Actor) -> None:
    """End every chat sign-in of the tenant: tokens of the epoch before are refused from the next request on."""
    actor.expect(Permission.SIGN_OUT_EVERYONE)
    with editing(tenant_id, actor=actor, note="Everyone signed out") as tenant:
        AccessPolicy.objects.update(sign_out_epoch=F("sign_out_epoch") + 1)
        record("access.sign_out_everyone", actor=actor, tenant=tenant)
