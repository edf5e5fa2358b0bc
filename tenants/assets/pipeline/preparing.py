"""The one entry to the pipeline: bytes and a role in, publishable bytes or a refusal out.

It touches neither database nor network nor files, so it runs in a process of its own with limits (child.py).
"""

from collections.abc import Callable

from tenants.assets.pipeline.formats import MAXIMUM_BYTES
from tenants.assets.pipeline.names import checked_name
from tenants.assets.pipeline.prepared import PreparedAsset, PreparedFile
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole

__all__ = ["PreparedAsset", "PreparedFile", "prepare", "preparer_of", "processing_limit"]

Preparer = Callable[[bytes, AssetRole, str], PreparedAsset]


def prepare(content: bytes, role: AssetRole, *, name: str = "") -> PreparedAsset:
    """Check a file by its content and write it anew, without metadata and no larger than its role needs.

    ``name`` is which file of the role it is, where the role takes names (names.py). Equal uploads give equal results.
    Raises ``InvalidValueError`` whose message tells a person what is wrong: ``file_empty``, ``file_too_large``,
    ``asset_name_invalid``, ``processing_limit`` (no memory for it), and what the role's own preparer raises.
    """
    if not content:
        raise InvalidValueError("file_empty", "The file is empty.", field="content")
    if len(content) > MAXIMUM_BYTES[role]:
        raise InvalidValueError(
            "file_too_large",
            f"The file has more than {_in_words(MAXIMUM_BYTES[role])}, the most that is taken here.",
            field="content",
        )
    name = checked_name(role, name)
    try:
        return preparer_of(role)(content, role, name)
    except MemoryError as error:
        raise processing_limit("memory") from error


def preparer_of(role: AssetRole) -> Preparer:
    """Return the function that prepares a role's files, with everything imported that it needs.

    Imported only here: a process that looks into one file starts faster without the code for all others.
    """
    match role:
        case AssetRole.FONT:
            from tenants.assets.pipeline.fonts import prepare_font

            return prepare_font
        case AssetRole.STYLESHEET:
            from tenants.assets.pipeline.stylesheets import prepare_stylesheet

            return prepare_stylesheet
        case AssetRole.SCRIPT:
            from tenants.assets.pipeline.texts import prepare_script

            return prepare_script
        case AssetRole.THEME:
            from tenants.assets.pipeline.themes import prepare_theme

            return prepare_theme
        case AssetRole.PUBLIC_FILE:
            from tenants.assets.pipeline.public_files import prepare_public_file

            return prepare_public_file
        case _:
            from tenants.assets.pipeline.pictures import prepare_picture

            return prepare_picture


def processing_limit(what: str) -> InvalidValueError:
    """Return the refusal of a file that needs more than there is for one file."""
    return InvalidValueError(
        "processing_limit",
        f"The file takes too much {what} to process; please use a smaller or simpler one.",
        field="content",
    )


def _in_words(size: int) -> str:
    return f"{size // 1024**2} MB" if size >= 1024**2 else f"{size // 1024} KB"
