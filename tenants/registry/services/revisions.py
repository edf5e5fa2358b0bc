"""Older revisions of a tenant: brought back as a new one, and removed when they are old.

Apps of the domain register a *restorer* beside their section of publishing: it writes their rows back from an older
document. What is not the tenant's to choose stays as it is now: identity, status, hosts, app, the variables of the
platform and the plan, and the epoch of sign-outs, which never goes down.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.contract.errors import ConflictError, NotFoundError
from tenants.contract.roles import Permission
from tenants.contract.state import TenantState, encode_state
from tenants.registry.actor import SYSTEM, Actor
from tenants.registry.differences import Change, document_changes
from tenants.registry.drafts import read_draft
from tenants.registry.models import Publication, Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import live_state, publish_tenant

__all__ = ["Restorer", "foresee_restoring", "prune_revisions", "register_restorer", "restore_revision", "restore_rows"]

log = structlog.get_logger(__name__)

Step = Callable[[Tenant, TenantState, Actor], None]


@dataclass(frozen=True)
class Restorer:
    """How an app brings its part of an older state back; both are called within the tenant's schema.

    ``check`` asks whether that can be done, before anything is locked, so it may ask other services; ``restore``
    writes the rows. Both raise a ``DomainError`` where it cannot.
    """

    restore: Step
    check: Step | None = None


_restorers: dict[str, Restorer] = {}

_NOT_THE_TENANTS = (
    "id", "slug", "name", "schema", "status", "app", "hosts", "platform_environment", "plan_environment", "version",
)  # fmt: skip
"""What of a state stays as it is now, whatever revision comes back."""


def register_restorer(name: str, restorer: Restorer) -> None:
    """Let an app bring back what its section contributes; called from ``AppConfig.ready``."""
    _restorers[name] = restorer


def restore_revision(
    tenant_id: UUID | str, revision: int, *, actor: Actor, note: str = "", replacing: str = ""
) -> Publication:
    """Bring an older revision back as a new one, and return what is live then.

    One transaction: rows, audit entry and publication. Where everything is as it was in that revision already, no new
    one is made. Changes that wait to be published are discarded, if ``replacing`` is the checksum of that draft: else
    they were not seen, and nothing is done. Raises ``NotFoundError`` (``revision_not_found``), ``ConflictError``
    (``draft_waits``, ``revision_unreadable``, and the restorers' own) and ``UnavailableError`` when something that must
    be asked does not answer; nothing is changed then.
    """
    actor.expect(Permission.RESTORE_REVISIONS)
    tenant = get_tenant(tenant_id)
    state = _read_state(tenant, revision)
    with tenant_schema(tenant):
        for restorer in _restorers.values():
            if restorer.check:
                restorer.check(tenant, state, actor)
    with transaction.atomic():
        tenant = cast(
            "Tenant",
            Tenant.objects.select_for_update(of=("self",)).select_related("live_publication").get(pk=tenant.pk),
        )
        # Once more under the lock: a revision that was removed meanwhile may have lost its files too.
        state = _read_state(tenant, revision)
        draft = read_draft(tenant)
        if draft is not None and draft.checksum != replacing:
            raise ConflictError("draft_waits", _("Changes wait to be published, which going back would discard."))
        restore_rows(tenant, state, actor=actor)
        restored = publish_tenant(tenant.pk, actor=actor, note=note or f"Revision {revision} restored", draft=True)
        before = tenant.live_publication
        if draft is not None or restored != before:
            discarded = {change.name: [change.after, change.before] for change in draft.changes} if draft else {}
            record(
                "revision.restore",
                actor=actor,
                tenant=tenant,
                target=f"revision {revision}",
                changes={
                    "revision": [before.revision if before else None, restored.revision],
                    **({"discarded": discarded} if discarded else {}),
                },
            )
        return restored


def foresee_restoring(tenant: Tenant, revision: int) -> list[Change]:
    """Return what bringing a revision back would change of what is served now.

    Raises ``NotFoundError`` (``revision_not_found``) and ``ConflictError`` (``revision_unreadable``).
    """
    then, now = _read_state(tenant, revision), live_state(tenant)
    access = msgspec.structs.replace(then.access, sign_out_epoch=now.access.sign_out_epoch, ended=now.access.ended)
    then = msgspec.structs.replace(then, access=access, **{name: getattr(now, name) for name in _NOT_THE_TENANTS})
    return document_changes(_document(now), _document(then))


def restore_rows(tenant: Tenant, state: TenantState, *, actor: Actor) -> None:
    """Write the rows of a locked tenant as a state has them; publishing them is the caller's."""
    with tenant_schema(tenant):
        for restorer in _restorers.values():
            restorer.restore(tenant, state, actor)


def prune_revisions() -> int:
    """Remove revisions that are neither among a tenant's newest nor young, and return how many there were.

    ``REVISIONS_KEPT`` newest of each tenant stay, and all that are younger than ``REVISIONS_DAYS`` days; the live one
    is always the newest. One transaction a tenant, so nobody waits for long.
    """
    environment = settings.ENVIRONMENT
    old = Publication.objects.filter(
        created_at__lt=timezone.now() - timedelta(days=environment.revisions_days),
        revision__lte=F("tenant__live_publication__revision") - environment.revisions_kept,
    )
    removed = 0
    for tenant_id in old.order_by().values_list("tenant_id", flat=True).distinct():
        with transaction.atomic():
            tenant = Tenant.objects.select_for_update(of=("self",)).get(pk=tenant_id)
            revisions = sorted(old.filter(tenant=tenant).values_list("revision", flat=True))
            Publication.objects.filter(tenant=tenant, revision__in=revisions).delete()
            record(
                "revision.prune",
                actor=SYSTEM,
                tenant=tenant,
                changes={"revisions": [revisions[0], revisions[-1]], "count": len(revisions)},
            )
        removed += len(revisions)
    if removed:
        log.info("old revisions removed", revisions=removed)
    return removed


def _document(state: TenantState) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(encode_state(state))
    return document


def _read_state(tenant: Tenant, revision: int) -> TenantState:
    document = Publication.objects.filter(tenant=tenant, revision=revision).values_list("document", flat=True).first()
    if document is None:
        raise NotFoundError("revision_not_found", f"There is no revision {revision}; it may have been removed by age.")
    try:
        return msgspec.convert(document, TenantState)
    except msgspec.ValidationError as error:
        raise ConflictError(
            "revision_unreadable", f"Revision {revision} was made by a version that is too different: {error}."
        ) from error
