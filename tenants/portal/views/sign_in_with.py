"""Signing in by a way that leads elsewhere and back: an identity provider of the tenant."""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from tenants.contract.access import SignInKind, SignInMethod
from tenants.contract.errors import DomainError
from tenants.contract.hosts import normalise_host
from tenants.identity.addresses import safe_path
from tenants.identity.browser import live_state
from tenants.identity.errors import SecondFactorNeededError
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.flow import Answer, Departure, come_back, depart, finish_sign_in, finish_trial
from tenants.identity.oidc.state import LIFETIME_SECONDS, Journey, State, cookie_name
from tenants.identity.providers.services import get_provider
from tenants.identity.visit import Visit
from tenants.portal.pages import public
from tenants.portal.refusals import refused
from tenants.portal.sessions import current_member, sign_in
from tenants.portal.trials import keep_trial
from tenants.portal.views.saml import begin_saml
from tenants.registry.models import Tenant

__all__ = ["BEGINNINGS", "begin_oidc", "callback", "leading_ways", "sign_in_with"]

COOKIE_PREFIX = "sign_in_"
COOKIE_PATH = "/settings/sign-in/"
MAXIMUM_JOURNEYS = 4
"""Tabs in which a browser may be on its way to a provider at once; the oldest are forgotten."""


@require_safe
@public
def sign_in_with(request: HttpRequest, tenant: Tenant, method_id: str) -> HttpResponse:
    """Send the browser to a provider that the policy offers; it comes back to ``next``, a path of this host."""
    target = safe_path(request.GET.get("next", ""))
    if method_id not in {method.id for method in live_state(tenant).access.methods}:
        raise Http404("There is no such way to sign in.")
    provider = get_provider(method_id)
    begin = BEGINNINGS.get(SignInKind(provider.kind))
    if begin is None:
        raise Http404("This way to sign in begins elsewhere.")
    try:
        return begin(request, tenant, provider, next_path=target)
    except DomainError as error:
        return refused(error, target)


@require_safe
@public
def callback(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Take a browser back from an OpenID Connect provider: sign somebody in, or say what a test came to."""
    answer = Answer.of(request.GET)
    try:
        state, journey = come_back(tenant, answer, request.COOKIES, host=_host(request))
    except DomainError as error:
        return refused(error, "/settings/")
    if journey.tester:
        return _forget(_finish_trial(request, tenant, state, journey, answer), state)
    try:
        person = finish_sign_in(tenant, state, journey, answer, visit=Visit.of(request))
    except SecondFactorNeededError as needed:
        return _forget(redirect(f"{needed.next}?{urlencode({'next': journey.next})}"), state)
    except DomainError as error:
        return _forget(refused(error, journey.next), state)
    return _forget(sign_in(request, redirect(journey.next), tenant, person), state)


def begin_oidc(
    request: HttpRequest, tenant: Tenant, provider: IdentityProvider, *, next_path: str, tester: str = ""
) -> HttpResponse:
    """Send the browser to an OpenID Connect provider with what it needs to come back."""
    departure = depart(tenant, provider, host=_host(request), next_path=next_path, tester=tester)
    return _remember(request, redirect(departure.url), departure)


def _finish_trial(request: HttpRequest, tenant: Tenant, state: State, journey: Journey, answer: Answer) -> HttpResponse:
    tester = current_member(request, tenant)
    if tester is None or str(tester.member.pk) != journey.tester:
        # Only the administrator who began it is told anything.
        raise Http404("There is no such test.")
    try:
        keep_trial(request, state.provider, finish_trial(tenant, state, journey, answer, visit=Visit.of(request)))
    except DomainError as error:
        keep_trial(request, state.provider, error)
    return redirect("portal:test_provider", state.provider)


def _host(request: HttpRequest) -> str:
    return normalise_host(request.META.get("HTTP_HOST", ""))


def _remember(request: HttpRequest, response: HttpResponse, departure: Departure) -> HttpResponse:
    under_way = [name for name in request.COOKIES if name.startswith(COOKIE_PREFIX)]
    for name in under_way[: -MAXIMUM_JOURNEYS + 1]:
        response.delete_cookie(name, path=COOKIE_PATH)
    response.set_cookie(
        departure.sealed.cookie_name,
        departure.sealed.cookie,
        max_age=LIFETIME_SECONDS,
        path=COOKIE_PATH,
        httponly=True,
        secure=request.is_secure(),
        # The way back is a link that a browser follows from another site: Lax cookies come along, and only there.
        samesite="Lax",
    )
    return response


def _forget(response: HttpResponse, state: State) -> HttpResponse:
    response.delete_cookie(cookie_name(state.id), path=COOKIE_PATH)
    return response


class Begin(Protocol):
    """What sends a browser to a provider, to come back to a path of this host."""

    def __call__(
        self, request: HttpRequest, tenant: Tenant, provider: IdentityProvider, *, next_path: str
    ) -> HttpResponse: ...


BEGINNINGS: Mapping[SignInKind, Begin] = {
    SignInKind.OIDC: begin_oidc,
    SignInKind.SAML: begin_saml,
}
"""What begins a sign-in by providers of each kind that has its own address elsewhere."""


def leading_ways(tenant: Tenant) -> list[SignInMethod]:
    """Return the ways to sign in that begin at ``sign_in_with``, in the policy's order."""
    return [method for method in live_state(tenant).access.methods if method.kind in BEGINNINGS]
