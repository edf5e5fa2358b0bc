"""The one view of all SCIM addresses: who asks, how often, and what the protocol answers. No cookie is read or set."""

import math
from typing import NoReturn

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from scim2_models import PayloadTooLargeException, SCIMException, UnauthorizedException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.routing import Operation

from tenants.contract.networks import Networks
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.browser import live_state
from tenants.identity.scim.answers import answer, error, exception_of
from tenants.identity.scim.directory import Directory, directory_actor
from tenants.identity.scim.limits import REFUSAL, REQUEST
from tenants.identity.scim.schemas import scim_service
from tenants.identity.scim.storage import DirectoryStorage
from tenants.identity.scim.tokens import find_token, note_use
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.services.auditing import record

__all__ = ["SCIM_PATH", "scim"]

log = structlog.get_logger(__name__)

SCIM_PATH = "/settings/scim/v2"
WRITES = {Operation.create, Operation.replace, Operation.patch, Operation.delete}


class WaitError(Exception):
    """Too many requests; ``seconds`` later there may be another one."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = max(1, math.ceil(seconds))


@csrf_exempt  # a token in a header is sent by no browser on its own
def scim(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer a directory's request."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # TenantMiddleware sets it
    try:
        return _serve(request, path, _authenticate(request, tenant))
    except WaitError as wait:
        return _try_again(429, "Too many requests. Try again a little later.", seconds=wait.seconds)
    except (OperationalError, InterfaceError) as away:
        log.error("database away", reason=str(away).splitlines()[0])
        return _try_again(503, "The database does not answer just now.", seconds=5)
    except Exception as failure:
        refusal = exception_of(failure)
        if not isinstance(refusal, SCIMException):
            # Directories show what SCIM's errors say, so they get no page of HTML, and none of a fault's words.
            log.exception("a directory's request failed", path=request.path)
        return answer(scim_service().error_response(refusal))


def _try_again(status: int, detail: str, *, seconds: int) -> HttpResponse:
    response = answer(scim_service().error_response(error(status, detail)))
    response["Retry-After"] = str(seconds)
    return response


def _authenticate(request: HttpRequest, tenant: Tenant) -> Directory:
    """Return the directory that asks, or raise. Whoever shows a good one is never kept out by others' bad ones."""
    address = request.META.get("REMOTE_ADDR", "")
    if not Networks(live_state(tenant).access.networks).allow(address):
        raise error(403, "Requests are taken from certain networks only, and this is none of them.")
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    token = find_token(tenant, presented.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        _refuse(tenant, address)
    _, wait = attempt_counter().take(tenant.pk, REQUEST, str(token.pk))
    if wait:
        raise WaitError(wait)
    note_use(tenant, token, address=address)
    return Directory(tenant, directory_actor(token, address=address))


def _refuse(tenant: Tenant, address: str) -> NoReturn:
    _, wait = attempt_counter().take(tenant.pk, REFUSAL, address)
    if wait:
        raise WaitError(wait)
    record("scim.refuse", actor=Actor(ActorKind.VISITOR, "a directory"), tenant=tenant, address=address, method="scim")
    raise UnauthorizedException(detail="This token does not work here: make one on the settings' Access page.")


def _serve(request: HttpRequest, path: str, directory: Directory) -> HttpResponse:
    try:
        body = request.body
    except RequestDataTooBig as refusal:
        raise PayloadTooLargeException from refusal
    asked = ScimRequest(
        method=request.method or "GET",
        base_url=request.build_absolute_uri(SCIM_PATH),
        path=path,
        query=request.GET.dict(),
        headers=dict(request.headers),
        body=body,
    )
    service = scim_service()
    with service.provider:
        writes = service.match(asked).operation in WRITES
    storage = DirectoryStorage(directory, writes=writes)
    return answer(ScimHandler(service, storage).handle(asked))
