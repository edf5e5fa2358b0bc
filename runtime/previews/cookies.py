"""Cookies that are set within a preview stay there: what a draft leaves in a browser, the live chat never gets.

Signing in and out is no draft. It follows the live policy and counts for the whole host, wherever it is done.
"""

from runtime.asgi import Headers, Message, Send
from tenants.contract.tokens import SIGN_IN_COOKIE

__all__ = ["with_cookies_below"]

_OF_SIGN_INS = (SIGN_IN_COOKIE.encode(), b"oauth_state")
"""Begins of the names of Chainlit's own: its token, whole or in pieces, and what it compares when somebody comes back
from a provider, to an address outside of every preview."""


def with_cookies_below(send: Send, prefix: str) -> Send:
    """Return a ``send`` that keeps the cookies of an answer to addresses below ``prefix``."""
    path = b"Path=%b/" % prefix.encode()

    async def send_confined(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.accept"}:
            headers: Headers = [
                (name, _confined(value, path) if name.lower() == b"set-cookie" else value)
                for name, value in message.get("headers", ())
            ]
            message = {**message, "headers": headers}
        await send(message)

    return send_confined


def _confined(cookie: bytes, path: bytes) -> bytes:
    if cookie.startswith(_OF_SIGN_INS):
        return cookie
    pair, *attributes = (part.strip() for part in cookie.split(b";"))
    # Without a domain either: the prefix is a path of other hosts, too.
    kept = [part for part in attributes if not part.lower().startswith((b"path=", b"domain="))]
    return b"; ".join([pair, *kept, path])
