"""Why a sign-in at an identity provider came to nothing."""

from enum import StrEnum

from tenants.contract.errors import DomainError, UnavailableError

__all__ = [
    "AnswerRefusedError", "ProviderUnavailableError", "Reason", "SignInDeclinedError", "StateInvalidError",
]  # fmt: skip


class Reason(StrEnum):
    """What was wrong with a provider's answer, for the log and an administrator who tests the connection."""

    ADDRESS = "An address of the provider is none that may be asked"
    DOCUMENT = "What the provider publishes about itself cannot be read"
    ISSUER = "The provider calls itself by another issuer"
    KEYS = "The provider publishes no key that could be used"
    CODE = "The provider does not accept the code, the client id or the client secret"
    TOKEN = "The provider's token cannot be read"  # noqa: S105 - a sentence
    ALGORITHM = "The token is signed in a way that is not accepted"
    SIGNATURE = "The token is signed by none of the provider's keys"
    CLAIM = "A claim of the token is missing, or not what it must be"
    EXPIRED = "The token has expired; the clocks may differ"
    PERSON = "The provider does not say who the person is"


class AnswerRefusedError(DomainError):
    """A provider's answer is not believed. The sentence is the same for all, ``reason`` is for administrators."""

    status = 403

    def __init__(self, reason: Reason = Reason.TOKEN, detail: str = "") -> None:
        super().__init__(
            "oidc_answer_refused",
            "The sign-in with your organisation did not work. Please try again; if it fails again, ask an "
            "administrator.",
        )
        self.reason = reason
        self.detail = detail[:300]

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else str(self.reason)


class StateInvalidError(DomainError):
    """An answer belongs to no sign-in that this browser began here, or to one that is over."""

    status = 400

    def __init__(self) -> None:
        super().__init__(
            "sign_in_state_invalid",
            "That sign-in took too long, was finished already, or began in another browser. Please try again.",
        )


class SignInDeclinedError(DomainError):
    """The provider, or the person there, said no."""

    status = 403

    def __init__(self, said: str = "") -> None:
        super().__init__("sign_in_declined", "The identity provider did not sign you in. You can try again.")
        self.said = said[:300]


class ProviderUnavailableError(UnavailableError):
    """The provider does not answer, or not in time."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            "provider_unavailable", "Your organisation's sign-in does not answer just now. Please try again shortly."
        )
        self.detail = detail[:300]
