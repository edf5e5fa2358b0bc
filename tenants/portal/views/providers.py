"""Identity providers of the tenant: chosen, set up, tested, removed. Who decides over access may do it, and see it."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenants.contract.access import SignInKind
from tenants.contract.errors import DomainError
from tenants.contract.hosts import normalise_host
from tenants.contract.roles import Permission
from tenants.identity.models import IdentityProvider
from tenants.identity.oidc.form import OidcForm
from tenants.identity.providers.services import add_provider, get_provider, remove_provider, update_provider
from tenants.identity.saml.form import SamlForm
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show
from tenants.portal.provider_setups import SETUPS, Setup, setup_for_preset
from tenants.portal.trials import keep_trial, take_trial
from tenants.workspace.forms import show_domain_error
from tenants.workspace.services.access import get_access

__all__ = ["add", "choose_preset", "edit", "remove", "test", "try_out"]

managers_only = permitted(Permission.MANAGE_ACCESS)


@require_safe
@managers_only
def choose_preset(page: Page) -> HttpResponse:
    """Show the well-known providers to choose from."""
    return show(page, "portal/providers.html", {"setups": SETUPS.values()}, section="access")


@require_http_methods(["GET", "POST"])
@managers_only
def add(page: Page, preset: str) -> HttpResponse:
    """Set up a new provider."""
    setup = setup_for_preset(preset)
    if setup is None:
        raise Http404("There is no such provider.")
    form = setup.form(page.posted, preset=preset)
    if page.posted is not None and form.is_valid():
        try:
            provider = add_provider(
                page.tenant.pk,
                form.cleaned_data["id"],
                kind=setup.kind,
                secret=form.new_secret() or "",
                actor=page.actor,
                **form.values(),
            )
        except DomainError as error:
            show_domain_error(form, error)
        else:
            messages.success(page.request, f"{provider.label} is set up. Test it, then offer it to people.")
            return redirect("portal:test_provider", provider.pk)
    return _show_form(page, setup, form)


@require_http_methods(["GET", "POST"])
@managers_only
def edit(page: Page, provider_id: str) -> HttpResponse:
    """Change a provider."""
    setup, provider = _provider(provider_id)
    form = setup.form(page.posted, preset=provider.preset, provider=provider)
    if page.posted is not None and form.is_valid():
        try:
            update_provider(page.tenant.pk, provider.pk, secret=form.new_secret(), actor=page.actor, **form.values())
        except DomainError as error:
            show_domain_error(form, error)
        else:
            messages.success(page.request, "Saved.")
            return redirect("portal:test_provider", provider.pk)
    return _show_form(page, setup, form)


@require_POST
@managers_only
def remove(page: Page, provider_id: str) -> HttpResponse:
    """Remove a provider; refused where it is the last way in."""
    since = latest_revision(page)
    try:
        remove_provider(page.tenant.pk, provider_id, actor=page.actor)
    except DomainError as error:
        messages.error(page.request, error.message)
        return redirect("portal:edit_provider", provider_id)
    if latest_revision(page) == since:
        messages.success(page.request, "The provider is removed.")
    else:
        tell_outcome(page, "The provider is removed.", since=since)
    return redirect("portal:access")


@require_safe
@managers_only
def test(page: Page, provider_id: str) -> HttpResponse:
    """Say whether the connection will do, and what the last sign-in for a test came to."""
    setup, provider = _provider(provider_id)
    context = {
        "provider": provider,
        "checks": setup.check(page.tenant, provider, host=_host(page.request)),
        "trial": take_trial(page.request, provider.pk),
        "offered": provider.pk in get_access().methods,
        "registered": setup.register(page.tenant, _host(page.request), provider, provider.pk),
    }
    return show(page, "portal/provider_test.html", context, section="access")


@require_safe
@managers_only
def try_out(page: Page, provider_id: str) -> HttpResponse:
    """Send the administrator to the provider, to see whom a sign-in would make of them; nobody is signed in."""
    setup, provider = _provider(provider_id)
    try:
        return setup.begin(page.request, page.tenant, provider, next_path="/settings/", tester=str(page.member.pk))
    except DomainError as error:
        keep_trial(page.request, provider.pk, error)
        return redirect("portal:test_provider", provider.pk)


def _provider(provider_id: str) -> tuple[Setup, IdentityProvider]:
    provider = get_provider(provider_id)
    setup = SETUPS.get(SignInKind(provider.kind))
    if setup is None:
        raise Http404("This provider has a page of its own.")
    return setup, provider


def _show_form(page: Page, setup: Setup, form: OidcForm | SamlForm) -> HttpResponse:
    name = "" if form.provider else form["id"].value()
    context = {
        "form": form,
        "provider": form.provider,
        "registered": setup.register(page.tenant, _host(page.request), form.provider, name),
    }
    return show(page, "portal/provider.html", context, section="access", status=422 if form.errors else 200)


def _host(request: HttpRequest) -> str:
    return normalise_host(request.META.get("HTTP_HOST", ""))
