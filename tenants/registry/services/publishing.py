"""Publishing: compile all rows of a tenant into one TenantState, store it as the next revision and notify.

Apps of the domain register a *section*: a function that reads the tenant's schema and returns the fields of
``TenantState`` it owns. The registry itself contributes identity, status and hosts. So the registry knows none of the
apps above it, and nothing can be saved without being published: services call ``publish_tenant`` inside their own
transaction.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast
from uuid import UUID

import msgspec
from django.db import connection, transaction

from tenants.contract.errors import DomainError
from tenants.contract.state import STATE_CHANNEL, TenantState, TenantStatus, encode_state, state_checksum
from tenants.registry.actor import Actor
from tenants.registry.models import Domain, Publication, Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["StateInvalidError", "compile_tenant", "publish_tenant", "register_follower", "register_section"]

Section = Callable[[Tenant], Mapping[str, object]]
_sections: dict[str, Section] = {}

Follower = Callable[[Tenant, Mapping[str, Any] | None, Publication], None]
_followers: dict[str, Follower] = {}


class StateInvalidError(DomainError):
    """The rows of a tenant do not make a valid state; the edit that caused it is rolled back."""


def register_section(name: str, section: Section) -> None:
    """Let an app contribute fields of TenantState; called from ``AppConfig.ready``."""
    _sections[name] = section


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


def publish_tenant(tenant_id: UUID | str, *, actor: Actor, note: str = "") -> Publication:
    """Publish the tenant's present rows and return the live publication.

    Identical content makes no new revision. Runs in the caller's transaction (or its own), with the tenant's row
    locked, so two edits at once publish one after the other and no revision number is used twice. Subscribers are
    notified when the transaction commits: the payload is ``<tenant id>:<revision>``.
    """
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(of=("self",)).select_related("live_publication").get(pk=tenant_id)
        document = encode_state(compile_tenant(tenant))
        checksum = state_checksum(document)
        live = tenant.live_publication
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
