"""Who of a tenant reads what was said in its chat, and how long it stays."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.contract.errors import ForbiddenError, InvalidValueError
from tenants.contract.roles import Permission
from tenants.conversations.models import ConversationPolicy, Readers, Thread
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import difference, record

__all__ = ["LONGEST_RETENTION_DAYS", "count_older_than", "expect_reader", "read_policy", "update_policy"]

LONGEST_RETENTION_DAYS = 3650


def read_policy() -> ConversationPolicy:
    """Return the policy of the tenant whose schema is bound; where none was ever set, nobody reads and all stays."""
    return ConversationPolicy.objects.first() or ConversationPolicy()


def expect_reader(actor: Actor) -> None:
    """Refuse whoever may not read the bound tenant's conversations, by their role or by the tenant's own policy."""
    actor.expect(Permission.READ_CONVERSATIONS)
    readers = Readers(read_policy().readers)
    if readers is Readers.NOBODY:
        raise ForbiddenError(
            "conversations_closed", "Nobody reads conversations here. An owner can change that on this page."
        )
    if actor.role not in readers.roles:
        raise ForbiddenError("conversations_closed", "Only owners read conversations here. Ask one of them.")


def count_older_than(days: int) -> int:
    """Return how many of the bound tenant's conversations have been without a word for so many days."""
    return Thread.objects.filter(deleted_at=None, updated_at__lt=timezone.now() - timedelta(days=days)).count()


def update_policy(tenant_id: UUID | str, *, readers: str, retention_days: int, actor: Actor) -> None:
    """Say who reads conversations from now on, and after how many days without a word they are deleted; 0 keeps them.

    Nothing is published: it counts with the next page and the next night.
    """
    actor.expect(Permission.MANAGE_CONVERSATIONS)
    if readers not in Readers.values:
        raise InvalidValueError("readers_invalid", "Choose who reads conversations.", field="readers")
    if not 0 <= retention_days <= LONGEST_RETENTION_DAYS:
        raise InvalidValueError(
            "retention_invalid",
            f"Days are a number between 0, which keeps everything, and {LONGEST_RETENTION_DAYS}.",
            field="retention_days",
        )
    tenant = get_tenant(tenant_id)
    with transaction.atomic():
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
        with tenant_schema(tenant):
            policy = read_policy()
            before = {"readers": policy.readers, "retention_days": policy.retention_days}
            after = {"readers": readers, "retention_days": retention_days}
            if changes := difference(before, after):
                ConversationPolicy.objects.update_or_create(defaults=after)
                record("conversation_policy.update", actor=actor, tenant=tenant, changes=changes)
