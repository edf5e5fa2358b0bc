"""Which kinds of file there are, how their content tells them, and what each role takes."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import filetype

from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole

__all__ = [
    "LARGEST_SIDE", "MAXIMUM_BYTES", "ROLE_FORMATS", "FileFormat", "accepted_content_types", "accepted_extensions",
    "identify", "listed", "recognise",
]  # fmt: skip


class FileFormat(Enum):
    """A kind of file: its media type, the ending of published files, and the name that people know."""

    PNG = "image/png", "png", "PNG"
    JPEG = "image/jpeg", "jpg", "JPEG"
    WEBP = "image/webp", "webp", "WebP"
    GIF = "image/gif", "gif", "GIF"
    AVIF = "image/avif", "avif", "AVIF"
    ICO = "image/x-icon", "ico", "ICO"
    SVG = "image/svg+xml", "svg", "SVG"
    WOFF2 = "font/woff2", "woff2", "WOFF2"
    CSS = "text/css", "css", "CSS"
    JAVASCRIPT = "text/javascript", "js", "JavaScript"
    JSX = "text/jsx", "jsx", "JSX"
    JSON = "application/json", "json", "JSON"
    MARKDOWN = "text/markdown", "md", "Markdown"
    TEXT = "text/plain", "txt", "plain text"
    PDF = "application/pdf", "pdf", "PDF"
    MP3 = "audio/mpeg", "mp3", "MP3"
    OGG = "audio/ogg", "ogg", "Ogg"
    WAV = "audio/wav", "wav", "WAV"
    MP4 = "video/mp4", "mp4", "MP4"
    WEBM = "video/webm", "webm", "WebM"

    def __init__(self, content_type: str, extension: str, label: str) -> None:
        self.content_type = content_type
        self.extension = extension
        self.label = label

    @property
    def served_type(self) -> str:
        """The media type that files of this kind are served with: text says that it is UTF-8."""
        return f"{self.content_type}; charset=utf-8" if self.content_type.startswith("text/") else self.content_type


_PIXELS = (FileFormat.PNG, FileFormat.JPEG, FileFormat.WEBP, FileFormat.GIF)
_PICTURE = (*_PIXELS, FileFormat.SVG)

ROLE_FORMATS: Mapping[AssetRole, tuple[FileFormat, ...]] = MappingProxyType(
    {
        AssetRole.LOGO_LIGHT: _PICTURE,
        AssetRole.LOGO_DARK: _PICTURE,
        AssetRole.FAVICON: (FileFormat.PNG, FileFormat.SVG, FileFormat.ICO),
        AssetRole.LOGIN_IMAGE: _PICTURE,
        # Those who make link previews take no drawings.
        AssetRole.OPEN_GRAPH: _PIXELS,
        AssetRole.AVATAR: _PICTURE,
        AssetRole.FONT: (FileFormat.WOFF2,),
        AssetRole.STYLESHEET: (FileFormat.CSS,),
        AssetRole.SCRIPT: (FileFormat.JAVASCRIPT,),
        AssetRole.THEME: (FileFormat.JSON,),
        AssetRole.PUBLIC_FILE: tuple(FileFormat),
    }
)

MAXIMUM_BYTES: Mapping[AssetRole, int] = MappingProxyType(
    {
        AssetRole.LOGO_LIGHT: 5 * 1024**2,
        AssetRole.LOGO_DARK: 5 * 1024**2,
        AssetRole.FAVICON: 5 * 1024**2,
        AssetRole.LOGIN_IMAGE: 10 * 1024**2,
        AssetRole.OPEN_GRAPH: 10 * 1024**2,
        AssetRole.AVATAR: 5 * 1024**2,
        AssetRole.FONT: 2 * 1024**2,
        AssetRole.STYLESHEET: 256 * 1024,
        AssetRole.SCRIPT: 1024**2,
        AssetRole.THEME: 64 * 1024,
        AssetRole.PUBLIC_FILE: 20 * 1024**2,
    }
)
"""How large an upload of each role may be. Everything of this size is processed well within the child's limits."""

LARGEST_SIDE: Mapping[AssetRole, int] = MappingProxyType(
    {
        AssetRole.LOGO_LIGHT: 1024,
        AssetRole.LOGO_DARK: 1024,
        AssetRole.FAVICON: 512,
        AssetRole.LOGIN_IMAGE: 2560,
        AssetRole.OPEN_GRAPH: 1200,
        AssetRole.AVATAR: 256,
        AssetRole.PUBLIC_FILE: 4096,
    }
)
"""Width and height in pixels beyond which a role's picture is scaled down: no screen shows more of it."""

# An animated PNG is told apart from a still one by its content already; it is refused with the other animations.
_OTHER_TYPES = {
    "image/apng": FileFormat.PNG,
    "audio/x-wav": FileFormat.WAV,
    "video/x-m4v": FileFormat.MP4,
    "application/font-woff": FileFormat.WOFF2,
}
_BY_CONTENT_TYPE = {found.content_type: found for found in FileFormat} | _OTHER_TYPES
_MARKUP_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")


def accepted_content_types(role: AssetRole) -> tuple[str, ...]:
    """Return the media types that a role takes, as a file field's ``accept`` wants them."""
    return tuple(taken.content_type for taken in ROLE_FORMATS[role])


def accepted_extensions(role: AssetRole) -> tuple[str, ...]:
    """Return the endings that a role takes, ``.png``: what ``accept`` wants for types that systems do not know."""
    return tuple(f".{taken.extension}" for taken in ROLE_FORMATS[role])


def identify(content: bytes, accepted: tuple[FileFormat, ...]) -> FileFormat:
    """Return the kind of picture that the content says it is, whatever its name.

    Raises ``InvalidValueError`` (``image_unrecognised``, ``image_format_refused``) when it is none of the accepted.
    Markup counts as SVG here; whether it is one is for the SVG reader to say.
    """
    takes = listed(accepted)
    if content.lstrip()[:4].startswith(_MARKUP_STARTS):
        if FileFormat.SVG in accepted:
            return FileFormat.SVG
        raise InvalidValueError(
            "image_format_refused", f"The content of the file is SVG or other markup; please use {takes}.",
            field="content",
        )  # fmt: skip
    found = recognise(content)
    if found is None:
        raise InvalidValueError(
            "image_unrecognised", f"The content of the file is not an image; please use {takes}.", field="content"
        )
    if found not in accepted:
        label = found.label if isinstance(found, FileFormat) else found
        raise InvalidValueError(
            "image_format_refused", f"The content of the file is {label}; please use {takes}.", field="content"
        )
    return found


def recognise(content: bytes) -> FileFormat | str | None:
    """Return the kind of file by its first bytes, the media type of a kind of no use here, or None (such as text)."""
    if content[4:12] == b"ftypavis":
        return FileFormat.AVIF  # moving, which filetype does not know
    kind = filetype.guess(content)
    return _BY_CONTENT_TYPE.get(kind.mime, kind.mime) if kind else None


def listed(formats: tuple[FileFormat, ...]) -> str:
    """Return the names of formats in a row, ``PNG, JPEG or SVG``."""
    *first, last = [taken.label for taken in formats]
    return f"{', '.join(first)} or {last}" if first else last
