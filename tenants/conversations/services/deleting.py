"""Deleting conversations with all that was said and their files."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from tenants.contract.errors import NotFoundError
from tenants.contract.roles import Permission
from tenants.conversations.files import delete_files
from tenants.conversations.models import Element, Thread
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["delete_conversations", "files_of"]


def delete_conversations(tenant_id: UUID | str, conversation_ids: Collection[UUID], *, actor: Actor) -> int:
    """Delete conversations and return how many there were; raises ``NotFoundError`` where there was none of them.

    An empty row of each stays for a while, so that an answer that is just being written cannot bring it back. Its row
    comes first: what is being stored at the moment is waited for and goes with it. When files cannot be deleted
    nothing is, and it can be tried again.
    """
    actor.expect(Permission.MANAGE_CONVERSATIONS)
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        present = Thread.objects.filter(pk__in=conversation_ids, deleted_at=None)
        threads = list(present.select_related("user").select_for_update(of=("self",)).order_by("pk"))
        if not threads:
            raise NotFoundError("conversation_not_found", "That conversation is no longer there.")
        for thread in threads:
            _delete(tenant, thread, actor)
    return len(threads)


def files_of(conversation_ids: Collection[UUID]) -> list[str]:
    """Return the keys of all files of conversations of the bound tenant."""
    named = Element.objects.filter(thread_id__in=conversation_ids, object_key__isnull=False)
    return [key for key in named.values_list("object_key", flat=True) if key]


def _delete(tenant: Tenant, thread: Thread, actor: Actor) -> None:
    Thread.objects.filter(pk=thread.pk).update(deleted_at=timezone.now(), name=None, metadata={}, tags=[])
    files = delete_files(tenant, files_of([thread.pk]))
    with connection.cursor() as cursor:
        # Feedback goes with its step in the database itself.
        cursor.execute('DELETE FROM "Step" WHERE "threadId" = %s', [thread.pk])
        cursor.execute('DELETE FROM "Element" WHERE "threadId" = %s', [thread.pk])
    record(
        "conversation.delete",
        actor=actor,
        tenant=tenant,
        target=thread.user.identifier if thread.user else "",
        changes={"conversation": str(thread.pk), "files": files},
    )
