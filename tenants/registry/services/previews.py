"""Drafts that members look at before they save: kept for a while, for one sign-in, and never published."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.contract.errors import InvalidValueError
from tenants.contract.previews import SECRET_BYTES, preview_digest
from tenants.contract.roles import Permission
from tenants.contract.state import encode_state
from tenants.registry.actor import Actor
from tenants.registry.models import Preview
from tenants.registry.schema import get_tenant
from tenants.registry.services.publishing import compile_tenant

__all__ = ["LASTS", "OpenPreview", "compile_unsaved", "end_previews", "keep_preview", "sweep_previews"]

LASTS = timedelta(hours=1)
"""Counted from the last change that was typed."""
MOST_A_SIGN_IN = 6
MOST_BYTES = 1024 * 1024


@dataclass(frozen=True)
class OpenPreview:
    """A preview as its maker knows it; ``secret`` stands in its address."""

    secret: str
    version: int


class _UndoneError(Exception):
    """Takes a change back that was made only to see what would come of it."""


def compile_unsaved(tenant_id: UUID | str, change: Callable[[], object]) -> bytes:
    """Return the document that a tenant would have after ``change``, and leave everything as it is.

    ``change`` calls services as if it were to be kept: they check, refuse and raise as they do. Rows, audit entries and
    publications are rolled back; what is enqueued or notified at the commit is never heard.
    """
    document = b""
    try:
        with transaction.atomic():
            change()
            document = encode_state(compile_tenant(get_tenant(tenant_id)))
            raise _UndoneError
    except _UndoneError:
        return document


def keep_preview(
    tenant_id: UUID | str,
    *,
    member_id: UUID,
    sign_in_id: UUID,
    change: Callable[[], object],
    secret: str = "",
    actor: Actor,
) -> OpenPreview:
    """Keep what a member has typed for them to look at: in the preview they have, or where ``secret`` names none, anew.

    Raises what ``change`` raises, and ``InvalidValueError`` (``preview_too_large``).
    """
    # What ``change`` calls asks for its own; this is for whoever changes how the chat is at all.
    actor.expect(Permission.EDIT_BRANDING)
    document = compile_unsaved(tenant_id, change).decode()
    if len(document) > MOST_BYTES:
        raise InvalidValueError("preview_too_large", "These settings are too large to be looked at before saving.")
    with transaction.atomic():
        own = Preview.objects.select_for_update().filter(tenant_id=tenant_id, sign_in_id=sign_in_id)
        now = timezone.now()
        kept = own.filter(secret_hash=preview_digest(secret), ends_at__gt=now).first()
        if kept is not None:
            kept.version += 1
            kept.document, kept.ends_at = document, now + LASTS
            kept.save(update_fields=["version", "document", "ends_at"])
            return OpenPreview(secret, kept.version)
        # Each page has one of its own; those that were looked at longest ago make room.
        surplus = list(own.order_by("-ends_at").values_list("pk", flat=True)[MOST_A_SIGN_IN - 1 :])
        Preview.objects.filter(pk__in=surplus).delete()
        fresh = secrets.token_urlsafe(SECRET_BYTES)
        made = Preview.objects.create(
            tenant_id=tenant_id,
            member_id=member_id,
            sign_in_id=sign_in_id,
            secret_hash=preview_digest(fresh) or "",
            document=document,
            ends_at=now + LASTS,
        )
        return OpenPreview(fresh, made.version)


def end_previews(sign_in_id: UUID | str) -> None:
    """End the previews of a sign-in that ends."""
    Preview.objects.filter(sign_in_id=sign_in_id).delete()


def sweep_previews() -> int:
    """Remove previews whose time has passed, and return how many there were."""
    removed, _ = Preview.objects.filter(ends_at__lte=timezone.now()).delete()
    return removed
