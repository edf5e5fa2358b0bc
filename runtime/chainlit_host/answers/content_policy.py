"""The page's Content-Security-Policy: what Chainlit, the app's own configuration and the tenant's policy need, no more.

Pure: it sees the finished page and a few addresses. Why it says what it says, source by source, is ADR 0019.
"""

import base64
import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

__all__ = ["DIRECTIVES", "PageSources", "content_security_policy", "origin_of", "origins_in"]

PLAYERS = (
    "https://www.youtube.com", "https://player.vimeo.com", "https://w.soundcloud.com", "https://player.twitch.tv",
    "https://fast.wistia.com", "https://play.vidyard.com", "https://connect.facebook.net", "https://api.dmcdn.net",
    "https://widget.mixcloud.com",
)  # fmt: skip
"""Whose script Chainlit's video element loads when an app shows a video of theirs (react-player)."""

GOOGLE_STYLESHEETS, GOOGLE_FONTS = "https://fonts.googleapis.com", "https://fonts.gstatic.com"

DIRECTIVES = frozenset({"connect-src", "font-src", "frame-src", "img-src", "media-src", "script-src", "style-src"})
"""What an app may add sources to."""

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class PageSources:
    """What a page names beside its own origin; every value is an address, of which the origin is taken."""

    scheme: str
    """Of the platform: an https page takes nothing over http."""
    scripts: Collection[str] = ()
    stylesheets: Collection[str] = ()
    framed_by: Collection[str] = ()
    """Origins that may show the page in a frame."""
    added: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Sources by directive, as the app's config.toml lists them."""


def content_security_policy(html: str, sources: PageSources) -> str:
    """Return the header's value for exactly this page: its inline scripts are allowed by their hashes."""
    anywhere = ("https:", "wss:") if sources.scheme == "https" else ("https:", "http:", "wss:", "ws:")
    web = [scheme for scheme in anywhere if scheme.startswith("http")]
    stylesheets = _origins(sources.stylesheets)
    fonts = [GOOGLE_FONTS] if GOOGLE_STYLESHEETS in stylesheets else []
    directives = {
        "default-src": ["'self'"],
        "script-src": [
            "'self'", "'unsafe-eval'", "blob:", *_inline_script_hashes(html), *_origins(sources.scripts), *PLAYERS,
        ],
        "style-src": ["'self'", "'unsafe-inline'", *stylesheets],
        "font-src": ["'self'", "data:", *stylesheets, *fonts],
        "img-src": ["'self'", "data:", "blob:", *web],
        "media-src": ["'self'", "data:", "blob:", *web],
        "connect-src": ["'self'", "data:", "blob:", *anywhere],
        "frame-src": ["'self'", "data:", "blob:", *web],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'", *_origins(sources.framed_by)],
    }  # fmt: skip
    for directive, added in sources.added.items():
        directives[directive] = [*directives[directive], *added]
    return "; ".join(f"{name} {' '.join(dict.fromkeys(values))}" for name, values in directives.items())


def origin_of(address: str) -> str | None:
    """Return the origin of an absolute http address, or None: a path of the page's own origin, or nonsense."""
    match = _ADDRESS.match(f"https:{address}" if address.startswith("//") else address)
    return match[0].lower() if match and urlsplit(match[0]).hostname else None


def origins_in(text: str) -> set[str]:
    """Return every origin that a text (a stylesheet) names."""
    return {match.lower() for match in _ADDRESS.findall(text)}


def _origins(addresses: Iterable[str]) -> list[str]:
    return sorted({origin for address in addresses if (origin := origin_of(address))})


def _inline_script_hashes(html: str) -> list[str]:
    scripts = _InlineScripts()
    scripts.feed(html)
    scripts.close()
    return [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts.found]


class _InlineScripts(HTMLParser):
    """Collects what stands between ``<script>`` and ``</script>``, as a browser hashes it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._open: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script" and "src" not in dict(attrs):
            self._open = []

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._open is not None:
            self.found.append("".join(self._open))
            self._open = None
