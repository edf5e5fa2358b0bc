"""Handing conversations out: streamed, with as much in memory as a few hundred steps take, however many there are."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from tenants.conversations.formats import Exported, ExportFormat, exported
from tenants.conversations.models import Element, Step, Thread
from tenants.conversations.queries import Search, conversations
from tenants.conversations.services.policy import expect_reader
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["export_conversations"]

CONVERSATIONS_AT_ONCE = 50
STEPS_AT_ONCE = 200
PIECE = 64 * 1024
_ID_BYTES = 16


def export_conversations(
    tenant_id: UUID | str, *, search: Search, only: UUID | None = None, form: ExportFormat, actor: Actor
) -> Iterator[bytes]:
    """Return the bytes of a file with what is asked for, or with one conversation; read as they are asked for.

    Which conversations they are is found out, and written into the audit log, before the first byte; of each only an
    id is kept, 16 bytes. One that is deleted before its turn is left out. The connection is on the schema that it was
    on whenever the caller has it.
    """
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        expect_reader(actor)
        found = conversations(search)
        if only is not None:
            found = found.filter(pk=only)
        ids = bytearray()
        for identifier in found.order_by("created_at", "pk").values_list("pk", flat=True).iterator():
            ids += identifier.bytes
        record(
            "conversation.export",
            actor=actor,
            tenant=tenant,
            target=search.person,
            changes={
                **search.described(),
                **({"conversation": str(only)} if only else {}),
                "conversations": len(ids) // _ID_BYTES,
                "format": form.value,
            },
        )
    return _pieces(exported(form, _rows(tenant, bytes(ids))))


def _rows(tenant: Tenant, ids: bytes) -> Iterator[Exported]:
    """Yield each conversation and its steps. The tenant's schema is left before anything is yielded."""
    waiting = (UUID(bytes=ids[start : start + _ID_BYTES]) for start in range(0, len(ids), _ID_BYTES))
    while batch := list(islice(waiting, CONVERSATIONS_AT_ONCE)):
        with tenant_schema(tenant):
            threads = list(Thread.objects.filter(pk__in=batch, deleted_at=None).select_related("user").order_by("pk"))
        steps = _steps(tenant, batch)
        following = next(steps, None)
        for thread in threads:
            yield thread, None, []
            while following is not None and following[0].thread_id <= thread.pk:
                if following[0].thread_id == thread.pk:
                    yield thread, *following
                following = next(steps, None)


def _steps(tenant: Tenant, conversation_ids: list[UUID]) -> Iterator[tuple[Step, list[Element]]]:
    """Yield the steps of conversations by conversation and time, each with its elements."""
    last: Step | None = None
    while True:
        with tenant_schema(tenant):
            steps = Step.objects.filter(thread__in=conversation_ids).select_related("feedback")
            if last is not None:
                steps = steps.filter(
                    Q(thread__gt=last.thread_id)
                    | Q(thread=last.thread_id, created_at__gt=last.created_at)
                    | Q(thread=last.thread_id, created_at=last.created_at, pk__gt=last.pk)
                )
            page = list(steps.order_by("thread_id", "created_at", "pk")[:STEPS_AT_ONCE])
            elements = list(Element.objects.filter(step_id__in=[step.pk for step in page]).order_by("created_at", "pk"))
        for step in page:
            yield step, [element for element in elements if element.step_id == step.pk]
        if len(page) < STEPS_AT_ONCE:
            return
        last = page[-1]


def _pieces(texts: Iterator[str]) -> Iterator[bytes]:
    piece = bytearray()
    for text in texts:
        piece += text.encode()
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
