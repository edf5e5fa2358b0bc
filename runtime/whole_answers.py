"""An extension of ASGI between our server and whoever has an answer ready: all of it in one message.

A server that knows the extension names it in ``scope["extensions"]``. It then takes, instead of ``http.response.start``
and ``http.response.body``, one ``http.response.whole`` whose header fields are bytes as they stand on the wire. What
comes between must know it too, so it is used where nothing wraps ``send`` but our own middleware.
"""

import re

from runtime.asgi import Headers, Message, Scope

__all__ = ["EXTENSION", "WHOLE", "WholeAnswer", "encode_fields", "takes_whole_answers"]

EXTENSION = "chainlit_tenants.whole_answers"
WHOLE = "http.response.whole"

# RFC 9110 sections 5.1 and 5.5, as strict as uvicorn is about what applications send.
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_NOT_IN_VALUES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class WholeAnswer:
    """A status, header fields and a body, made once and sent often."""

    __slots__ = ("_encoded", "body", "headers", "status")

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self._encoded: tuple[bytes, frozenset[bytes]] | None = None

    def message(self, *, with_body: bool = True) -> Message:
        """Return the message that sends it; fields may be added to the message, not to the answer."""
        if self._encoded is None:
            self._encoded = encode_fields(self.headers), frozenset(name for name, _ in self.headers)
        fields, names = self._encoded
        return {
            "type": WHOLE,
            "status": self.status,
            "fields": fields,
            "names": names,
            "body": self.body if with_body else b"",
        }


def encode_fields(headers: Headers) -> bytes:
    """Return header fields as they are sent; raises ``ValueError`` for what could end a field or begin another."""
    for name, value in headers:
        if not _NAME.fullmatch(name) or _NOT_IN_VALUES.search(value):
            raise ValueError(f"{name!r} is not a header field that can be sent.")
    return b"".join(b"%b: %b\r\n" % field for field in headers)


def takes_whole_answers(scope: Scope) -> bool:
    """Say whether the server of this request knows the extension."""
    return EXTENSION in scope.get("extensions", ())
