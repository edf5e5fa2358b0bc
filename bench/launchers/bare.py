"""The physical limit: an ASGI function that does nothing, under uvicorn set as the runtime sets it.

Started by path with a port, so that the checkout is not on its import path.
"""

import asyncio
import sys
from typing import Any

import uvicorn

BODY = b"<!doctype html><title>Nothing</title>" + b" " * 1500
HEADERS = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(BODY)).encode("ascii"))]


async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer any request with the same page."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    settings = uvicorn.Config(
        answer, host="127.0.0.1", port=int(sys.argv[1]), loop="asyncio", http="httptools", ws="websockets-sansio",
        lifespan="off", access_log=False, log_level="error", server_header=False, ws_per_message_deflate=False,
        ws_ping_interval=None, reset_contextvars=True,
    )  # fmt: skip
    asyncio.run(uvicorn.Server(settings).serve())
