"""What providers publish about themselves, read over the network and kept for a bounded time in the process.

The documents are public and the same for whoever asks, so tenants with the same provider share them.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from tenants.identity.oidc.errors import AnswerRefusedError, ProviderUnavailableError, Reason
from tenants.outbound.client import open_client
from tenants.outbound.errors import UrlRefusedError, UrlUnavailableError, UrlUnreachableError

__all__ = ["Documents", "documents", "json_object", "read_json", "send"]

KEPT_SECONDS = 600
AGAIN_SECONDS = 30
"""How soon a document is asked for again when it did not hold what was looked for: a key that is new."""
FAILED_SECONDS = 5
"""How long a provider that failed is not asked again, so that it cannot keep everybody waiting."""
MAXIMUM_KEPT = 1000

Answer = TypeVar("Answer")


@dataclass
class _Kept:
    value: dict[str, Any] | None
    read_at: float
    error: AnswerRefusedError | ProviderUnavailableError | None = None


class Documents:
    """JSON objects by their address. Safe for threads; two that miss at once both ask."""

    def __init__(
        self, read: Callable[[str], dict[str, Any]] | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read or read_json
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def get(self, url: str) -> dict[str, Any]:
        """Return a document, at most ten minutes old; raises ``AnswerRefusedError`` or ``ProviderUnavailableError``."""
        return self._get(url, KEPT_SECONDS)

    def get_newer(self, url: str) -> dict[str, Any]:
        """Return a document anew, unless it was read within the last half minute."""
        return self._get(url, AGAIN_SECONDS)

    def forget(self, url: str) -> None:
        """Have a document read at the next question, as a test of the connection wants it."""
        with self._lock:
            self._kept.pop(url, None)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()

    def _get(self, url: str, seconds: float) -> dict[str, Any]:
        with self._lock:
            kept = self._kept.get(url)
        if kept is not None:
            age = self._now() - kept.read_at
            if kept.error is not None and age < FAILED_SECONDS:
                raise kept.error
            if kept.value is not None and age < seconds:
                return kept.value
        try:
            value = self._read(url)
        except (AnswerRefusedError, ProviderUnavailableError) as error:
            self._keep(url, _Kept(None, self._now(), error))
            raise
        self._keep(url, _Kept(value, self._now()))
        return value

    def _keep(self, url: str, kept: _Kept) -> None:
        with self._lock:
            self._kept[url] = kept
            self._kept.move_to_end(url)
            while len(self._kept) > MAXIMUM_KEPT:
                self._kept.popitem(last=False)


def read_json(url: str, *, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """GET a JSON object; raises ``AnswerRefusedError`` or ``ProviderUnavailableError``."""
    with open_client() as client:
        return json_object(send(lambda: client.get(url, headers={"Accept": "application/json", **(headers or {})})))


def send(request: Callable[[], Answer]) -> Answer:
    """Send a request to a provider; what keeps it from being answered becomes an error of this package."""
    try:
        return request()
    except UrlRefusedError as error:
        raise AnswerRefusedError(Reason.ADDRESS, error.message) from error
    except UrlUnreachableError as error:
        raise ProviderUnavailableError(error.message) from error
    except UrlUnavailableError as error:
        raise ProviderUnavailableError(error.message) from error


def json_object(response: httpx2.Response) -> dict[str, Any]:
    """Return the object that an answer holds; raises as ``read_json``."""
    host = response.request.url.host
    if response.status_code >= 500 or response.status_code == 429:
        raise ProviderUnavailableError(f"{host} answers {response.status_code}.")
    if response.status_code != 200:
        raise AnswerRefusedError(Reason.DOCUMENT, f"{host} answers {response.status_code}")
    try:
        value = response.json()
    except (ValueError, RecursionError) as error:
        raise AnswerRefusedError(Reason.DOCUMENT, f"{host} answers what is no JSON") from error
    if not isinstance(value, dict):
        raise AnswerRefusedError(Reason.DOCUMENT, f"{host} answers JSON that is no object")
    return value


documents = Documents()
"""Those of this process."""
