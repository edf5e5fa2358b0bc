"""Publishing what was saved and waits, or discarding it, and saying whether anything waits."""

from typing import cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tenants.contract.errors import ConflictError
from tenants.contract.roles import Permission
from tenants.registry.actor import SYSTEM, Actor
from tenants.registry.drafts import Draft, read_draft
from tenants.registry.models import Publication, ScheduledPublication, ScheduledState, Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import draft_rules, publish_tenant
from tenants.registry.services.revisions import restore_rows

__all__ = ["discard_draft", "expect_draft", "publish_draft", "set_publish_on_save"]


def publish_draft(tenant_id: UUID | str, *, note: str = "", seen: str = "", actor: Actor) -> Publication:
    """Publish whatever waits, and return what is live then. A publication that was planned is cancelled.

    ``seen`` is the checksum of the draft that the actor looked at, or empty for whatever there is. Raises
    ``NotPermittedError`` where the actor may not change something of it, and ``ConflictError`` (``draft_empty``,
    ``draft_changed``, ``owners_locked_out``).
    """
    actor.expect(Permission.PUBLISH)
    with transaction.atomic():
        tenant = _locked(tenant_id)
        draft = expect_draft(tenant, seen=seen, actor=actor)
        with tenant_schema(tenant):
            for rules in draft_rules():
                if rules.check:
                    rules.check(draft.served, draft.drafted, actor)
        publication = publish_tenant(tenant.pk, actor=actor, note=note.strip() or _("Changes published"), draft=True)
        record(
            "draft.publish",
            actor=actor,
            tenant=tenant,
            target=f"revision {publication.revision}",
            changes={"changed": [change.name for change in draft.changes], "note": publication.note},
        )
        _close_schedule(tenant)
        return publication


def discard_draft(tenant_id: UUID | str, *, seen: str = "", actor: Actor) -> None:
    """Give up whatever waits: the rows become what is live. Uploads that are on their way stay.

    Raises what ``publish_draft`` raises, but for ``owners_locked_out``.
    """
    actor.expect(Permission.PUBLISH)
    with transaction.atomic():
        tenant = _locked(tenant_id)
        draft = expect_draft(tenant, seen=seen, actor=actor)
        # By the system: what is live may stay live, also where the actor alone could not have brought it there.
        restore_rows(tenant, draft.served, actor=SYSTEM)
        record(
            "draft.discard",
            actor=actor,
            tenant=tenant,
            changes={change.name: [change.after, change.before] for change in draft.changes},
        )
        _close_schedule(tenant)
        publish_tenant(tenant.pk, actor=actor)


def set_publish_on_save(tenant_id: UUID | str, *, enabled: bool, actor: Actor) -> Publication:
    """Say whether whatever is saved is live at once, and return what is live then.

    Turning it on publishes what waits, and raises what ``publish_draft`` raises.
    """
    actor.expect(Permission.MANAGE_PUBLISHING)
    with transaction.atomic():
        tenant = _locked(tenant_id)
        if tenant.publish_on_save != enabled:
            if read_draft(tenant):
                publish_draft(tenant.pk, note=_("Published as soon as saved from now on"), actor=actor)
            Tenant.objects.filter(pk=tenant.pk).update(publish_on_save=enabled)
            changes = {"publish_on_save": [tenant.publish_on_save, enabled]}
            record("tenant.publish_on_save", actor=actor, tenant=tenant, changes=changes)
        return publish_tenant(tenant.pk, actor=actor)


def expect_draft(tenant: Tenant, *, seen: str, actor: Actor) -> Draft:
    """Return what waits; raise where nothing does, where it is not what was seen, or not the actor's to decide."""
    draft = read_draft(tenant)
    if draft is None:
        raise ConflictError("draft_empty", _("Nothing waits to be published."))
    if seen and seen != draft.checksum:
        raise ConflictError(
            "draft_changed", _("Something else was saved since you looked. Look at the changes again, then decide.")
        )
    for permission in sorted(draft.permissions):
        actor.expect(permission)
    return draft


def _locked(tenant_id: UUID | str) -> Tenant:
    tenant = get_tenant(tenant_id)
    return cast("Tenant", Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk))


def _close_schedule(tenant: Tenant) -> None:
    """Cancel a publication that was planned: what it was planned for is no more."""
    ScheduledPublication.objects.filter(tenant=tenant, state=ScheduledState.WAITING).update(
        state=ScheduledState.CANCELLED, finished_at=timezone.now()
    )
