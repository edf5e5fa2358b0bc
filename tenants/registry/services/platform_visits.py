"""An operator's visits to tenants: begun with a reason, opened once, seen by whoever owns the tenant, over in time."""

import secrets
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.contract.errors import ConflictError, DomainError, InvalidValueError
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import AuditEntry, PlatformVisit, Tenant
from tenants.registry.schema import get_tenant
from tenants.registry.services.auditing import record

__all__ = [
    "LENGTHS", "LONGEST_REASON", "SECONDS_TO_OPEN", "VisitKey", "VisitLinkInvalidError", "begin_visit", "end_visit",
    "end_visits", "find_visit", "note_seen", "open_visit", "recent_visits", "viewer",
]  # fmt: skip

LENGTHS = (15, 30, 60)
"""Minutes that a visit may last."""
SECONDS_TO_OPEN = 60
LONGEST_REASON = 300
SEEN_EVERY = timedelta(minutes=1)
OPERATORS_PERMISSION = "registry.change_tenant"


class VisitKey(NamedTuple):
    """What opens a visit, or goes on with it."""

    visit_id: UUID
    secret: str


class VisitLinkInvalidError(DomainError):
    """A visit's link was used, is too old, is another tenant's or never was."""

    status = 410

    def __init__(self) -> None:
        super().__init__("visit_link_invalid", "This link works once, and for a minute. Begin the visit anew.")


def begin_visit(
    tenant_id: UUID | str, *, operator: User, reason: str, minutes: int, actor: Actor
) -> tuple[PlatformVisit, VisitKey]:
    """Begin a visit and return the key of its link.

    Raises ``InvalidValueError`` (``visit_reason_needed``, ``visit_length_invalid``) and ``ConflictError``
    (``tenant_not_live``) for a tenant that is not served.
    """
    actor.expect(Permission.OPERATE)
    reason = " ".join(reason.split())
    if not 5 <= len(reason) <= LONGEST_REASON:
        sentence = f"Say in 5 to {LONGEST_REASON} characters why. The tenant's owners read it."
        raise InvalidValueError("visit_reason_needed", sentence, field="reason")
    if minutes not in LENGTHS:
        raise InvalidValueError("visit_length_invalid", "A visit lasts 15, 30 or 60 minutes.", field="minutes")
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        if tenant.status != Tenant.Status.ACTIVE or tenant.live_publication_id is None:
            raise ConflictError("tenant_not_live", f"{tenant.name} is not served at the moment.")
        secret = secrets.token_urlsafe(32)
        visit = PlatformVisit.objects.create(
            tenant=tenant,
            operator=operator,
            operator_name=actor.label[:200],
            reason=reason,
            secret_hash=_hash("link", secret),
            ends_at=timezone.now() + timedelta(minutes=minutes),
        )
        changes = {"reason": reason, "minutes": minutes}
        record("visit.begin", actor=actor, tenant=tenant, changes=changes, address=actor.address)
    return visit, VisitKey(visit.pk, secret)


def open_visit(tenant: Tenant, key: VisitKey, *, address: str) -> tuple[PlatformVisit, VisitKey]:
    """Use a visit's link up and return the key for the browser that did; raises ``VisitLinkInvalidError``."""
    now, secret = timezone.now(), secrets.token_urlsafe(32)
    with transaction.atomic():
        fresh = PlatformVisit.objects.select_for_update().filter(
            pk=key.visit_id, tenant=tenant, opened_at=None, begun_at__gt=now - timedelta(seconds=SECONDS_TO_OPEN)
        )
        visit = fresh.first()
        if visit is None or not _goes_on(visit) or not _matches(visit, "link", key.secret):
            raise VisitLinkInvalidError
        visit.opened_at, visit.secret_hash = now, _hash("browser", secret)
        visit.save(update_fields=["opened_at", "secret_hash"])
        record("visit.open", actor=viewer(visit), tenant=tenant, address=address)
    return visit, VisitKey(visit.pk, secret)


def find_visit(tenant: Tenant, key: VisitKey) -> PlatformVisit | None:
    """Return the visit that a browser is on; None where it is over, another tenant's, or its operator may no more."""
    visit = PlatformVisit.objects.filter(pk=key.visit_id, tenant=tenant).exclude(opened_at=None).first()
    if visit is None or not _matches(visit, "browser", key.secret) or not _goes_on(visit):
        return None
    return visit


def note_seen(visit: PlatformVisit, tenant: Tenant, *, path: str, address: str) -> None:
    """Write that a page was looked at: one entry a page and minute."""
    with transaction.atomic():
        # Of two pages at the same moment the second finds the entry of the first.
        PlatformVisit.objects.select_for_update().get(pk=visit.pk)
        actor = viewer(visit)
        present = AuditEntry.objects.filter(
            tenant_id=tenant.pk,
            action="visit.see",
            actor=actor.label[:200],
            target=path[:200],
            at__gt=timezone.now() - SEEN_EVERY,
        )
        if not present.exists():
            record("visit.see", actor=actor, tenant=tenant, target=path, address=address)


def end_visit(visit: PlatformVisit, tenant: Tenant, *, address: str) -> None:
    """End a visit before its time."""
    with transaction.atomic():
        if PlatformVisit.objects.filter(pk=visit.pk, ended_at=None).update(ended_at=timezone.now()):
            record("visit.end", actor=viewer(visit), tenant=tenant, address=address)


def end_visits(tenant: Tenant) -> None:
    """End all visits to a tenant that is no longer served; they do not go on when it is."""
    PlatformVisit.objects.filter(tenant=tenant, ended_at=None).update(ended_at=timezone.now())


def recent_visits(tenant: Tenant, *, limit: int = 10) -> list[PlatformVisit]:
    """Return the newest visits that were opened."""
    return list(PlatformVisit.objects.filter(tenant=tenant).exclude(opened_at=None)[:limit])


def viewer(visit: PlatformVisit) -> Actor:
    """Return the operator as one who looks and may change nothing."""
    return Actor(ActorKind.VIEWER, visit.operator_name)


def _goes_on(visit: PlatformVisit) -> bool:
    if visit.operator_id is None or visit.ended_at is not None or timezone.now() >= visit.ends_at:
        return False
    operator = User.objects.filter(pk=visit.operator_id, is_active=True, is_staff=True).first()
    return operator is not None and operator.has_perm(OPERATORS_PERMISSION)


def _matches(visit: PlatformVisit, purpose: str, secret: str) -> bool:
    return constant_time_compare(visit.secret_hash, _hash(purpose, secret))


def _hash(purpose: str, secret: str) -> str:
    return salted_hmac(f"tenants.registry.platform_visits.{purpose}", secret, algorithm="sha256").hexdigest()
