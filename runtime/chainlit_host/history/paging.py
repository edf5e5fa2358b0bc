"""Pages of threads: by the place where one ends, which stays when the thread that was there goes."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from chainlit.types import PageInfo, PaginatedResponse, ThreadDict

from runtime.chainlit_host.history.database import Row
from runtime.chainlit_host.history.rows import stored_text, thread_of

__all__ = ["LARGEST_PAGE", "page_of", "read_cursor", "search_pattern"]

LARGEST_PAGE = 100


def page_of(rows: list[Row], *, more: bool) -> PaginatedResponse[ThreadDict]:
    """Return a page of threads; Chainlit's page groups them by ``createdAt``, here when something was said last."""
    threads = [thread_of(row, created=row["updatedAt"]) for row in rows]
    cursors = [_cursor(row) for row in rows]
    ends = {"startCursor": cursors[0] if cursors else None, "endCursor": cursors[-1] if cursors else None}
    return PaginatedResponse(data=threads, pageInfo=PageInfo(hasNextPage=more, **ends))


def read_cursor(cursor: str | None) -> tuple[datetime | None, str | None]:
    """Return time and id of a cursor; one that is none of ours begins at the beginning."""
    try:
        moment, _, thread_id = base64.urlsafe_b64decode(cursor or "").decode().partition(" ")
        return datetime.fromisoformat(moment), str(UUID(thread_id))
    except (binascii.Error, UnicodeError, ValueError):
        return None, None


def search_pattern(search: str | None) -> str | None:
    """Return the ILIKE pattern of what contains the text, whose own signs mean themselves; None for no search."""
    text = stored_text(search)
    if not text:
        return None
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def _cursor(row: Row) -> str:
    return base64.urlsafe_b64encode(f"{row['updatedAt'].isoformat()} {row['id']}".encode()).decode()
