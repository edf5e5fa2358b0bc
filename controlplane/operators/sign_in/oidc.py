"""Signing in at the platform's identity provider: the way there, and back into the same browser.

The protocol is the tenants' (``tenants.identity.oidc``). What the browser must keep meanwhile is in its session, from
which it is taken for one answer.
"""

from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from controlplane.operators.sign_in.auditing import note_refusal
from controlplane.operators.sign_in.errors import OperatorNotAllowedError
from controlplane.operators.sign_in.pages import safe_target
from controlplane.operators.sign_in.provider import OperatorProvider, operator_provider
from controlplane.operators.sign_in.views import go_on
from controlplane.operators.sign_in.vouching import METHOD, operator_of
from tenants.contract.errors import DomainError
from tenants.identity.oidc.errors import SignInDeclinedError, StateInvalidError
from tenants.identity.oidc.exchange import authorization_url, redeem
from tenants.identity.oidc.people import person_of_claims
from tenants.identity.oidc.state import Journey, open_cookie, open_state, set_out
from tenants.identity.visit import Visit

__all__ = ["begin_oidc", "finish_oidc"]

log = structlog.get_logger(__name__)

KEPT = "operator_oidc"
PLATFORM, PROVIDER = "operators", "platform"
"""In the places of a tenant and of its provider: no tenant has such an id."""


@require_GET
def begin_oidc(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider."""
    provider, target = _provider(), safe_target(request)
    sealed = set_out(
        PLATFORM, PROVIDER, host=request.get_host(), redirect_uri=provider.callback_address, next_path=target
    )
    try:
        address = authorization_url(provider.oidc, state=sealed.state, journey=sealed.journey)
    except DomainError as error:
        return _refused(request, error)
    # Another key: whoever may have planted the one before learns nothing of what comes.
    request.session.cycle_key()
    request.session[KEPT] = sealed.cookie
    return redirect(address)


@require_GET
def finish_oidc(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer, and lead whom it vouches for to the second factor or in."""
    provider, visit = _provider(), Visit.of(request)
    try:
        journey = _come_back(request)
        if request.GET.get("error") or not request.GET.get("code"):
            raise SignInDeclinedError(request.GET.get("error", ""))
        redeemed = redeem(
            provider.oidc,
            provider.secret,
            code=request.GET["code"],
            issuer=request.GET.get("iss", ""),
            journey=journey,
        )
        person = person_of_claims(redeemed.claims, provider.oidc)
        try:
            operator = operator_of(provider, person, visit=visit)
        except OperatorNotAllowedError as error:
            note_refusal(person.email or person.subject, visit, method=METHOD, reason=error.reason)
            raise
    except DomainError as error:
        return _refused(request, error)
    proved = person.proved_second_factor or provider.asks_second_factor
    return go_on(request, operator, method=METHOD, target=journey.next, proved=proved)


def _come_back(request: HttpRequest) -> Journey:
    kept: Any = request.session.pop(KEPT, "")
    state = open_state(request.GET.get("state", ""))
    if (state.tenant, state.provider, state.host) != (PLATFORM, PROVIDER, request.get_host()):
        raise StateInvalidError
    return open_cookie(kept, state)


def _provider() -> OperatorProvider:
    provider = operator_provider()
    if provider is None:
        raise Http404("Operators have no identity provider here.")
    return provider


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    log.warning("operators' provider signed nobody in", code=error.code, reason=str(error))
    messages.error(request, error.message)
    return redirect(settings.LOGIN_URL)
