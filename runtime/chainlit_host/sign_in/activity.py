"""When people who are signed in last used their chats, beyond what their tokens say.

A word in a chat goes over a socket, which can give its browser no new token. So this process remembers it; a page also
tells of its use over HTTP (``use``), which every process sees in the token.
"""

import time

__all__ = ["Activity"]

MOST = 100_000


class Activity:
    """Times of last use, by tenant and sign-in. What is too many is forgotten, oldest first: its tokens still speak."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], float] = {}

    def note(self, tenant_id: str, sign_in: str) -> None:
        """Note that a sign-in is used now."""
        key = (tenant_id, sign_in)
        self._used.pop(key, None)
        self._used[key] = time.time()
        if len(self._used) > MOST:
            del self._used[next(iter(self._used))]

    def last_used(self, tenant_id: str, sign_in: str) -> float:
        """Return when a sign-in was last used here, in Unix seconds; 0 where that is not known."""
        return self._used.get((tenant_id, sign_in), 0)
