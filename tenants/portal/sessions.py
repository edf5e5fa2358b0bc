"""Who is signed in to the settings page: whoever is signed in to the chat.

The browser's token says which sign-in it is of, its row in the tenant's schema whether that sign-in is still open. So
a token of one tenant names nothing at another, and signing out anywhere ends both. Django's session holds what a page
tells after a redirect, and nothing about who somebody is.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.utils import timezone

from tenants.contract.tokens import SignedIn
from tenants.identity.browser import forget_token, read_browser, remember_previewer, remember_token
from tenants.identity.models import SignIn
from tenants.identity.services.completing import person_of
from tenants.identity.services.signing_out import sign_out as close_sign_in
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.workspace.models import Member

__all__ = ["CurrentMember", "current_member", "let_preview", "renew_token", "sign_in", "sign_out"]

SEEN_EVERY = timedelta(minutes=1)

Answer = TypeVar("Answer", bound=HttpResponse)


@dataclass(frozen=True)
class CurrentMember:
    """The member who is signed in, and by which sign-in."""

    member: Member
    sign_in_id: UUID
    method: str


def current_member(request: HttpRequest, tenant: Tenant) -> CurrentMember | None:
    """Return the active member who is signed in, of any role, or None."""
    person = read_browser(request, tenant)
    if person is None:
        return None
    opened = SignIn.objects.select_related("member").filter(
        pk=person.sign_in, member_id=person.member, ended_at=None, member__is_active=True
    )
    sign_in = opened.first()
    if sign_in is None:
        return None
    now = timezone.now()
    if now - sign_in.last_seen_at > SEEN_EVERY:
        SignIn.objects.filter(pk=sign_in.pk).update(last_seen_at=now)
    return CurrentMember(sign_in.member, sign_in.pk, sign_in.method)


def sign_in(request: HttpRequest, response: Answer, tenant: Tenant, person: SignedIn) -> Answer:
    """Let the browser be the member's; nothing of a session before is carried over, and its sign-in is closed."""
    _close(request, tenant)
    request.session.flush()
    rotate_token(request)
    return remember_token(request, response, tenant, person)


def renew_token(request: HttpRequest, response: Answer, tenant: Tenant, sign_in_id: UUID) -> Answer:
    """Give the browser a new token of its sign-in, after a change that made the old one worth nothing."""
    opened = SignIn.objects.select_related("member").get(pk=sign_in_id, ended_at=None)
    return remember_token(request, response, tenant, person_of(opened))


def let_preview(
    request: HttpRequest, response: Answer, tenant: Tenant, sign_in_id: UUID, *, lasts: timedelta
) -> Answer:
    """Let the browser look at the previews of its sign-in for a while."""
    opened = SignIn.objects.select_related("member").get(pk=sign_in_id, ended_at=None)
    seconds = int(lasts.total_seconds())
    return remember_previewer(request, response, tenant, person_of(opened), max_age=seconds)


def sign_out(request: HttpRequest, response: Answer, tenant: Tenant) -> Answer:
    """End the sign-in, for the chat too."""
    _close(request, tenant)
    request.session.flush()
    return forget_token(request, response, tenant)


def _close(request: HttpRequest, tenant: Tenant) -> None:
    person = read_browser(request, tenant)
    if person is not None:
        actor = Actor(ActorKind.MEMBER, person.email)
        close_sign_in(tenant, person.sign_in, actor=actor, address=request.META.get("REMOTE_ADDR", ""))
