"""Looking at what was said: each look is in the audit log, with who looked and at whose conversation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from tenants.contract.errors import NotFoundError
from tenants.conversations.models import Element, Step, Thread
from tenants.conversations.queries import Place, Search, conversations, counts_of
from tenants.conversations.services.policy import expect_reader
from tenants.registry.actor import Actor
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["Conversation", "Listed", "Listing", "list_conversations", "read_conversation", "whose"]

PAGE = 25
STEPS_A_PAGE = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation in a list. ``person`` is empty where nobody had signed in."""

    id: UUID
    name: str
    person: str
    last_said: datetime
    messages: int
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of conversations, and where the next one begins."""

    rows: list[Listed]
    next: Place | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A part of a conversation: its steps in the order of their times, their elements, and where it goes on."""

    thread: Thread
    steps: list[Step]
    elements: list[Element]
    next: Place | None


def list_conversations(tenant_id: UUID | str, *, search: Search, before: Place | None = None, actor: Actor) -> Listing:
    """Return a page of the tenant's conversations, the newest first, beginning after the place ``before``."""
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        expect_reader(actor)
        found = conversations(search)
        if before is not None:
            found = found.filter(Q(updated_at__lt=before.at) | Q(updated_at=before.at, pk__lt=before.id))
        threads = list(found[: PAGE + 1])
        shown = threads[:PAGE]
        counts = counts_of(shown)
        record(
            "conversation.list",
            actor=actor,
            tenant=tenant,
            target=search.person,
            changes={**search.described(), "shown": len(shown)},
        )
    last = shown[-1] if len(threads) > PAGE else None
    return Listing(
        [_listed(thread, counts.get(thread.pk, {})) for thread in shown],
        Place(last.updated_at, last.pk) if last else None,
    )


def read_conversation(
    tenant_id: UUID | str, conversation_id: UUID, *, after: Place | None = None, actor: Actor
) -> Conversation:
    """Return the steps of a conversation after a place; raises ``NotFoundError`` for one that is not the tenant's."""
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        expect_reader(actor)
        thread = Thread.objects.select_related("user").filter(pk=conversation_id, deleted_at=None).first()
        if thread is None:
            raise NotFoundError("conversation_not_found", "That conversation is no longer there.")
        steps = list(steps_after(conversation_id, after)[: STEPS_A_PAGE + 1])
        shown = steps[:STEPS_A_PAGE]
        elements = list(Element.objects.filter(thread=thread, step_id__in=[step.pk for step in shown]))
        changes = {"conversation": str(thread.pk)}
        record("conversation.view", actor=actor, tenant=tenant, target=whose(thread), changes=changes)
    elements.sort(key=lambda element: (element.created_at, element.pk))
    last = shown[-1] if len(steps) > STEPS_A_PAGE else None
    return Conversation(thread, shown, elements, Place(last.created_at, last.pk) if last else None)


def whose(thread: Thread) -> str:
    """Return who said what is in a thread, or nothing where nobody had signed in."""
    return thread.user.identifier if thread.user else ""


def steps_after(conversation_id: UUID, after: Place | None) -> Any:
    """Return the steps of a thread of the bound tenant with their feedback, in their order."""
    steps = Step.objects.filter(thread=conversation_id).select_related("feedback").order_by("created_at", "pk")
    if after is not None:
        steps = steps.filter(Q(created_at__gt=after.at) | Q(created_at=after.at, pk__gt=after.id))
    return steps


def _listed(thread: Thread, counts: dict[str, Any]) -> Listed:
    return Listed(
        id=thread.pk,
        name=thread.name or "",
        person=whose(thread),
        last_said=thread.updated_at,
        messages=counts.get("messages", 0),
        up=counts.get("up", 0),
        down=counts.get("down", 0),
    )
