"""The page of an app that its developer broke: where, and then the app itself again as soon as it is mended.

For development only: it shows lines of the app's code.
"""

import base64
import hashlib
from html import escape
from pathlib import Path
from string import Template

from runtime.pages.notice import RenderedNotice

__all__ = ["render_broken_app"]

_STYLE = ("<style>", "</style>")
_SCRIPT = ("<script>", "</script>")
_TEMPLATE = Template((Path(__file__).parent / "broken_app.html").read_text(encoding="utf-8"))


def render_broken_app(name: str, trace: str) -> RenderedNotice:
    """Return the page; ``x-broken-app`` changes with the trace, by which an open page sees that something was saved."""
    mark = hashlib.sha256(trace.encode()).hexdigest()[:16]
    page = _TEMPLATE.substitute(name=escape(name), trace=escape(trace), mark=mark)
    body = page.encode()
    policy = "; ".join(
        (
            "default-src 'none'",
            "connect-src 'self'",
            f"style-src '{_hash(page, *_STYLE)}'",
            f"script-src '{_hash(page, *_SCRIPT)}'",
        )
    )
    return RenderedNotice(
        status=500,
        headers=[
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-security-policy", policy.encode("ascii")),
            (b"content-length", str(len(body)).encode("ascii")),
            (b"cache-control", b"no-store"),
            (b"x-broken-app", mark.encode("ascii")),
        ],
        body=body,
    )


def _hash(page: str, start: str, end: str) -> str:
    """Return the content security policy's hash of an element's text (CSP 3, section 2.3.1)."""
    content = page.partition(start)[2].partition(end)[0]
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode('ascii')}"
