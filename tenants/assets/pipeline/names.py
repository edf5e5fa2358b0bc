"""What files of a role may be called, where a role takes names."""

import re

from tenants.contract.errors import InvalidValueError
from tenants.contract.state import FONT_FACES, NAMED_ROLES, AssetRole

__all__ = ["MAXIMUM_DEPTH", "MAXIMUM_NAME_LENGTH", "checked_name"]

MAXIMUM_NAME_LENGTH = 200
MAXIMUM_DEPTH = 6

_AUTHOR = re.compile(r"[a-zA-Z0-9_ .-]{1,100}")
"""As Chainlit's ``/avatars/{avatar_id}`` takes it."""
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def checked_name(role: AssetRole, name: str) -> str:
    """Return the name under which a role's file is known, in the one form in which it is kept.

    An avatar has its author's (``My Assistant`` becomes ``my_assistant``, as Chainlit looks for it), a font one of
    ``FONT_FACES``, a public file its path under ``/public/``. Raises ``InvalidValueError`` (``asset_name_invalid``).
    """
    if role not in NAMED_ROLES:
        if name:
            raise _refused("There is one file in this place, which takes no name.")
        return ""
    match role:
        case AssetRole.AVATAR:
            author = name.strip()
            if not _AUTHOR.fullmatch(author):
                raise _refused("An author's name has Latin letters, digits, spaces, dots, - and _, at most 100.")
            return re.sub(r"[ .]", "_", author.lower())
        case AssetRole.FONT:
            if name not in FONT_FACES:
                raise _refused(f"A font is one of {', '.join(FONT_FACES)}.")
            return name
        case _:
            return _checked_path(name)


def _checked_path(path: str) -> str:
    """Return a path that means the same file to every browser, store and file system."""
    segments = path.split("/")
    if len(path) > MAXIMUM_NAME_LENGTH or len(segments) > MAXIMUM_DEPTH:
        raise _refused(f"A path has at most {MAXIMUM_NAME_LENGTH} characters and {MAXIMUM_DEPTH} parts.")
    if not all(_SEGMENT.fullmatch(segment) and ".." not in segment for segment in segments):
        raise _refused(
            "A path is made of names with Latin letters, digits, dots, - and _ between single slashes, such as "
            "elements/Chart.jsx; none of them begins with a dot or -."
        )
    return path


def _refused(message: str) -> InvalidValueError:
    return InvalidValueError("asset_name_invalid", message, field="name")
