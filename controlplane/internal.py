"""What runtimes ask about sign-ins, on the platform's hosts. Whoever cannot sign a request finds nothing here."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tenants.contract.errors import DomainError, NotFoundError
from tenants.contract.internal import (
    HeaderAttempt,
    PasswordAttempt,
    Refusal,
    SignInAnswer,
    SignOut,
    SignOutAnswer,
    encode_message,
    internal_key,
    is_signed,
)
from tenants.contract.tokens import SignedIn
from tenants.identity.at_provider import path_to_provider
from tenants.identity.errors import SecondFactorNeededError
from tenants.identity.proxies.signing_in import sign_in_by_proxy
from tenants.identity.services.signing_in import sign_in_with_password
from tenants.identity.services.signing_out import sign_out
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant

__all__ = ["end_sign_in", "header_sign_in", "password_sign_in"]

log = structlog.get_logger(__name__)

Message = TypeVar("Message", PasswordAttempt, HeaderAttempt, SignOut)


@csrf_exempt
@require_POST
def password_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer whether a password that was typed at a tenant's chat signs somebody in."""
    attempt = _message(request, PasswordAttempt)
    return _answer(
        attempt,
        lambda tenant, visit: sign_in_with_password(
            tenant, email=attempt.email, password=attempt.password, visit=visit
        ),
    )


@csrf_exempt
@require_POST
def header_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer whether the headers of a request to a tenant's chat sign somebody in."""
    attempt = _message(request, HeaderAttempt)
    return _answer(attempt, lambda tenant, visit: sign_in_by_proxy(tenant, attempt.headers, visit=visit))


@csrf_exempt
@require_POST
def end_sign_in(request: HttpRequest) -> HttpResponse:
    """Note that somebody signed out at a tenant's chat, and answer where their browser goes on, if anywhere."""
    message = _message(request, SignOut)
    tenant = get_tenant(message.tenant_id)
    actor = Actor(ActorKind.MEMBER, message.email)
    sign_out(tenant, message.sign_in, actor=actor, address=message.address)
    path = path_to_provider(tenant, UUID(message.sign_in))
    return _send(SignOutAnswer(next=path)) if path else HttpResponse(status=204)


def _message(request: HttpRequest, kind: type[Message]) -> Message:
    key = internal_key(settings.ENVIRONMENT.runtime_master_secret)
    if not is_signed(key, request.path, request.body, request.headers):
        log.warning("unsigned request to an internal address", path=request.path)
        raise Http404
    return msgspec.json.decode(request.body, type=kind)


def _served_tenant(tenant_id: str) -> Tenant:
    tenant = get_tenant(tenant_id)
    if tenant.status != Tenant.Status.ACTIVE or tenant.live_publication_id is None:
        raise NotFoundError("tenant_not_found", "There is no such tenant.")
    return tenant


def _answer(attempt: PasswordAttempt | HeaderAttempt, sign_in: Callable[[Tenant, Visit], SignedIn]) -> HttpResponse:
    """Try to sign in, and answer who is, where the sign-in goes on, or why nobody is."""
    structlog.contextvars.bind_contextvars(request_id=attempt.request_id)
    try:
        person = sign_in(_served_tenant(attempt.tenant_id), Visit(attempt.address, attempt.user_agent))
        answer = SignInAnswer(person=person)
    except SecondFactorNeededError as needed:
        answer = SignInAnswer(next=needed.next)
    except DomainError as error:
        answer = SignInAnswer(refusal=Refusal(code=error.code, message=error.message, status=error.status))
    return _send(answer)


def _send(answer: SignInAnswer | SignOutAnswer) -> HttpResponse:
    return HttpResponse(encode_message(answer), content_type="application/json", headers={"Cache-Control": "no-store"})
