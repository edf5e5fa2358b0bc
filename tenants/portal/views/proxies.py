"""Proxies that name people: set up, given secrets, removed. Who decides over access may do it, and see it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tenants.contract.access import SignInKind
from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.identity.models import IdentityProvider
from tenants.identity.providers.services import add_provider, remove_provider, update_provider
from tenants.identity.proxies.form import ProxyForm
from tenants.identity.proxies.secrets import get_proxy, make_proxy_secret, withdraw_proxy_secret
from tenants.portal.outcome import latest_revision, tell_outcome, telling
from tenants.portal.pages import Page, permitted, show
from tenants.workspace.forms import show_domain_error
from tenants.workspace.services.access import get_access

__all__ = ["add", "edit", "make_secret", "remove", "withdraw_secret"]

managers_only = permitted(Permission.MANAGE_ACCESS)


@require_http_methods(["GET", "POST"])
@managers_only
def add(page: Page) -> HttpResponse:
    """Set up a proxy, and show its first secret."""
    form = ProxyForm(page.posted)
    if page.posted is not None and form.is_valid():
        try:
            proxy = add_provider(
                page.tenant.pk, form.cleaned_data["id"], kind=SignInKind.HEADER, actor=page.actor, **form.values()
            )
            secret = make_proxy_secret(page.tenant.pk, proxy.pk, actor=page.actor)
        except DomainError as error:
            show_domain_error(form, error)
        else:
            return _show(page, ProxyForm(provider=proxy), proxy, secret=secret)
    return _show(page, form)


@require_http_methods(["GET", "POST"])
@managers_only
def edit(page: Page, provider_id: str) -> HttpResponse:
    """Change a proxy."""
    proxy = get_proxy(provider_id)
    form = ProxyForm(page.posted, provider=proxy)
    if page.posted is not None and form.is_valid():
        since = latest_revision(page)
        try:
            update_provider(page.tenant.pk, proxy.pk, actor=page.actor, **form.values())
        except DomainError as error:
            show_domain_error(form, error)
        else:
            tell_outcome(page, "Saved.", since=since)
            return redirect("portal:edit_proxy", proxy.pk)
    return _show(page, form, proxy)


@require_POST
@managers_only
def make_secret(page: Page, provider_id: str) -> HttpResponse:
    """Make another secret and show it, this once."""
    proxy = get_proxy(provider_id)
    secret = make_proxy_secret(page.tenant.pk, proxy.pk, actor=page.actor)
    return _show(page, ProxyForm(provider=proxy), proxy, secret=secret)


@require_POST
@managers_only
def withdraw_secret(page: Page, provider_id: str, secret_id: UUID) -> HttpResponse:
    """Let a secret be worth nothing."""
    with telling(page, "That secret signs nobody in any more."):
        withdraw_proxy_secret(page.tenant.pk, provider_id, secret_id, actor=page.actor)
    return redirect("portal:edit_proxy", provider_id)


@require_POST
@managers_only
def remove(page: Page, provider_id: str) -> HttpResponse:
    """Remove a proxy; refused where it is the last way in."""
    proxy, since = get_proxy(provider_id), latest_revision(page)
    try:
        remove_provider(page.tenant.pk, proxy.pk, actor=page.actor)
    except DomainError as error:
        messages.error(page.request, error.message)
        return redirect("portal:edit_proxy", proxy.pk)
    tell_outcome(page, f"{proxy.label} is removed.", since=since)
    return redirect("portal:access")


def _show(page: Page, form: ProxyForm, proxy: IdentityProvider | None = None, *, secret: str = "") -> HttpResponse:
    context: dict[str, Any] = {"form": form, "proxy": proxy, "secret": secret}
    if proxy is not None:
        context |= {"secrets": list(proxy.proxy_secrets.all()), "offered": proxy.pk in get_access().methods}
    return show(page, "portal/proxy.html", context, section="access", status=422 if form.errors else 200)
