"""Keeping the sign-in of a browser that is used, where the policy ends those that are not.

Each use may give the browser its token anew. What a page asks for by itself, such as its settings after an edit, is no
use: an open page that nobody looks at must end. A person who reads and types is told of by the page's script, which
posts to ``USE_PATH`` now and then.
"""

from chainlit.auth.cookie import set_auth_cookie
from chainlit.server import SOCKET_IO_PATH
from starlette.requests import Request
from starlette.responses import Response

from runtime.asgi import Message, Receive, Scope, Send
from runtime.chainlit_host.answers.static import request_header
from runtime.chainlit_host.sign_in.auth import SignIn, sign_in_required
from tenants.contract.tokens import SIGN_IN_COOKIE

__all__ = ["USE_PATH", "SignInUse"]

USE_PATH = "/_live/use"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInUse:
    """Notes use of sign-ins, in their tokens and in this process. Called with a tenant bound."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    def keeping(self, scope: Scope, send: Send) -> Send:
        """Return a ``send`` that gives the browser its token anew where a request is a use and the token is not fresh.

        An answer that sets or takes a sign-in itself has the last word.
        """
        if not _is_use(scope):
            return send
        token = self._sign_in.renewed_token(scope)
        self._sign_in.note_use(scope)
        if token is None:
            return send
        renewed = Response()
        set_auth_cookie(Request(scope), renewed, token)
        cookies = [(name, value) for name, value in renewed.raw_headers if name == b"set-cookie"]

        async def send_renewed(message: Message) -> None:
            if message["type"] == "http.response.start" and not _sets_sign_in(message):
                message = {**message, "headers": [*message.get("headers", ()), *cookies]}
            await send(message)

        return send_renewed

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the page's script, which tells of a use: 401 where there is no sign-in that could be used."""
        lasts = not sign_in_required() or self._sign_in.is_signed_in(scope)
        status = 405 if scope["method"] != "POST" else 204 if lasts else 401
        await Response(status_code=status, headers={"cache-control": "no-store"})(scope, receive, send)


def _is_use(scope: Scope) -> bool:
    """Say whether a person does something by a request: goes to a page, or sends something."""
    if scope["path"].startswith(SOCKET_IO_PATH):
        return False  # what is said on a socket is noted there
    if scope["method"] not in SAFE:
        return True
    mode = request_header(scope, b"sec-fetch-mode")
    return mode == b"navigate" if mode else b"text/html" in request_header(scope, b"accept")


def _sets_sign_in(message: Message) -> bool:
    return any(
        name.lower() == b"set-cookie" and value.startswith(SIGN_IN_COOKIE.encode())
        for name, value in message.get("headers", ())
    )
