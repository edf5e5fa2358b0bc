"""Seam: the route of a shared thread. Who looks at it sees what was said, and nothing else of who said it."""

import functools
import json
from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

__all__ = ["SHARED_THREAD", "showing_what_was_said"]

SHARED_THREAD = "/project/share/{thread_id}"
SHOWN_METADATA = frozenset({"is_shared", "shared_at"})
"""The rest of a thread's metadata is what the app keeps for its author: ``cl.user_session``."""


def showing_what_was_said(route: BaseRoute) -> BaseRoute:
    """Return the route of shared threads without the author, their feedback and the app's notes; others as they are."""
    if not isinstance(route, APIRoute) or route.path != SHARED_THREAD:
        return route
    return APIRoute(route.path, _trimming(route.endpoint), methods=sorted(route.methods or ()), name=route.name)


def _trimming(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    # FastAPI reads the parameters through the wrapper, so they stay what Chainlit declares.
    @functools.wraps(endpoint)
    async def trimmed(**values: Any) -> Response:
        response: Response = await endpoint(**values)
        if not isinstance(response, JSONResponse):
            return response
        thread = json.loads(bytes(response.body))
        metadata = thread.get("metadata") or {}
        thread["metadata"] = {name: value for name, value in metadata.items() if name in SHOWN_METADATA}
        thread["userId"] = thread["userIdentifier"] = None
        for step in thread.get("steps") or ():
            step["feedback"] = None
        return JSONResponse(thread)

    return trimmed
