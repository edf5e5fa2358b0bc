"""Conversations as the runtime stores them, for tests of what the control plane makes of them."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tenants.conversations.models import Element, Feedback, Step, Thread, User
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["NOON", "attach", "rate", "talk"]

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def talk(
    tenant: Tenant, *said: str, person: str = "ann@example.com", name: str | None = None, at: datetime = NOON
) -> Thread:
    """Store a conversation: what a person and the assistant said by turns, a second apart, begun at ``at``."""
    with tenant_schema(tenant):
        user = User.objects.get_or_create(identifier=person)[0] if person else None
        thread = Thread.objects.create(user=user, name=name, created_at=at, updated_at=at)
        for number, text in enumerate(said):
            kind = "assistant_message" if number % 2 else "user_message"
            Step.objects.create(
                thread=thread, type=kind, name="Assistant" if number % 2 else "Ann", output=text, revision=7,
                created_at=at + timedelta(seconds=number),
            )  # fmt: skip
    return thread


def rate(tenant: Tenant, thread: Thread, value: float, comment: str = "") -> None:
    """Rate the last answer of a conversation."""
    with tenant_schema(tenant):
        step = Step.objects.filter(thread=thread, type="assistant_message").latest("created_at")
        Feedback.objects.create(step=step, value=value, comment=comment)


def attach(tenant: Tenant, thread: Thread, *, key: str = "", name: str = "note.txt", **more: object) -> UUID:
    """Put a file beside the first message; ``key`` is below the tenant's own folder of the conversation."""
    with tenant_schema(tenant):
        step = Step.objects.filter(thread=thread).earliest("created_at")
        element = Element(thread=thread, step_id=step.pk, name=name, mime="text/plain", **more)
        element.object_key = key or f"{tenant.pk}/conversations/{thread.pk}/{name}"
        element.save()
    return element.pk
