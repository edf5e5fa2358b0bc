"""One small page and its JSON twin for everything the runtime itself has to say."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template

from runtime.asgi import Headers

__all__ = ["Notice", "RenderedNotice", "render_notice"]

_SOURCE = (Path(__file__).parent / "notice.html").read_text(encoding="utf-8")
_TEMPLATE = Template(_SOURCE)


def _style_hash() -> str:
    match = re.search(r"<style>(.*?)</style>", _SOURCE, re.DOTALL)
    style = match[1] if match else ""
    return base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")


_PAGE_HEADERS: Headers = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", f"default-src 'none'; style-src 'sha256-{_style_hash()}'".encode("ascii")),
]
_JSON_HEADERS: Headers = [(b"content-type", b"application/json")]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What is to be said: a stable ``code`` of docs/errors.md, a ``title`` and one sentence for a person."""

    status: int
    code: str
    title: str
    message: str
    retry_after: int | None = None
    closes_connection: bool = False
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RenderedNotice:
    """A notice as bytes."""

    status: int
    headers: Headers
    body: bytes


def render_notice(notice: Notice, *, as_page: bool, request_id: str) -> RenderedNotice:
    """Return the page or the JSON of a notice; every value is escaped for where it stands.

    ``detail`` is where Chainlit's own client looks for the sentence it shows.
    """
    if as_page:
        reference = f"{notice.status} · {notice.code} · {request_id}"
        body = _TEMPLATE.substitute(
            title=escape(notice.title), message=escape(notice.message), reference=escape(reference)
        ).encode()
    else:
        content = {"detail": notice.message, "code": notice.code, "request_id": request_id, **notice.details}
        body = json.dumps(content).encode()
    headers = [
        *(_PAGE_HEADERS if as_page else _JSON_HEADERS),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"cache-control", b"no-store"),
        # One address answers pages with HTML and programs with JSON.
        (b"vary", b"accept"),
    ]
    if notice.retry_after is not None:
        headers.append((b"retry-after", str(notice.retry_after).encode("ascii")))
    if notice.closes_connection:
        headers.append((b"connection", b"close"))
    return RenderedNotice(notice.status, headers, body)
