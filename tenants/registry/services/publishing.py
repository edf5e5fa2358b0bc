"""Publishing: compile all rows of a tenant into one TenantState, store it as the next revision and notify.

Apps of the domain register a *section*: a function that reads the tenant's schema and returns the fields of
``TenantState`` it owns. The registry itself contributes identity, status and hosts. So the registry knows none of the
apps above it, and no service can forget what becomes of an edit: each calls ``publish_tenant`` inside its own
transaction.

A tenant may choose that what is saved waits until it is published (``Tenant.publish_on_save``). Then the live document
keeps what a section's ``DraftRules`` hold back, and only the rest of the rows is published at once.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import msgspec
from django.db import connection, transaction

from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.contract.state import STATE_CHANNEL, TenantState, TenantStatus, encode_state, state_checksum
from tenants.registry.actor import Actor
from tenants.registry.models import Domain, Publication, Tenant
from tenants.registry.schema import tenant_schema

__all__ = [
    "DraftRules", "StateInvalidError", "compile_tenant", "draft_rules", "hold_draft", "live_state",
    "publish_tenant", "register_follower", "register_section",
]  # fmt: skip

Section = Callable[[Tenant], Mapping[str, object]]
_sections: dict[str, Section] = {}


@dataclass(frozen=True)
class DraftRules:
    """What of a section waits for being published, where a tenant does not publish whatever is saved.

    All are called within the tenant's schema. ``hold`` is given the live state and the one that the rows make, and
    returns the fields that are served meanwhile: the live ones, with what must not wait. The others are given the state
    that is served and the one that the rows make: ``permissions`` says what publishing or discarding their difference
    takes, and ``check`` refuses, by a ``DomainError``, what could be published when it was saved and no longer can.
    """

    hold: Callable[[TenantState, TenantState], Mapping[str, object]]
    permissions: Callable[[TenantState, TenantState], frozenset[Permission]]
    check: Callable[[TenantState, TenantState, Actor], None] | None = None


_draft_rules: dict[str, DraftRules] = {}

Follower = Callable[[Tenant, Mapping[str, Any] | None, Publication], None]
_followers: dict[str, Follower] = {}


class StateInvalidError(DomainError):
    """The rows of a tenant do not make a valid state; the edit that caused it is rolled back."""


def register_section(name: str, section: Section, *, drafts: DraftRules | None = None) -> None:
    """Let an app contribute fields of TenantState; called from ``AppConfig.ready``.

    What a section contributes is always published at once, but for what ``drafts`` hold back.
    """
    _sections[name] = section
    if drafts is not None:
        _draft_rules[name] = drafts


def draft_rules() -> tuple[DraftRules, ...]:
    """Return the rules of all sections that have any."""
    return tuple(_draft_rules.values())


def register_follower(name: str, follower: Follower) -> None:
    """Let an app enqueue work for a new revision; called from ``AppConfig.ready``.

    It is given the document before, or None, and the publication, within the transaction that publishes: it may call
    ``enqueue_after_commit`` and must ask no other service.
    """
    _followers[name] = follower


def compile_tenant(tenant: Tenant) -> TenantState:
    """Return the state that the tenant's rows make now; raises ``StateInvalidError`` naming the field at fault."""
    hosts = list(
        Domain.objects.filter(tenant=tenant, verified=True)
        .order_by("-is_primary", "domain")
        .values_list("domain", flat=True)
    )
    fields: dict[str, object] = {
        "id": str(tenant.pk),
        "slug": tenant.slug,
        "name": tenant.name,
        "schema": tenant.schema_name,
        "status": TenantStatus(tenant.status),
        "app": tenant.app,
        "hosts": tuple(hosts),
    }
    with tenant_schema(tenant):
        for section in _sections.values():
            fields.update(section(tenant))
    try:
        return msgspec.convert(fields, TenantState, from_attributes=True)
    except msgspec.ValidationError as error:
        raise StateInvalidError("state_invalid", f"These settings do not fit together: {error}.") from error


def live_state(tenant: Tenant) -> TenantState:
    """Return what the runtimes have of a tenant, which is live; the newest, whatever ``tenant`` was read with."""
    publication = cast(
        "Publication", Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication
    )
    return msgspec.convert(publication.document, TenantState)


def hold_draft(tenant: Tenant, live: TenantState, compiled: TenantState) -> TenantState:
    """Return what is served while the draft in the rows waits: the rows' state, with what is held back as it is live.

    Enters the tenant's schema itself. Raises a ``DomainError`` where what must not wait cannot stand without the rest.
    """
    held: dict[str, Any] = {}
    with tenant_schema(tenant):
        for rules in _draft_rules.values():
            held.update(rules.hold(live, compiled))
    return msgspec.structs.replace(compiled, **held)


def publish_tenant(tenant_id: UUID | str, *, actor: Actor, note: str = "", draft: bool = False) -> Publication:
    """Publish the tenant's present rows and return the live publication.

    Where the tenant does not publish whatever is saved, only what cannot wait is published; ``draft`` publishes the
    rest, too. The rows must make a valid state in either case. Identical content makes no new revision. Runs in the
    caller's transaction (or its own), with the tenant's row locked, so two edits at once publish one after the other
    and no revision number is used twice. Subscribers are notified when the transaction commits: the payload is
    ``<tenant id>:<revision>``.
    """
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(of=("self",)).select_related("live_publication").get(pk=tenant_id)
        live = tenant.live_publication
        state = compile_tenant(tenant)
        if live is not None and not (draft or tenant.publish_on_save):
            state = hold_draft(tenant, msgspec.convert(live.document, TenantState), state)
        document = encode_state(state)
        checksum = state_checksum(document)
        if live is not None and live.checksum == checksum:
            return cast("Publication", live)
        publication = Publication.objects.create(
            tenant=tenant,
            revision=live.revision + 1 if live else 1,
            document=json.loads(document),
            checksum=checksum,
            actor=actor.label[:200],
            note=note[:300],
        )
        Tenant.objects.filter(pk=tenant.pk).update(live_publication=publication)
        for follower in _followers.values():
            follower(tenant, live.document if live else None, publication)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [STATE_CHANNEL, f"{tenant.pk}:{publication.revision}"])
        return publication
