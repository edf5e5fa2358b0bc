"""The way back to the sign-in page, and its sentences. A code from elsewhere says nothing of its own."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from tenants.contract.errors import DomainError
from tenants.identity.errors import EmailMissingError, EmailUnverifiedError, NotAllowedError, SignInRefusedError
from tenants.identity.oidc.errors import (
    AnswerRefusedError,
    ProviderUnavailableError,
    SignInDeclinedError,
    StateInvalidError,
)
from tenants.identity.saml.errors import Reason, ResponseRefusedError

__all__ = ["refused", "sentence_of"]

_KNOWN: tuple[DomainError, ...] = (
    NotAllowedError(),
    SignInRefusedError(),
    EmailMissingError(),
    EmailUnverifiedError(),
    AnswerRefusedError(),
    ProviderUnavailableError(),
    SignInDeclinedError(),
    StateInvalidError(),
    ResponseRefusedError(Reason.UNREADABLE),
)
_SENTENCES = {error.code: error.message for error in _KNOWN}


def refused(error: DomainError, target: str) -> HttpResponse:
    """Lead back to the sign-in page that somebody came from, which says why nobody was signed in."""
    if target.startswith("/settings/"):
        query = urlencode({"error": error.code, "next": target})
        return redirect(f"{reverse('portal:sign_in')}?{query}")
    return redirect(f"/login?{urlencode({'error': error.code})}")


def sentence_of(code: str) -> str:
    """Return what a person is told who comes back with a code, or nothing without one."""
    return _SENTENCES.get(code, "You were not signed in. Please try again.") if code else ""
