"""Who has arrived with an answer that was believed, and waits for the browser that had asked."""

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants.identity.models import IdentityProvider, SamlArrival, SeenAssertion
from tenants.identity.providers.vouching import VouchedPerson
from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.responses import Assertion
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["Arrival", "collect_arrival", "keep_arrival", "look_at_arrival"]

LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Somebody whom a provider vouched for. ``in_response_to`` is empty where the sign-in began at the provider."""

    in_response_to: str
    next: str
    person: VouchedPerson
    session: dict[str, str]
    """By which name the provider knows the sign-in, as columns of ``SamlSession``."""
    claims: dict[str, str]
    """What the provider said, by its own names, for an administrator who tests the connection."""


def keep_arrival(tenant: Tenant, provider: IdentityProvider, assertion: Assertion, arrival: Arrival) -> str:
    """Keep for a moment who has arrived with an assertion; return the ticket by which the browser comes for them.

    Raises ``ResponseRefusedError`` where the assertion was used before.
    """
    now, ticket = timezone.now(), secrets.token_urlsafe(32)
    with transaction.atomic(), tenant_schema(tenant):
        SeenAssertion.objects.filter(expires_at__lt=now).delete()
        SamlArrival.objects.filter(expires_at__lt=now).delete()
        _, first = SeenAssertion.objects.get_or_create(
            pk=_hash(f"{provider.pk}/{assertion.id}"),
            defaults={"expires_at": datetime.fromtimestamp(assertion.expires_at, UTC)},
        )
        if not first:
            raise ResponseRefusedError(Reason.REPLAYED)
        SamlArrival.objects.create(
            ticket_hash=_hash(ticket), provider=provider, expires_at=now + LIFETIME, **asdict(arrival)
        )
    return ticket


def look_at_arrival(tenant: Tenant, provider: IdentityProvider, ticket: str) -> Arrival:
    """Return who waits under a ticket; raises ``ResponseRefusedError`` for one that is used up or too old."""
    with tenant_schema(tenant):
        row = _waiting(provider, ticket).first()
    if row is None:
        raise ResponseRefusedError(Reason.REQUEST)
    return _arrival(row)


def collect_arrival(tenant: Tenant, provider: IdentityProvider, ticket: str) -> Arrival:
    """Return who waits under a ticket and use it up; raises as ``look_at_arrival``."""
    with transaction.atomic(), tenant_schema(tenant):
        row = _waiting(provider, ticket).select_for_update().first()
        if row is None:
            raise ResponseRefusedError(Reason.REQUEST)
        row.delete()
    return _arrival(row)


def _waiting(provider: IdentityProvider, ticket: str) -> QuerySet[SamlArrival]:
    return SamlArrival.objects.filter(ticket_hash=_hash(ticket), provider=provider, expires_at__gt=timezone.now())


def _arrival(row: SamlArrival) -> Arrival:
    person = VouchedPerson(**{**row.person, "groups": tuple(row.person["groups"])})
    return Arrival(
        in_response_to=row.in_response_to, next=row.next, person=person, session=row.session, claims=row.claims
    )


def _hash(value: str) -> str:
    return sha256(value.encode()).hexdigest()
