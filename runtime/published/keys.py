"""What an address of a published file says: whose the file is, what it holds and how a browser is to take it. Pure."""

import re
from typing import NamedTuple

from runtime.asgi import Headers
from tenants.contract.state import Asset

__all__ = [
    "CONTENT_TYPES", "DIGEST_LENGTH", "PREFIX", "PublishedKey", "content_headers", "key_of_asset", "key_of_path",
]  # fmt: skip

PREFIX = "/_assets/"
DIGEST_LENGTH = 32
"""Of a content's SHA-256 in hex, a key has the first half."""

_KEY = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/([0-9a-f]{32})\.([a-z0-9]{1,8})")
_TEXT = "; charset=utf-8"
CONTENT_TYPES = {
    "avif": "image/avif", "gif": "image/gif", "ico": "image/x-icon", "jpg": "image/jpeg", "jpeg": "image/jpeg",
    "png": "image/png", "svg": "image/svg+xml", "webp": "image/webp",
    "mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4", "webm": "video/webm",
    "woff2": "font/woff2", "pdf": "application/pdf",
    "css": f"text/css{_TEXT}", "js": f"text/javascript{_TEXT}", "mjs": f"text/javascript{_TEXT}",
    "jsx": f"text/plain{_TEXT}", "csv": f"text/plain{_TEXT}", "md": f"text/plain{_TEXT}", "txt": f"text/plain{_TEXT}",
    "json": "application/json",
}  # fmt: skip
"""By extension, and never by what the bucket says: nothing here is a page that a browser would run."""

UNKNOWN = "application/octet-stream"
SAVED = frozenset({"svg"})
"""Shown in an ``img`` all the same, but saved and never run as a document of its own when it is opened (RFC 6266)."""


class PublishedKey(NamedTuple):
    """An object of the public bucket; ``digest`` begins its content's SHA-256 in hex."""

    tenant_id: str
    digest: str
    extension: str

    def __str__(self) -> str:
        """Return the key in the bucket."""
        return f"{self.tenant_id}/{self.digest}.{self.extension}"


def key_of_path(path: str, tenant_id: str) -> PublishedKey | None:
    """Return what a path below ``/_assets/`` names, or None where it is not one of that tenant's files."""
    match = _KEY.fullmatch(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
    return PublishedKey(*match.groups()) if match and match[1] == tenant_id else None


def key_of_asset(asset: Asset, tenant_id: str) -> PublishedKey | None:
    """Return where an asset lies in the public bucket; None for an address that is elsewhere."""
    match = _KEY.fullmatch("/".join(asset.url.rsplit("/", 2)[-2:]))
    if match is None or match[1] != tenant_id or not asset.sha256.startswith(match[2]):
        return None
    return PublishedKey(*match.groups())


def content_headers(extension: str) -> Headers:
    """Return the header fields by which a browser takes a file: what it is, and that it is nothing more than that."""
    content_type = CONTENT_TYPES.get(extension, UNKNOWN)
    headers: Headers = [
        (b"content-type", content_type.encode()),
        (b"x-content-type-options", b"nosniff"),
        # Fonts are asked for with CORS, and the widget asks from another site.
        (b"access-control-allow-origin", b"*"),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]
    if extension != "pdf":
        # Should a browser open it as a page after all: one without scripts, forms and an origin. A PDF has the
        # browser's own viewer around it, which would not start.
        headers.append((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"))
    if content_type == UNKNOWN or extension in SAVED:
        headers.append((b"content-disposition", b"attachment"))
    return headers
