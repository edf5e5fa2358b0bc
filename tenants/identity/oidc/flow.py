"""A sign-in at an OpenID Connect provider from its beginning in a browser to its end in the same one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from tenants.contract.errors import DomainError, NotFoundError
from tenants.contract.tokens import SignedIn
from tenants.identity.addresses import callback_address
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.errors import (
    AnswerRefusedError,
    ProviderUnavailableError,
    SignInDeclinedError,
    StateInvalidError,
)
from tenants.identity.oidc.exchange import Redeemed, authorization_url, redeem
from tenants.identity.oidc.people import person_of_claims
from tenants.identity.oidc.settings import settings_of
from tenants.identity.oidc.state import (
    Journey,
    SealedJourney,
    State,
    cookie_name,
    open_cookie,
    open_state,
    set_out,
    spend,
)
from tenants.identity.providers.services import get_provider, open_secret
from tenants.identity.providers.trials import Trial
from tenants.identity.providers.vouching import foresee_sign_in, sign_in_vouched
from tenants.identity.services.provider_sessions import OidcSession
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["Answer", "Departure", "come_back", "depart", "finish_sign_in", "finish_trial"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Departure:
    """Where to send the browser, and what it must keep until it comes back."""

    url: str
    sealed: SealedJourney


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a browser brings back from a provider, all of it unproved."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str = ""

    @classmethod
    def of(cls, query: Mapping[str, Any]) -> "Answer":
        """Return the answer in an address' query."""
        return cls(
            state=query.get("state", ""),
            code=query.get("code", ""),
            error=query.get("error", ""),
            issuer=query.get("iss", ""),
        )


def depart(
    tenant: Tenant, provider: IdentityProvider, *, host: str, next_path: str = "/", tester: str = ""
) -> Departure:
    """Begin a sign-in that goes on at ``next_path`` of the host; ``tester`` is a member who only tries it.

    Raises ``AnswerRefusedError`` or ``ProviderUnavailableError`` where the provider's endpoints cannot be learned.
    """
    settings = settings_of(provider)
    sealed = set_out(
        str(tenant.pk),
        provider.pk,
        host=host,
        redirect_uri=callback_address(host, shared=settings.shared_callback),
        next_path=next_path,
        tester=tester,
    )
    return Departure(url=authorization_url(settings, state=sealed.state, journey=sealed.journey), sealed=sealed)


def come_back(tenant: Tenant, answer: Answer, cookies: Mapping[str, str], *, host: str) -> tuple[State, Journey]:
    """Return which sign-in an answer belongs to; raises ``StateInvalidError`` unless this browser began it here.

    From then on its state is spent, whatever comes of it. Some providers that say no leave the state out
    (``SignInDeclinedError``).
    """
    if answer.error and not answer.state:
        raise SignInDeclinedError(answer.error)
    state = open_state(answer.state)
    if (state.tenant, state.host) != (str(tenant.pk), host):
        raise StateInvalidError
    journey = open_cookie(cookies.get(cookie_name(state.id), ""), state)
    with tenant_schema(tenant):
        spend(state)
    return state, journey


def finish_sign_in(tenant: Tenant, state: State, journey: Journey, answer: Answer, *, visit: Visit) -> SignedIn:
    """Sign in whom the provider vouches for.

    Raises what ``sign_in_vouched`` raises, ``SignInDeclinedError``, ``AnswerRefusedError`` or
    ``ProviderUnavailableError``; all are in the audit log.
    """
    provider = _provider_of(tenant, state)
    redeemed = _redeem(tenant, provider, journey, answer, visit)
    settings = settings_of(provider)
    person = person_of_claims(redeemed.claims, settings, email_domains=provider.email_domains)
    at_provider = OidcSession(id_token=redeemed.id_token) if settings.signs_out and redeemed.id_token else None
    return sign_in_vouched(tenant, provider, person, visit=visit, at_provider=at_provider)


def finish_trial(tenant: Tenant, state: State, journey: Journey, answer: Answer, *, visit: Visit) -> Trial:
    """Say what a sign-in would come to; nobody is signed in. Raises as ``finish_sign_in`` but for refused people."""
    provider = _provider_of(tenant, state)
    redeemed = _redeem(tenant, provider, journey, answer, visit)
    person = person_of_claims(redeemed.claims, settings_of(provider), email_domains=provider.email_domains)
    return Trial(claims=redeemed.claims, foreseen=foresee_sign_in(tenant, provider, person, visit=visit))


def _provider_of(tenant: Tenant, state: State) -> IdentityProvider:
    with tenant_schema(tenant):
        try:
            return get_provider(state.provider)
        except NotFoundError as error:
            raise StateInvalidError from error


def _redeem(tenant: Tenant, provider: IdentityProvider, journey: Journey, answer: Answer, visit: Visit) -> Redeemed:
    try:
        if answer.error or not answer.code:
            raise SignInDeclinedError(answer.error)
        secret = open_secret(tenant, provider)
        settings = settings_of(provider)
        return redeem(settings, secret, code=answer.code, issuer=answer.issuer, journey=journey)
    except (SignInDeclinedError, AnswerRefusedError, ProviderUnavailableError) as error:
        _record_refusal(tenant, provider, error, visit, is_trial=bool(journey.tester))
        raise


def _record_refusal(
    tenant: Tenant, provider: IdentityProvider, error: DomainError, visit: Visit, *, is_trial: bool
) -> None:
    log.warning(
        "provider did not sign anybody in",
        tenant=tenant.slug,
        provider=provider.pk,
        reason=str(error),
        detail=getattr(error, "detail", "") or getattr(error, "said", ""),
    )
    if is_trial:
        return
    record(
        "sign_in.refuse",
        actor=Actor(ActorKind.VISITOR, provider.label),
        tenant=tenant,
        target=provider.pk,
        changes={"reason": error.code},
        address=visit.address,
        method=provider.pk,
    )
