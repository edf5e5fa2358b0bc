"""A tenant's SCIM tokens: made, shown once, recognised, revoked."""

import re
import secrets
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.contract.errors import ConflictError, InvalidValueError, NotFoundError
from tenants.contract.roles import Permission
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.scim.directory import directory_actor
from tenants.identity.scim.limits import ADDRESS_TOLD
from tenants.identity.scim.models import ScimToken
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record
from tenants.workspace.services.editing import editing

__all__ = ["LIFETIMES", "MOST_TOKENS", "find_token", "issue_token", "note_use", "revoke_token"]

MOST_TOKENS = 10
LIFETIMES = (0, 30, 90, 180, 365)
"""Days that a token may be chosen to work; 0 for no end."""
SEEN_EVERY = timedelta(minutes=1)
SHAPE = re.compile(r"(?P<prefix>scim_[0-9a-f]{8})_[A-Za-z0-9_-]{43}")


def issue_token(tenant_id: UUID | str, *, name: str, days: int, actor: Actor) -> tuple[ScimToken, str]:
    """Make a token and return it with its text, which nobody can read again.

    Raises ``NotPermittedError``, ``InvalidValueError`` (``scim_token_name_missing``, ``scim_token_lifetime_invalid``)
    and ``ConflictError`` (``scim_token_name_taken``, ``scim_tokens_too_many``).
    """
    actor.expect(Permission.MANAGE_TOKENS)
    name = name.strip()[:60]
    if not name:
        raise InvalidValueError("scim_token_name_missing", "Name the directory that will use it.", field="name")
    if days not in LIFETIMES:
        raise InvalidValueError("scim_token_lifetime_invalid", "Choose one of the lifetimes.", field="days")
    with editing(tenant_id, actor=actor, note="A SCIM token") as tenant:
        present = ScimToken.objects.all()
        if present.filter(name__iexact=name).exists():
            raise ConflictError("scim_token_name_taken", f"There is a token “{name}” already.", field="name")
        if present.count() >= MOST_TOKENS:
            raise ConflictError(
                "scim_tokens_too_many", f"At most {MOST_TOKENS} tokens fit here. Revoke one first.", field="name"
            )
        prefix = f"scim_{secrets.token_hex(4)}"
        text = f"{prefix}_{secrets.token_urlsafe(32)}"
        token = ScimToken.objects.create(
            name=name,
            prefix=prefix,
            secret_hash=_hash(tenant, text),
            created_by=actor.label[:200],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        changes: dict[str, object] = {"prefix": prefix, "days": days or "no end"}
        record("scim_token.issue", actor=actor, tenant=tenant, target=name, changes=changes)
        return token, text


def revoke_token(tenant_id: UUID | str, token_id: UUID | str, *, actor: Actor) -> None:
    """Remove a token, which ends its use with the next request; raises ``NotPermittedError`` or ``NotFoundError``."""
    actor.expect(Permission.MANAGE_TOKENS)
    with editing(tenant_id, actor=actor, note="A SCIM token revoked") as tenant:
        try:
            token = ScimToken.objects.select_for_update().get(pk=token_id)
        except (ScimToken.DoesNotExist, ValidationError) as error:
            raise NotFoundError("scim_token_not_found", "There is no such token.") from error
        record("scim_token.revoke", actor=actor, tenant=tenant, target=token.name, changes={"prefix": token.prefix})
        token.delete()


def find_token(tenant: Tenant, presented: str) -> ScimToken | None:
    """Return the token that a request shows, if it works at this tenant; whatever is wrong takes the same time."""
    shape = SHAPE.fullmatch(presented)
    with tenant_schema(tenant):
        token = ScimToken.objects.filter(prefix=shape["prefix"] if shape else "").first()
    matches = constant_time_compare(_hash(tenant, presented), token.secret_hash if token else "")
    if token is None or not matches or (token.expires_at and token.expires_at <= timezone.now()):
        return None
    return token


def note_use(tenant: Tenant, token: ScimToken, *, address: str) -> None:
    """Remember when and from where a token was used last; each address is told to the audit log once a day."""
    now = timezone.now()
    seen = {"last_used_at": now, "last_address": address[:45]}
    with tenant_schema(tenant):
        due = Q(last_used_at=None) | Q(last_used_at__lt=now - SEEN_EVERY)
        ScimToken.objects.filter(due, pk=token.pk).update(**seen)
    _, wait = attempt_counter().take(tenant.pk, ADDRESS_TOLD, f"{token.pk}/{address}")
    if not wait:
        record("scim_token.use", actor=directory_actor(token, address=address), tenant=tenant, target=token.name)


def _hash(tenant: Tenant, text: str) -> str:
    """Return what is stored: bound to the tenant, and quick, since what it hides cannot be guessed."""
    return salted_hmac("tenants.identity.scim.tokens", f"{tenant.pk}/{text}", algorithm="sha256").hexdigest()
