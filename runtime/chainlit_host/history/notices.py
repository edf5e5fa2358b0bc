"""What somebody reads in the chat while their conversation cannot be kept."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import structlog
from chainlit.session import BaseSession, WebsocketSession

__all__ = ["SessionTeller", "toast"]

log = structlog.get_logger(__name__)

WAITING = {
    "conversation": "This conversation could not be saved just now. You can go on; it is saved as soon as possible.",
    "files": "A file of this conversation could not be saved just now. It is tried again.",
}
LOST = {
    "conversation": "Part of this conversation could not be saved and will be missing from your history.",
    "files": "A file of this conversation could not be saved and will be missing from your history.",
}
SAVED = "This conversation is saved again."
AUTHOR = "History"


class SessionTeller:
    """Speaks to the page of one session: a notice in the conversation that goes away when all is saved.

    Notices are sent to the page alone: they are no messages, so the app's ``chat_context`` never holds one.
    """

    def __init__(self, session: BaseSession | None, kind: str) -> None:
        self._session = session
        self._kind = kind

    async def waiting(self) -> None:
        """See ``Teller``."""
        if not self._has_notice():
            await self._emit("new_message", self._notice(WAITING[self._kind]))

    async def saved(self) -> None:
        """See ``Teller``."""
        if self._has_notice():
            await self._emit("delete_message", self._notice(""))
            self._notices().pop(self._kind, None)
            await toast(self._session, SAVED, "success")

    async def lost(self, count: int) -> None:
        """See ``Teller``."""
        known = self._has_notice()
        await self._emit("update_message" if known else "new_message", self._notice(LOST[self._kind]))

    def _notices(self) -> dict[str, str]:
        if self._session is None:
            return {}
        # On the session: several writes, each with its teller, share what is shown in one page.
        notices: dict[str, str] = self._session.__dict__.setdefault("chainlit_tenants_notices", {})
        return notices

    def _has_notice(self) -> bool:
        return self._kind in self._notices()

    def _notice(self, text: str) -> dict[str, Any]:
        return {
            "id": self._notices().setdefault(self._kind, str(uuid4())),
            "threadId": self._session.thread_id if self._session is not None else "",
            "name": AUTHOR,
            "type": "system_message",
            "output": text,
            "createdAt": datetime.now(UTC).isoformat(),
            "isError": True,
            "streaming": False,
            "metadata": {},
        }

    async def _emit(self, event: str, data: object) -> None:
        if isinstance(self._session, WebsocketSession):
            await self._session.emit(event, data)  # type: ignore[misc]  # Chainlit's says None, and is awaited


async def toast(session: BaseSession | None, message: str, kind: str) -> None:
    """Show a short message in a corner of the session's page; ``kind`` is Chainlit's ``ToastType``."""
    if isinstance(session, WebsocketSession):
        await session.emit("toast", {"message": message, "type": kind})  # type: ignore[misc]  # as above
