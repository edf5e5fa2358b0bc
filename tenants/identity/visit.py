"""From where somebody comes who signs in, asks for a mail or follows a link."""

from dataclasses import dataclass

from django.http import HttpRequest

__all__ = ["Visit"]


@dataclass(frozen=True)
class Visit:
    """The network address and what the browser calls itself; both may be empty, neither proves anything."""

    address: str = ""
    user_agent: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Visit":
        """Return where a request comes from. The address is the gateway's word, which alone can reach the server."""
        return cls(request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", "")[:300])
