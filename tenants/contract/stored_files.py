"""Addresses of the files of conversations: signed and short-lived, made by both halves, answered by the runtime.

An address is on a tenant's own host and names the file's key without the tenant's id, which the runtime puts before
it. So it is worth nothing on another tenant's host, after its time, or after everyone was signed out.
"""

import base64
import hashlib
import hmac
import re
from urllib.parse import quote

from tenants.contract.secrets import derive_key
from tenants.contract.state import TenantState

__all__ = ["STORED_FILES", "file_key", "file_signature", "is_shown_by_browsers", "signed_path"]

STORED_FILES = "/project/stored/"
"""Where they begin, on each tenant's host."""

_INLINE = re.compile(r"(image/(?!svg)|audio/|video/|application/pdf\Z|application/json\Z|text/plain\Z)")
_MIME = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")


def is_shown_by_browsers(mime: str) -> bool:
    """Say whether a browser shows a type without running anything in it; all others are offered for saving."""
    return _INLINE.match(mime) is not None


def file_key(master_secret: str, state: TenantState) -> str:
    """Return what a tenant's addresses are signed with at its present sign-out epoch."""
    return derive_key(master_secret, purpose="files", tenant_id=state.id, epoch=state.access.sign_out_epoch)


def file_signature(key: str, path: str, until: int, mime: str, name: str) -> str:
    """Return the signature of a path that can be read ``until`` then (Unix seconds), told as ``mime`` and ``name``."""
    message = "\n".join((path, str(until), mime, name))
    digest = hmac.new(key.encode(), message.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def signed_path(key: str, path: str, *, until: int, mime: str, name: str) -> str:
    """Return path and query of an address for a file at ``path`` below the tenant's prefix."""
    # Types and names are the person's own choice: what is not plain is told as bytes.
    mime = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    signature = file_signature(key, path, until, mime, name)
    query = f"until={until}&type={quote(mime, safe='')}&name={quote(name, safe='')}&signature={signature}"
    return f"{STORED_FILES}{quote(path)}?{query}"
