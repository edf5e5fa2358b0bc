"""Ending sign-ins: by oneself, on another device, or all of a member's at once.

A sign-out in the browser takes the token away and closes its row. Whatever must hold for a token that somebody still
has is published: the runtimes refuse it from the next request on and close its sockets.
"""

import time
from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants.contract.errors import NotFoundError
from tenants.contract.roles import Permission, Role
from tenants.identity.models import SignIn
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.previews import end_previews
from tenants.workspace.models import EndedSignIns, Member
from tenants.workspace.services.access import sign_out_everyone as raise_epoch
from tenants.workspace.services.editing import editing

__all__ = [
    "close_sign_ins", "end_sign_in", "end_tokens", "sign_out", "sign_out_everyone", "sign_out_member",
]  # fmt: skip


def sign_out(tenant: Tenant, sign_in_id: UUID | str, *, actor: Actor, address: str = "") -> None:
    """Close the row of a sign-in whose browser gave its token away; one that is closed or unknown stays as it is."""
    with transaction.atomic(), tenant_schema(tenant):
        end_previews(sign_in_id)
        method = SignIn.objects.filter(pk=sign_in_id).values_list("method", flat=True).first()
        if _close(SignIn.objects.filter(pk=sign_in_id), SignIn.Reason.SIGNED_OUT):
            record("sign_in.end", actor=actor, tenant=tenant, target=actor.label, address=address, method=method or "")


def end_sign_in(tenant_id: UUID | str, member_id: UUID | str, sign_in_id: UUID | str, *, actor: Actor) -> None:
    """End one of a member's sign-ins, wherever its token is; raises ``NotFoundError`` when it is not the member's."""
    actor.expect_own(member_id)
    with editing(tenant_id, actor=actor, note="A device signed out") as tenant:
        sign_in = SignIn.objects.select_related("member").filter(pk=sign_in_id, member_id=member_id).first()
        if sign_in is None:
            raise NotFoundError("sign_in_not_found", "There is no such sign-in.")
        if _close(SignIn.objects.filter(pk=sign_in.pk), SignIn.Reason.ENDED):
            end_tokens([sign_in.pk])
            record("sign_in.end", actor=actor, tenant=tenant, target=sign_in.member.email, method=sign_in.method)


def sign_out_member(tenant_id: UUID | str, member_id: UUID | str, *, actor: Actor) -> None:
    """End all sign-ins of a member."""
    actor.expect(Permission.MANAGE_MEMBERS)
    tenant = get_tenant(tenant_id)
    with tenant_schema(tenant):
        member = Member.objects.filter(pk=member_id).first()
    if member is None:
        raise NotFoundError("member_not_found", "There is no such member.")
    if member.role == Role.OWNER:
        actor.expect(Permission.MANAGE_OWNERS)
    with editing(tenant_id, actor=actor, note=f"{member.email} signed out"):
        close_sign_ins(member, SignIn.Reason.ENDED)
        record("member.sign_out", actor=actor, tenant=tenant, target=member.email)


def sign_out_everyone(tenant_id: UUID | str, *, kept: UUID | None = None, actor: Actor) -> None:
    """End all sign-ins of a tenant. ``kept`` names one that goes on: its browser must be given a new token."""
    actor.expect(Permission.SIGN_OUT_EVERYONE)
    with transaction.atomic():
        raise_epoch(tenant_id, actor=actor)
        with tenant_schema(get_tenant(tenant_id)):
            others = SignIn.objects.exclude(pk=kept) if kept else SignIn.objects.all()
            _close(others, SignIn.Reason.EVERYONE)


def close_sign_ins(member: Member, reason: SignIn.Reason) -> None:
    """End all sign-ins of a member of the bound tenant, within an edit that publishes."""
    _close(SignIn.objects.filter(member=member), reason)
    end_tokens([member.pk])


def end_tokens(subjects: Iterable[UUID]) -> None:
    """Note that tokens of these members or sign-ins made until now are over, to be published by the edit around."""
    # The second that is passing counts as over; a sign-in begun in it is dated one later (``begin_sign_in``).
    ended_at = int(time.time()) + 1
    for subject in subjects:
        EndedSignIns.objects.update_or_create(member_id=subject, defaults={"ended_at": ended_at})


def _close(sign_ins: QuerySet[SignIn], reason: SignIn.Reason) -> int:
    return sign_ins.filter(ended_at=None).update(ended_at=timezone.now(), reason=reason)
