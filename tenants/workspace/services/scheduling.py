"""Publishing what waits at a time that somebody named: planned, cancelled, and done when the time has come."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.contract.errors import ConflictError, DomainError, ForbiddenError, InvalidValueError
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import ScheduledPublication, ScheduledState, Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.drafts import expect_draft, publish_draft
from tenants.workspace.acting import member_actor
from tenants.workspace.models import Member

__all__ = ["cancel_publication", "latest_schedule", "parse_time", "publish_due", "schedule_publication"]

log = structlog.get_logger(__name__)

LATEST = timedelta(days=366)


def schedule_publication(
    tenant_id: UUID | str, *, at: datetime, note: str = "", seen: str = "", actor: Actor
) -> ScheduledPublication:
    """Plan to publish, at a time, whatever waits then; one plan a tenant.

    ``seen`` is as ``publish_draft`` takes it. Raises ``InvalidValueError`` (``publication_time_invalid``) for a time
    that is past or more than a year away, ``ConflictError`` (``publication_scheduled``), and what ``publish_draft``
    raises about a draft.
    """
    actor.expect(Permission.PUBLISH)
    if not timezone.now() < at <= timezone.now() + LATEST:
        raise InvalidValueError("publication_time_invalid", _("Name a time to come, within a year."), field="at")
    with transaction.atomic():
        tenant = _locked(tenant_id)
        expect_draft(tenant, seen=seen, actor=actor)
        try:
            with transaction.atomic():
                planned: ScheduledPublication = ScheduledPublication.objects.create(
                    tenant=tenant,
                    publish_at=at,
                    note=note.strip()[:300],
                    actor_kind=actor.kind,
                    actor=actor.label[:200],
                    member_id=actor.member_id,
                )
        except IntegrityError as error:
            raise ConflictError(
                "publication_scheduled", _("A publication is planned already. Cancel it first.")
            ) from error
        record("draft.schedule", actor=actor, tenant=tenant, changes={"at": at.isoformat(), "note": planned.note})
        return planned


def cancel_publication(tenant_id: UUID | str, *, actor: Actor) -> None:
    """Give the plan up; what waits goes on waiting. Raises ``ConflictError`` (``publication_not_scheduled``)."""
    actor.expect(Permission.PUBLISH)
    with transaction.atomic():
        tenant = _locked(tenant_id)
        waiting = ScheduledPublication.objects.filter(tenant=tenant, state=ScheduledState.WAITING)
        if not waiting.update(state=ScheduledState.CANCELLED, finished_at=timezone.now()):
            raise ConflictError("publication_not_scheduled", _("No publication is planned."))
        record("draft.unschedule", actor=actor, tenant=tenant)


def latest_schedule(tenant: Tenant) -> ScheduledPublication | None:
    """Return the newest plan of a tenant where it waits, or was refused and people should know why."""
    newest = ScheduledPublication.objects.filter(tenant=tenant).first()
    return newest if newest and newest.state in {ScheduledState.WAITING, ScheduledState.REFUSED} else None


def publish_due() -> int:
    """Carry out every plan whose time has come, and return how many were published.

    Each in a transaction of its own, as whoever planned it, by what they may now. What is refused keeps its reason and
    stays unpublished. Safe to run at once in several workers.
    """
    due = ScheduledPublication.objects.filter(state=ScheduledState.WAITING, publish_at__lte=timezone.now())
    published = 0
    for plan_id, tenant_id in list(due.order_by("publish_at").values_list("pk", "tenant_id")):
        try:
            published += _carry_out(plan_id, tenant_id)
        except Exception as error:
            log.error("planned publication failed", tenant=str(tenant_id), exc_info=error)
    return published


def _carry_out(plan_id: UUID, tenant_id: UUID) -> bool:
    with transaction.atomic():
        # The tenant first, as everything that publishes or cancels does.
        tenant = _locked(tenant_id)
        plan = ScheduledPublication.objects.filter(pk=plan_id, state=ScheduledState.WAITING).first()
        if plan is None:
            return False
        planner = Actor(ActorKind(plan.actor_kind), plan.actor, member_id=plan.member_id)
        try:
            with transaction.atomic():
                publish_draft(tenant.pk, note=plan.note, actor=_as_now(tenant, planner))
        except DomainError as error:
            plan.state, plan.reason = ScheduledState.REFUSED, error.message[:500]
            record("draft.refuse", actor=planner, tenant=tenant, changes={"reason": plan.reason})
            log.warning("planned publication refused", tenant=tenant.slug, reason=plan.reason)
        else:
            plan.state = ScheduledState.PUBLISHED
        plan.finished_at = timezone.now()
        plan.save(update_fields=["state", "reason", "finished_at"])
        return plan.state == ScheduledState.PUBLISHED


def _as_now(tenant: Tenant, planner: Actor) -> Actor:
    """Return who planned it with the role that they have by now; raises where they are no member any more."""
    if planner.kind is not ActorKind.MEMBER or planner.member_id is None:
        return planner
    with tenant_schema(tenant):
        member = Member.objects.filter(pk=planner.member_id, is_active=True).first()
    if member is None:
        raise ForbiddenError("planner_gone", _("Whoever planned it is no longer a member."))
    return member_actor(member)


def parse_time(text: str) -> datetime:
    """Return a time that a form sent, in UTC; raises ``InvalidValueError`` (``publication_time_invalid``)."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidValueError(
            "publication_time_invalid", _("Write the time as 2030-12-24T08:00, in UTC."), field="at"
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _locked(tenant_id: UUID | str) -> Tenant:
    tenant: Tenant = Tenant.objects.select_for_update(of=("self",)).get(pk=get_tenant(tenant_id).pk)
    return tenant
