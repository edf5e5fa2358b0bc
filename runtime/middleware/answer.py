"""Sending a notice to whoever asked: a browser, a program, or a socket that has not been accepted."""

from runtime.asgi import Scope, Send
from runtime.pages import Notice, render_broken_app, render_notice
from runtime.request import current_request_id

__all__ = ["send_broken_app", "send_notice"]

TRY_AGAIN_LATER = 1013
"""The WebSocket close code (IANA registry) for a server that cannot serve just now."""

_SOCKET_PATH = "/ws/"


async def send_notice(scope: Scope, send: Send, notice: Notice) -> None:
    """Answer an ``http`` or a not yet accepted ``websocket`` scope with a notice."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": notice.code})
        return
    rendered = render_notice(notice, as_page=_wants_page(scope), request_id=current_request_id())
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    await send({"type": f"{kind}.start", "status": rendered.status, "headers": rendered.headers})
    await send({"type": f"{kind}.body", "body": rendered.body})


async def send_broken_app(scope: Scope, send: Send, name: str, trace: str) -> None:
    """Answer for an app that its developer broke: a page shows the trace, and comes back once the app is mended."""
    if not _wants_page(scope):
        notice = Notice(
            status=503, code="app_unavailable", title="This app is broken", message=f"The app “{name}” is broken."
        )
        await send_notice(scope, send, notice)
        return
    rendered = render_broken_app(name, trace)
    await send({"type": "http.response.start", "status": rendered.status, "headers": rendered.headers})
    await send({"type": "http.response.body", "body": rendered.body})


def _wants_page(scope: Scope) -> bool:
    """Say whether a person's browser asks for a page; Chainlit's own calls and programs do not name HTML."""
    if scope["type"] != "http" or scope["path"].startswith(_SOCKET_PATH):
        return False
    return any(name == b"accept" and b"text/html" in value.lower() for name, value in scope["headers"])
