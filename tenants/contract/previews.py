"""Previews: a tenant's settings with unsaved changes, as one member looks at them in a chat of their own.

The control plane keeps a draft for a while; a runtime shows it below ``PREFIX`` on the tenant's host. The secret in the
address alone opens nothing: the browser must show the sign-in that the draft was made by, in a cookie of its own.
"""

import hashlib
import re

__all__ = ["PREFIX", "PREVIEW_COOKIE", "SECRET_BYTES", "preview_digest", "preview_path"]

PREFIX = "/_preview/"
PREVIEW_COOKIE = "preview_token"
"""Holds the member's own token (``tenants.contract.tokens``), for addresses below ``PREFIX`` alone."""
SECRET_BYTES = 32

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def preview_path(secret: str) -> str:
    """Return where on the tenant's host a preview is."""
    return f"{PREFIX}{secret}/"


def preview_digest(secret: str) -> str | None:
    """Return what is kept of a secret; None for a text that is none."""
    return hashlib.sha256(secret.encode()).hexdigest() if _SECRET.fullmatch(secret) else None
