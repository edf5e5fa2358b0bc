"""Identity providers that the tenants of an attack share: what each says is for the attack to choose, code by code."""

import secrets
import threading
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.tenants.identity.oidc.provider import LyingProvider, Reply

__all__ = ["GrantingProvider", "asked"]


class GrantingProvider(LyingProvider):
    """An OpenID Connect provider of all tenants, by one client, at which several people sign in at once."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._said: dict[str, dict[str, Any]] = {}
        self._answering = threading.Lock()

    def grant(self, url: str, **claims: Any) -> str:
        """Return the code that somebody is given who says yes at an address; ``claims`` is what it will stand for."""
        code = secrets.token_hex(16)
        self._said[code] = claims
        self._journeys[code] = asked(url)
        return code

    def _token(self, headers: dict[str, str], form: dict[str, str]) -> Reply:
        with self._answering:
            self.claims = self._said.pop(form.get("code", ""), {})
            return super()._token(headers, form)

    def answer(self, path: str, headers: dict[str, str], form: dict[str, str]) -> Reply:
        """Answer a request of the service; a long attack asks more than could be kept."""
        self.asked.clear()
        return super().answer(path, headers, form)


def asked(url: str) -> dict[str, str]:
    """Return what an address asks the provider to which somebody is sent."""
    return dict(parse_qsl(urlsplit(url).query))
