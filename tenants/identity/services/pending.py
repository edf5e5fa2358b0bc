"""Sign-ins that wait for a second factor: begun by a link, continued by the browser that opened it. Tenant's schema.

What is stored of link and browser are hashes bound to the tenant, so a row copied to another tenant is worth nothing.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.identity.errors import PendingOverError
from tenants.identity.models import PendingSignIn
from tenants.identity.services.provider_sessions import AtProvider, seal_session
from tenants.identity.visit import Visit
from tenants.registry.models import Tenant
from tenants.workspace.models import Member

__all__ = ["LIFETIME", "SECOND_FACTOR_PATH", "begin_pending", "end_pending", "find_pending", "open_pending"]

LIFETIME = timedelta(minutes=10)
SECOND_FACTOR_PATH = "/settings/sign-in/second-factor/"
LINK, BROWSER = "link", "browser"


def begin_pending(
    tenant: Tenant, member: Member, *, method: str, visit: Visit, at_provider: AtProvider | None = None
) -> str:
    """Note that a member has proved one factor, and return the path at which their browser goes on."""
    secret, pending = secrets.token_urlsafe(32), PendingSignIn(member=member, method=method)
    pending.address, pending.user_agent = visit.address[:45], visit.user_agent[:300]
    pending.at_provider = seal_session(tenant, at_provider)
    pending.expires_at = timezone.now() + LIFETIME
    pending.secret_hash = _hash(tenant, pending.pk, LINK, secret)
    pending.save()
    return f"{SECOND_FACTOR_PATH}{pending.pk}/{secret}/"


def open_pending(tenant: Tenant, pending_id: UUID, secret: str, *, target: str) -> str:
    """Use the link up and return the key by which this browser alone goes on; raises ``PendingOverError``.

    ``target`` is the path on the tenant's host to which it goes once it is signed in.
    """
    pending = _living().filter(pk=pending_id, opened_at=None).first()
    if pending is None or not constant_time_compare(pending.secret_hash, _hash(tenant, pending.pk, LINK, secret)):
        raise PendingOverError
    own = secrets.token_urlsafe(32)
    # Of two browsers that come at once one is let in.
    opened = PendingSignIn.objects.filter(pk=pending.pk, opened_at=None).update(
        opened_at=timezone.now(), secret_hash=_hash(tenant, pending.pk, BROWSER, own), target=target
    )
    if not opened:
        raise PendingOverError
    return f"{pending.pk}.{own}"


def find_pending(tenant: Tenant, key: str) -> PendingSignIn:
    """Return what is pending in the browser that has this key; raises ``PendingOverError``."""
    pending_id, _, own = key.partition(".")
    try:
        pending = _living().exclude(opened_at=None).filter(pk=pending_id).first()
    except (ValidationError, ValueError) as error:
        raise PendingOverError from error
    if pending is None or not constant_time_compare(pending.secret_hash, _hash(tenant, pending.pk, BROWSER, own)):
        raise PendingOverError
    return pending


def end_pending(pending: PendingSignIn) -> None:
    """Use it up, in the transaction that makes a sign-in of it; the second of two gets ``PendingOverError``."""
    if not PendingSignIn.objects.filter(pk=pending.pk).delete()[0]:
        raise PendingOverError


def _living() -> QuerySet[PendingSignIn]:
    living = PendingSignIn.objects.select_related("member")
    return living.filter(expires_at__gt=timezone.now(), member__is_active=True)


def _hash(tenant: Tenant, pending_id: UUID, stage: str, secret: str) -> str:
    bound = f"{tenant.pk}/{pending_id}/{secret}"
    return salted_hmac(f"tenants.identity.pending.{stage}", bound, algorithm="sha256").hexdigest()
