"""Why another site was not asked, or what was wrong with its answer."""

from tenants.contract.errors import InvalidValueError, UnavailableError

__all__ = ["UrlRefusedError", "UrlUnavailableError", "UrlUnreachableError"]


class UrlRefusedError(InvalidValueError):
    """The address, or one that it leads on to, is none that is asked."""

    def __init__(self, message: str) -> None:
        super().__init__("url_refused", message, field="url")


class UrlUnreachableError(InvalidValueError):
    """Nothing that can be taken is found there, and asking again would not help."""

    def __init__(self, message: str) -> None:
        super().__init__("url_unreachable", message, field="url")


class UrlUnavailableError(UnavailableError):
    """The other site does not answer just now; asking again can succeed."""

    def __init__(self, message: str) -> None:
        super().__init__("url_unavailable", message, field="url")
