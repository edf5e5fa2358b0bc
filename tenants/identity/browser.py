"""The sign-in in a member's browser: the cookie that chat and settings page share.

Where the app decides who enters the chat, the chat's cookie is the app's to give. Members then sign in to the settings
alone, with the same token in a cookie of another name that no page of the chat is sent.
"""

import time
from http.cookies import Morsel, SimpleCookie
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from tenants.contract.cookies import CookieReach, cookie_reach, other_reach
from tenants.contract.previews import PREFIX, PREVIEW_COOKIE
from tenants.contract.state import AccessMode, TenantState
from tenants.contract.tokens import (
    SIGN_IN_COOKIE,
    InvalidTokenError,
    SignedIn,
    create_member_token,
    read_member_token,
    read_token,
    renew_token,
    signing_key,
    wants_renewal,
)
from tenants.identity.proxies.requests import sent_headers
from tenants.registry.models import Tenant
from tenants.registry.services.publishing import live_state

__all__ = ["forget_token", "keep_token", "live_state", "read_browser", "remember_previewer", "remember_token"]

SETTINGS_COOKIE = "settings_token"
SETTINGS_PATH = "/settings/"

Answer = TypeVar("Answer", bound=HttpResponse)


def read_browser(request: HttpRequest, tenant: Tenant) -> SignedIn | None:
    """Return the member whose token the browser sends, or None. Whether the sign-in is open is the caller's to ask.

    None too when they came by a proxy that now names somebody else.
    """
    state = live_state(tenant)
    key = signing_key(settings.ENVIRONMENT.runtime_master_secret, state)
    for name in (SETTINGS_COOKIE, SIGN_IN_COOKIE):
        try:
            person = read_member_token(request.COOKIES.get(name, ""), key=key, state=state)
        except InvalidTokenError:
            continue
        if not state.access.names_another(person.method, person.email, sent_headers(request)):
            return person
    return None


def remember_token(request: HttpRequest, response: Answer, tenant: Tenant, person: SignedIn) -> Answer:
    """Give the browser a token for a sign-in, in the place of any other."""
    state = live_state(tenant)
    token = create_member_token(person, key=signing_key(settings.ENVIRONMENT.runtime_master_secret, state), state=state)
    forget_token(request, response, tenant)
    for_the_app = state.access.mode is AccessMode.APP
    name, path = (SETTINGS_COOKIE, SETTINGS_PATH) if for_the_app else (SIGN_IN_COOKIE, "/")
    _set(request, response, state, name, token, path=path, max_age=state.access.session_seconds)
    return response


def remember_previewer(
    request: HttpRequest, response: Answer, tenant: Tenant, person: SignedIn, *, max_age: int
) -> Answer:
    """Give the browser a token for previews alone, which runtimes ask for beside the secret in a preview's address.

    One of its own, since the settings' cookie goes to no address outside of them, and the chat's may be the app's.
    """
    state = live_state(tenant)
    token = create_member_token(person, key=signing_key(settings.ENVIRONMENT.runtime_master_secret, state), state=state)
    _set(request, response, state, PREVIEW_COOKIE, token, path=PREFIX, max_age=max_age)
    return response


def keep_token(request: HttpRequest, response: Answer, tenant: Tenant) -> Answer:
    """Give the browser its token anew where the policy ends sign-ins that nobody uses, for this page is a use.

    A page that gave or took a sign-in itself has the last word.
    """
    state = live_state(tenant)
    if not state.access.idle_seconds or any(name in response.cookies for name in (SETTINGS_COOKIE, SIGN_IN_COOKIE)):
        return response
    key = signing_key(settings.ENVIRONMENT.runtime_master_secret, state)
    for name, path in ((SETTINGS_COOKIE, SETTINGS_PATH), (SIGN_IN_COOKIE, "/")):
        try:
            read_member_token(request.COOKIES.get(name, ""), key=key, state=state)
        except InvalidTokenError:
            continue
        claims = read_token(request.COOKIES[name], key=key, tenant_id=state.id)
        if wants_renewal(claims, state):
            lasts = claims["exp"] - int(time.time())
            _set(request, response, state, name, renew_token(claims, key=key), path=path, max_age=lasts)
        return response
    return response


def forget_token(request: HttpRequest, response: Answer, tenant: Tenant) -> Answer:
    """Take the member's token from the browser; what the app gave in the same place stays."""
    state = live_state(tenant)
    if SETTINGS_COOKIE in request.COOKIES:
        _set(request, response, state, SETTINGS_COOKIE, "", path=SETTINGS_PATH, max_age=0)
    if state.access.mode is not AccessMode.APP:
        # Chainlit spreads a long token over several cookies, and reads those where the one is not there.
        for name in request.COOKIES:
            if name.startswith(SIGN_IN_COOKIE):
                _set(request, response, state, name, "", path="/", max_age=0)
    return response


class _Cookie(Morsel[str]):
    """A cookie that can be partitioned, as Python's own can from 3.14 on."""

    _reserved: ClassVar[dict[str, str]] = {**Morsel._reserved, "partitioned": "Partitioned"}  # type: ignore[attr-defined]  # Morsel's own table
    _flags: ClassVar[set[str]] = {*Morsel._flags, "partitioned"}  # type: ignore[attr-defined]  # as above


def _set(
    request: HttpRequest, response: HttpResponse, state: TenantState, name: str, value: str, *, path: str, max_age: int
) -> None:
    """Set a cookie of this host alone, as the runtime sets its own (``runtime.chainlit_host.cookies``).

    No other site shows the settings, so their own cookie never goes to one.
    """
    listed = bool(state.access.allowed_origins) and path == "/"
    reach = cookie_reach(https=request.is_secure(), other_sites=listed)
    if (other := other_reach(reach)) is not None:
        # Under a key of its own, before the other: one response holds both.
        dict.pop(response.cookies, f"{name} of the other kind", None)
        response.cookies[f"{name} of the other kind"] = _cookie(name, "", other, path=path, max_age=0)
        response.cookies.pop(name, None)
    response.cookies[name] = _cookie(name, value, reach, path=path, max_age=max_age)


def _cookie(name: str, value: str, reach: CookieReach, *, path: str, max_age: int) -> Morsel[str]:
    cookie = _Cookie()
    cookie.set(name, *SimpleCookie().value_encode(value))
    attributes: Any = {
        "path": path,
        "max-age": max_age,
        "expires": http_date(time.time() + max_age if max_age else 0),
        "httponly": True,
        "secure": reach.secure,
        "samesite": reach.same_site,
        "partitioned": reach.partitioned,
    }
    cookie.update(attributes)
    return cookie
