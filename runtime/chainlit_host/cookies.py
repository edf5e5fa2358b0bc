"""Cookies behind a gateway: ``Secure`` follows the browser's scheme, and Chainlit's session cookie holds only an id."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from runtime.asgi import Headers, Message, Send
from runtime.chainlit_host.sessions.stores import is_session_id
from tenants.contract.cookies import CookieReach, cookie_reach, other_reach
from tenants.contract.tokens import SIGN_IN_COOKIE

__all__ = ["SESSION_COOKIE", "set_session_cookie", "with_secure_cookies"]

SESSION_COOKIE = "X-Chainlit-Session-id"
_CHAINLITS = (SIGN_IN_COOKIE.encode(), SESSION_COOKIE.encode())
_REACH = (b"secure", b"samesite", b"partitioned")


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
    response = JSONResponse({"message": "Session cookie set"})
    # How far it goes is written with all other cookies.
    response.set_cookie(SESSION_COOKIE, str(session_id), path="/", httponly=True, samesite="lax")
    return response


def with_secure_cookies(send: Send, *, for_other_sites: bool) -> Send:
    """Return a ``send`` that marks every cookie ``Secure``, for answers that go to an https page.

    ``for_other_sites`` lets cookies go along when another site shows the chat in a frame or carries its widget; those
    of Chainlit's names never go further than that, nor stay behind in their other kind (``tenants.contract.cookies``).
    """
    reach = cookie_reach(https=True, other_sites=for_other_sites)

    async def send_secure(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers: Headers = []
            for name, value in message.get("headers", ()):
                lines = _written(value, reach) if name.lower() == b"set-cookie" else [value]
                headers.extend((name, line) for line in lines)
            message = {**message, "headers": headers}
        await send(message)

    return send_secure


def _written(cookie: bytes, reach: CookieReach) -> list[bytes]:
    """Return the lines that set a cookie as far as it may go: of a name of Chainlit's first that which it replaces."""
    pair, *attributes = (part.strip() for part in cookie.split(b";"))
    name = pair.partition(b"=")[0]
    is_chainlits = name.startswith(_CHAINLITS)
    replaced = _REACH if is_chainlits or reach.partitioned else (b"secure",)
    kept = [part for part in attributes if not part.lower().startswith(replaced)]
    if not (is_chainlits or reach.partitioned):
        return [b"; ".join([pair, *kept, b"Secure"])]
    line = b"; ".join([pair, *kept]) + str(reach).encode()
    other = other_reach(reach)
    if other is None or not is_chainlits:
        return [line]
    path = next((part for part in kept if part.lower().startswith(b"path=")), b"Path=/")
    return [b'%b=""; Max-Age=0; %b%b' % (name, path, str(other).encode()), line]
