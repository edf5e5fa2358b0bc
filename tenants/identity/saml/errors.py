"""Why an answer of an identity provider is not believed."""

from enum import StrEnum

from tenants.contract.errors import DomainError, InvalidValueError

__all__ = ["MetadataInvalidError", "Reason", "ResponseRefusedError"]


class Reason(StrEnum):
    """What was wrong, for the audit log and an administrator who tests the connection; never for the visitor."""

    TOO_LARGE = "The answer is larger than any real one"
    UNREADABLE = "The answer is not XML as SAML has it"
    STRUCTURE = "The answer holds more than one assertion, or something in a place where it does not belong"
    ALGORITHM = "The answer is signed or encrypted in a way that is no longer safe"
    ENCRYPTION = "The assertion cannot be decrypted with this tenant's key"
    UNSIGNED = "What has to be signed is not"
    SIGNATURE = "The signature is of none of the provider's certificates, or what it signs was changed"
    ISSUER = "The answer is another identity provider's"
    AUDIENCE = "The answer is meant for another service"
    RECIPIENT = "The answer is meant for another address"
    TOO_EARLY = "The answer is not valid yet; the clocks may differ"
    EXPIRED = "The answer has expired"
    REPLAYED = "The answer was used before"
    REQUEST = "The answer is to no sign-in that was begun here, or one that took too long"
    UNSOLICITED = "Nobody had asked: sign-ins that begin at the provider are not allowed"
    BROWSER = "The answer came to another browser than the sign-in was begun in"
    DECLINED = "The provider declined the sign-in"
    SUBJECT = "The answer does not say who it is about"
    TRANSIENT = "The provider calls people by another name each time; it must give a lasting one"
    ATTRIBUTES = "The answer holds no e-mail address under the names that are looked for"


class ResponseRefusedError(DomainError):
    """An answer is not believed. The sentence is the same for all, ``reason`` is for administrators."""

    status = 403

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(
            "saml_response_refused",
            "The sign-in with your organisation did not work. Please try again; if it fails again, ask an "
            "administrator.",
        )
        self.reason = reason
        self.detail = detail[:300]

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})" if self.detail else str(self.reason)


class MetadataInvalidError(InvalidValueError):
    """What was given is no metadata of one identity provider."""

    def __init__(self, message: str, *, field: str = "metadata") -> None:
        super().__init__("saml_metadata_invalid", message, field=field)
