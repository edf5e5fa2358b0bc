"""Chainlit's own frontend in the public bucket, once a build, so that a CDN serves it to every tenant's pages.

The files are found beside the installed package, which is never imported here: it would read and write settings of
its own.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from tenants.assets.public_objects import find_object, object_sha256
from tenants.assets.storage import put_public
from tenants.contract.errors import NotFoundError
from tenants.contract.frontend import build_name, pushed_files
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.services.auditing import record

__all__ = ["FRONTEND_PREFIX", "Frontend", "installed_frontend", "push_frontend"]

FRONTEND_PREFIX = "frontend/"
"""Where builds lie in the public bucket, which otherwise holds tenants' files under their ids."""

_CONTENT_TYPES = {
    ".css": "text/css", ".gif": "image/gif", ".html": "text/html", ".ico": "image/x-icon", ".jpg": "image/jpeg",
    ".js": "text/javascript", ".json": "application/json", ".mjs": "text/javascript", ".png": "image/png",
    ".svg": "image/svg+xml", ".ttf": "font/ttf", ".wasm": "application/wasm", ".webp": "image/webp",
    ".woff": "font/woff", ".woff2": "font/woff2",
}  # fmt: skip
"""Said here, since a system's own table may know less: a module of another type is not run by browsers."""


@dataclass(frozen=True)
class Frontend:
    """A build: its name, such as ``2.12.3-0a1b2c3d4e5f``, and its files by their path below it."""

    name: str
    files: dict[str, Path]

    @property
    def prefix(self) -> str:
        """What the keys of its files begin with."""
        return f"{FRONTEND_PREFIX}{self.name}/"

    @property
    def base_url(self) -> str:
        """What FRONTEND_BASE_URL is for it; a path where no CDN stands before the bucket."""
        return f"{settings.ENVIRONMENT.assets_base_url}/{FRONTEND_PREFIX}{self.name}"


def installed_frontend() -> Frontend:
    """Return the build of the installed Chainlit; raises ``NotFoundError`` (``frontend_not_found``)."""
    spec = find_spec("chainlit")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        build = Path(folder) / "frontend" / "dist"
        try:
            if files := pushed_files(build):
                return Frontend(name=build_name(version("chainlit"), build), files=files)
        except PackageNotFoundError:
            break
    raise NotFoundError("frontend_not_found", "There is no installed Chainlit with a built frontend.")


def push_frontend(frontend: Frontend, *, actor: Actor, tell: Callable[[str, bool], None]) -> int:
    """Store every file that is not there as it must be, one in memory at a time, and return how many there were.

    ``tell`` hears each path and whether it was stored. Other builds stay: runtimes of another version may still use
    them. Raises ``UnavailableError`` when the store is away; what was stored by then need not be stored again.
    """
    actor.expect(Permission.OPERATE)
    stored = 0
    for path, file in frontend.files.items():
        key, content, content_type = frontend.prefix + path, file.read_bytes(), _content_type(file)
        is_there = _is_there(key, content, content_type)
        if not is_there:
            put_public(key, content, content_type=content_type, disposition="inline")
            stored += 1
        tell(path, not is_there)
    if stored:
        record("frontend.push", actor=actor, target=frontend.name, changes={"files": stored})
    return stored


def _content_type(file: Path) -> str:
    return _CONTENT_TYPES.get(file.suffix.lower(), "application/octet-stream")


def _is_there(key: str, content: bytes, content_type: str) -> bool:
    found = find_object(key)
    return (
        found is not None
        and (found.size, found.content_type) == (len(content), content_type)
        and object_sha256(key) == hashlib.sha256(content).hexdigest()
    )
