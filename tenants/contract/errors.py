"""The one family of errors that domain code raises and the edges translate (HTTP pages, forms, commands)."""

from collections.abc import Mapping

__all__ = [
    "ConflictError", "DomainError", "ForbiddenError", "InvalidValueError", "NotFoundError", "UnavailableError",
]  # fmt: skip


class DomainError(Exception):
    """A rule of the domain was broken; nothing was changed.

    ``code`` is stable and documented in docs/errors.md, ``message`` is one sentence for a person,
    ``field`` names the value at fault where there is one, ``details`` holds what the message names
    (never a secret).
    """

    status = 400

    def __init__(self, code: str, message: str, *, field: str = "", details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.details = dict(details or {})


class InvalidValueError(DomainError):
    """A value that was sent is not acceptable."""

    status = 422


class ForbiddenError(DomainError):
    """The actor may not do this, whatever the values are."""

    status = 403


class NotFoundError(DomainError):
    """What was asked for does not exist (or is not this tenant's, which is told the same way)."""

    status = 404


class ConflictError(DomainError):
    """The value is taken, or the thing changed meanwhile."""

    status = 409


class UnavailableError(DomainError):
    """A part that is needed does not answer just now; trying again later can succeed."""

    status = 503
