"""SCIM's words for what goes wrong (RFC 7644, 3.12), and answers as Django sends them."""

import json

from django.db import IntegrityError
from django.http import HttpResponse
from scim2_models import Error, SCIMException, UniquenessException
from scim2_server.responses import ScimResponse

from tenants.contract.errors import DomainError, InvalidValueError

__all__ = ["answer", "error", "exception_of"]

TAKEN = "email_taken"


def answer(response: ScimResponse) -> HttpResponse:
    """Return the protocol's answer as Django sends it; nothing keeps a copy."""
    content = b"" if response.body is None else json.dumps(response.body).encode()
    http = HttpResponse(content, status=int(response.status))
    for name, value in response.headers.items():
        http[name] = value
    http["Cache-Control"] = "no-store"
    if response.body is None:
        del http["Content-Type"]
    return http


def error(status: int, detail: str) -> SCIMException:
    """Return an error that has no name of its own in SCIM."""
    return SCIMException.from_error(Error(status=status, detail=detail))


def exception_of(failure: Exception) -> Exception:
    """Return a failure as SCIM says it, with the same sentence; what is a fault of ours is returned as it is."""
    if isinstance(failure, IntegrityError):
        # Somebody else was given the same name in between, on the settings page.
        return UniquenessException()
    if not isinstance(failure, DomainError):
        return failure
    kind = None
    if failure.code == TAKEN:
        kind = "uniqueness"
    elif isinstance(failure, InvalidValueError):
        kind = "invalidValue"
    status = 400 if isinstance(failure, InvalidValueError) else failure.status
    return SCIMException.from_error(Error(status=status, scim_type=kind, detail=failure.message))
