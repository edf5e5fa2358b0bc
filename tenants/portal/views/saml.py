"""Signing in with an identity provider that speaks SAML: the addresses that it and its visitors come to.

The provider sends a browser back by a form on its own site (``acs``), without this site's cookies. What it brings is
verified there and then; the browser is led on to ``arrived`` on this site, where its cookie says that it had asked.
"""

from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.contract.access import SignInKind
from tenants.contract.errors import DomainError, NotFoundError
from tenants.contract.hosts import normalise_host
from tenants.identity.addresses import safe_path
from tenants.identity.errors import SecondFactorNeededError
from tenants.identity.models import IdentityProvider
from tenants.identity.providers.services import get_provider
from tenants.identity.providers.trials import Trial
from tenants.identity.saml.arrivals import Arrival, collect_arrival, look_at_arrival
from tenants.identity.saml.browser import Question, forget_question, recall_question, remember_question
from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.responses import answered_question
from tenants.identity.saml.service_provider import service_provider_metadata
from tenants.identity.saml.services import ask, foresee_arrived, refuse, sign_in_arrived, take_answer
from tenants.identity.saml.setup import service_provider_of, settings_of
from tenants.identity.visit import Visit
from tenants.portal.pages import gate, public
from tenants.portal.refusals import refused as lead_back
from tenants.portal.sessions import current_member, sign_in
from tenants.portal.trials import keep_trial
from tenants.registry.models import Tenant

__all__ = ["acs", "arrived", "begin_saml", "metadata", "refused", "signed_out"]

_REFUSAL = "tenants.portal.saml.refusal"


def begin_saml(
    request: HttpRequest, tenant: Tenant, provider: IdentityProvider, *, next_path: str, tester: str = ""
) -> HttpResponse:
    """Send a browser to a provider, with what it needs to come back; ``tester`` is a member who only tries it."""
    message = ask(tenant, provider, host=_host(request))
    question = Question(message.id, provider.pk, next_path, tester)
    return remember_question(request, HttpResponseRedirect(message.url), tenant, question)


@require_safe
def metadata(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Describe this tenant to a provider. Nothing in it is secret, and the provider's own machines ask for it."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # TenantMiddleware sets it
    provider = _provider(provider_id)
    service = service_provider_of(tenant, provider.pk, host=_host(request))
    return HttpResponse(
        service_provider_metadata(service, settings_of(provider)), content_type="application/samlmetadata+xml"
    )


@csrf_exempt  # It is another site's form; what it holds is signed, and nobody is signed in before ``arrived``.
@require_POST
@public
def acs(request: HttpRequest, tenant: Tenant, provider_id: str) -> HttpResponse:
    """Take what a provider answers, and lead the browser on to where its cookies are."""
    provider = _provider(provider_id)
    encoded = request.POST.get("SAMLResponse", "")
    try:
        ticket = take_answer(
            tenant,
            provider,
            encoded=encoded,
            relay_state=request.POST.get("RelayState", ""),
            host=_host(request),
            visit=Visit.of(request),
        )
    except ResponseRefusedError as error:
        told = signing.dumps([error.reason.name, error.detail, answered_question(encoded)], salt=_REFUSAL)
        return _see_other(f"{reverse('portal:saml_refused', args=[provider.pk])}?why={told}")
    return _see_other(reverse("portal:saml_arrived", args=[provider.pk, ticket]))


@require_http_methods(["GET", "POST"])
@public
def arrived(request: HttpRequest, tenant: Tenant, provider_id: str, ticket: str) -> HttpResponse:
    """Sign in who comes with a ticket, in the browser that had asked; where nobody had, whoever says that it is they.

    A sign-in that began at the provider could have been begun by anybody who wants somebody else to work under the
    wrong name, so it takes a press of a button that tells the name.
    """
    provider = _provider(provider_id)
    try:
        waiting = look_at_arrival(tenant, provider, ticket)
        question = recall_question(request, tenant, provider, waiting.in_response_to)
        if waiting.in_response_to and question is None:
            raise ResponseRefusedError(Reason.BROWSER)
        if question is None and request.method != "POST":
            return gate(request, tenant, "portal/saml_confirm.html", {"provider": provider, "person": waiting.person})
        arrival = collect_arrival(tenant, provider, ticket)
    except ResponseRefusedError as error:
        refuse(tenant, provider, error, visit=Visit.of(request))
        return lead_back(error, "/")
    if question is None:
        return _finish(request, tenant, provider, arrival, arrival.next or "/")
    if question.tester:
        trial = Trial(
            claims=arrival.claims, foreseen=foresee_arrived(tenant, provider, arrival, visit=Visit.of(request))
        )
        response = _finish_trial(request, tenant, question, trial)
    else:
        response = _finish(request, tenant, provider, arrival, question.next)
    return forget_question(response, question.id)


@require_safe
@public
def refused(request: HttpRequest, tenant: Tenant, provider_id: str) -> HttpResponse:
    """Tell why an answer was not believed: the page that was come from, in general; who tries it out, in detail."""
    provider = _provider(provider_id)
    try:
        name, detail, question_id = signing.loads(request.GET.get("why", ""), salt=_REFUSAL, max_age=600)
    except signing.BadSignature:
        return redirect("portal:sign_in")
    question = recall_question(request, tenant, provider, question_id)
    error = ResponseRefusedError(Reason[name], detail)
    if question is not None and question.tester:
        return forget_question(_finish_trial(request, tenant, question, error), question.id)
    return lead_back(error, question.next if question else "/")


@require_safe
@public
def signed_out(request: HttpRequest, tenant: Tenant, provider_id: str) -> HttpResponse:
    """Welcome a browser back that has signed out at a provider; here it had done so before it went.

    It goes on to where that began on this host.
    """
    return redirect(safe_path(request.GET.get("RelayState", ""), default=reverse("portal:sign_in")))


def _finish(
    request: HttpRequest, tenant: Tenant, provider: IdentityProvider, arrival: Arrival, target: str
) -> HttpResponse:
    try:
        person = sign_in_arrived(tenant, provider, arrival, visit=Visit.of(request))
    except SecondFactorNeededError as needed:
        return redirect(f"{needed.next}?{urlencode({'next': target})}")
    except DomainError as error:
        return lead_back(error, target)
    return sign_in(request, redirect(target), tenant, person)


def _finish_trial(
    request: HttpRequest, tenant: Tenant, question: Question, outcome: Trial | DomainError
) -> HttpResponse:
    tester = current_member(request, tenant)
    if tester is None or str(tester.member.pk) != question.tester:
        # Only the administrator who began it is told anything.
        raise NotFoundError("page_not_found", "There is no such test.")
    keep_trial(request, question.provider, outcome)
    return redirect("portal:test_provider", question.provider)


def _provider(provider_id: str) -> IdentityProvider:
    provider = get_provider(provider_id)
    if provider.kind != SignInKind.SAML:
        raise NotFoundError("provider_not_found", "There is no such identity provider.")
    return provider


def _host(request: HttpRequest) -> str:
    return normalise_host(request.get_host())


def _see_other(path: str) -> HttpResponse:
    """Return a redirect that a browser follows by GET, whatever it came by."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response
