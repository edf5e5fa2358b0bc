"""Signing in whom a proxy names, once it has proved by its secret that it is the one to name people."""

from tenants.contract.tokens import SignedIn
from tenants.contract.trusted_headers import (
    SECRET_HEADER,
    HeaderSentTwiceError,
    SentHeaders,
    TrustedHeaders,
    sent_value,
)
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.attempts.limits import PROXY
from tenants.identity.browser import live_state
from tenants.identity.errors import EmailMissingError, ProxyRefusedError, TooManyAttemptsError
from tenants.identity.models import ProxySecret
from tenants.identity.providers.vouching import VouchedPerson, sign_in_vouched
from tenants.identity.proxies.secrets import find_proxy, note_use
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["named_person", "sign_in_by_proxy"]

ANY_PROXY = "header"


def sign_in_by_proxy(tenant: Tenant, headers: SentHeaders, *, visit: Visit) -> SignedIn:
    """Sign in whom the headers of a request name.

    Raises ``ProxyRefusedError`` without the secret of a proxy that the policy offers, ``HeaderSentTwiceError``, and
    what ``sign_in_vouched`` raises. Wrong secrets are in the audit log and, when there are many from one address,
    ``TooManyAttemptsError``; the right one is never kept waiting by them. Headers without any secret are nothing.
    """
    headers = tuple(headers)
    proxies = live_state(tenant).access.proxies
    if not proxies or not any(name == SECRET_HEADER.encode() for name, _ in headers):
        raise ProxyRefusedError
    found = _proxy_of(tenant, proxies, headers, visit)
    try:
        person = named_person(headers, proxies[found.provider_id])
        if not person.email:
            raise EmailMissingError
    except (HeaderSentTwiceError, EmailMissingError) as error:
        _record_refusal(tenant, found.provider_id, error.code, visit)
        raise
    return sign_in_vouched(tenant, found.provider, person, visit=visit)


def named_person(headers: SentHeaders, trusted: TrustedHeaders) -> VouchedPerson:
    """Return whom headers name. People are known by their e-mail address, which the proxy stands for."""
    email = sent_value(headers, trusted.email).lower()
    groups = sent_value(headers, trusted.groups).split(",") if trusted.groups else []
    return VouchedPerson(
        subject=email,
        email=email,
        email_verified=True,
        name=sent_value(headers, trusted.name)[:80] if trusted.name else "",
        groups=tuple(group.strip() for group in groups if group.strip()),
    )


def _proxy_of(tenant: Tenant, proxies: dict[str, TrustedHeaders], headers: SentHeaders, visit: Visit) -> ProxySecret:
    """Return whose secret a request has, or tell of a wrong one and raise."""
    try:
        secret = sent_value(headers, SECRET_HEADER)
    except HeaderSentTwiceError:
        secret = ""
    with tenant_schema(tenant):
        found = find_proxy(tenant, proxies, secret)
        if found is not None:
            note_use(found)
            return found
    _, wait = attempt_counter().take(tenant.pk, PROXY, visit.address)
    if wait:
        raise TooManyAttemptsError
    _record_refusal(tenant, next(iter(proxies)) if len(proxies) == 1 else ANY_PROXY, ProxyRefusedError().code, visit)
    raise ProxyRefusedError


def _record_refusal(tenant: Tenant, method: str, reason: str, visit: Visit) -> None:
    record(
        "sign_in.refuse",
        actor=Actor(ActorKind.VISITOR, "a proxy"),
        tenant=tenant,
        changes={"reason": reason},
        address=visit.address,
        method=method,
    )
