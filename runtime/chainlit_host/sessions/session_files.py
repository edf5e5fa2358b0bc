"""Seam: the routes of a session's files. A session may end while one of its files is on its way, in either direction.

Its folder is then gone, which Chainlit takes for a fault, or comes back with a file in it that nobody would remove.
"""

import functools
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from chainlit.session import WebsocketSession
from fastapi.routing import APIRoute
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute

from runtime.chainlit_host.sessions.ownership import not_there

__all__ = ["SESSION_FILE", "SESSION_FILES", "of_living_sessions"]

SESSION_FILES = "/project/file"
SESSION_FILE = "/project/file/{file_id}"

Endpoint = Callable[..., Awaitable[Response]]


def of_living_sessions(route: BaseRoute) -> BaseRoute:
    """Return a route of a session's files that finds nothing once the session has ended; other routes as they are."""
    wrap = {SESSION_FILES: _storing, SESSION_FILE: _reading}.get(getattr(route, "path", ""))
    if wrap is None or not isinstance(route, APIRoute):
        return route
    return APIRoute(route.path, wrap(route.endpoint), methods=sorted(route.methods or ()), name=route.name)


def _storing(endpoint: Endpoint) -> Endpoint:
    # FastAPI reads the parameters through the wrapper, so they stay what Chainlit declares; below too.
    @functools.wraps(endpoint)
    async def store(**values: Any) -> Response:
        session = WebsocketSession.get_by_id(values["session_id"])
        known = set() if session is None else set(session.files)
        try:
            response = await endpoint(**values)
        except FileNotFoundError:
            if session is None or _lives(session):
                raise
        else:
            if session is None or _lives(session):
                return response
        _remove_latecomers(session, known)
        raise not_there()

    return store


def _reading(endpoint: Endpoint) -> Endpoint:
    @functools.wraps(endpoint)
    async def read(**values: Any) -> Response:
        response = await endpoint(**values)
        if not isinstance(response, FileResponse):
            return response
        try:
            found = os.stat(response.path)  # noqa: PTH116 - what the response itself would ask, and then fails without
        except FileNotFoundError:
            raise not_there() from None
        return FileResponse(response.path, media_type=response.media_type, stat_result=found)

    return read


def _lives(session: WebsocketSession) -> bool:
    return WebsocketSession.get_by_id(session.id) is session


def _remove_latecomers(session: WebsocketSession, known: set[str]) -> None:
    """Remove what was stored when the session's folder had been removed."""
    for file_id in session.files.keys() - known:
        session.files.pop(file_id)["path"].unlink(missing_ok=True)
    # Another file on its way, or a session that was begun anew under the same id, needs the folder.
    with suppress(OSError):
        session.files_dir.rmdir()
