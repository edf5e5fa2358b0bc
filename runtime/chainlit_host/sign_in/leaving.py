"""Signing out at the chat, which goes on to the identity provider that somebody signed in by.

The control plane is told at once and knows the way. The answer waits a moment for it and no longer: whoever signs out
is signed out here whether or not the control plane answers.
"""

import asyncio

from runtime.asgi import Message, Scope, Send
from runtime.chainlit_host.sign_in.auth import TOLD

__all__ = ["LEAVE_HEADER", "SECONDS_WAITED", "SIGN_OUT_PATH", "leading_on"]

SIGN_OUT_PATH = "/logout"
LEAVE_HEADER = "X-Sign-Out-Next"
"""Where the page's script takes a browser that has signed out: a path on the tenant's host."""
SECONDS_WAITED = 2.0


def leading_on(scope: Scope, send: Send) -> Send:
    """Return a ``send`` that tells the browser where it goes on, if the request signs somebody out."""
    if scope["path"] != SIGN_OUT_PATH:
        return send
    told: list[asyncio.Task[str]] = []
    scope[TOLD] = told

    async def send_way(message: Message) -> None:
        if told and message["type"] == "http.response.start":
            done, _ = await asyncio.wait(told, timeout=SECONDS_WAITED)
            ways = [way for way in (task.result() for task in done) if way.startswith("/settings/")]
            headers = [(LEAVE_HEADER.lower().encode(), way.encode()) for way in ways[:1]]
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return send_way
