"""Sentences for the codes that lead back to the sign-in page. A code from elsewhere says nothing of its own."""

from tenants.contract.errors import DomainError
from tenants.identity.errors import EmailMissingError, EmailUnverifiedError, NotAllowedError, SignInRefusedError
from tenants.identity.oidc.errors import (
    AnswerRefusedError,
    ProviderUnavailableError,
    SignInDeclinedError,
    StateInvalidError,
)
from tenants.identity.saml.errors import Reason as SamlReason
from tenants.identity.saml.errors import ResponseRefusedError

__all__ = ["sentence_of"]

_KNOWN: tuple[DomainError, ...] = (
    NotAllowedError(),
    SignInRefusedError(),
    EmailMissingError(),
    EmailUnverifiedError(),
    AnswerRefusedError(),
    ProviderUnavailableError(),
    SignInDeclinedError(),
    StateInvalidError(),
    ResponseRefusedError(SamlReason.UNREADABLE),
)
_SENTENCES = {error.code: error.message for error in _KNOWN}


def sentence_of(code: str) -> str:
    """Return what a person is told who comes back with a code, or nothing without one."""
    return _SENTENCES.get(code, "You were not signed in. Please try again.") if code else ""
