"""Cookies behind a gateway: ``Secure`` follows the browser's scheme, and Chainlit's session cookie holds only an id."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from runtime.asgi import Message, Send
from runtime.chainlit_host.origins import is_https
from runtime.chainlit_host.sessions.stores import is_session_id

__all__ = ["SESSION_COOKIE", "set_session_cookie", "with_secure_cookies"]

SESSION_COOKIE = "X-Chainlit-Session-id"


async def set_session_cookie(request: Request) -> JSONResponse:
    """Answer ``/set-session-cookie``, by which load balancers may keep a session on one process.

    Chainlit stores any value, and takes the proxy's address for the browser's when it chooses the attributes.
    """
    try:
        body = await request.json()
    except ValueError:
        body = None
    session_id = body.get("session_id") if isinstance(body, dict) else None
    if not is_session_id(session_id):
        raise HTTPException(400, "The session id must be a UUID.")
    https = is_https(request.scope)
    response = JSONResponse({"message": "Session cookie set"})
    # A widget on another site sends it only as SameSite=None, which browsers take over https alone.
    response.set_cookie(
        SESSION_COOKIE, str(session_id), path="/", httponly=True, secure=https, samesite="none" if https else "lax"
    )
    return response


def with_secure_cookies(send: Send, *, for_other_sites: bool) -> Send:
    """Return a ``send`` that marks every cookie ``Secure``, for answers that go to an https page.

    ``for_other_sites`` lets cookies go along when another site shows the chat in a frame or carries its widget.
    """
    mark = _for_other_sites if for_other_sites else _secure

    async def send_secure(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, mark(value) if name.lower() == b"set-cookie" else value)
                for name, value in message.get("headers", ())
            ]
            message = {**message, "headers": headers}
        await send(message)

    return send_secure


def _secure(cookie: bytes) -> bytes:
    attributes = {part.strip().lower() for part in cookie.split(b";")[1:]}
    return cookie if b"secure" in attributes else cookie + b"; Secure"


def _for_other_sites(cookie: bytes) -> bytes:
    value, *attributes = cookie.split(b";")
    kept = [part for part in attributes if not part.strip().lower().startswith(b"samesite=")]
    return _secure(b";".join([value, *kept])) + b"; SameSite=None"
