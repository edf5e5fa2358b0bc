"""Which kinds of file there are, how their content tells them, and what each role takes."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

import filetype

from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole

__all__ = ["LARGEST_SIDE", "ROLE_FORMATS", "ImageFormat", "accepted_content_types", "identify"]


class ImageFormat(Enum):
    """A kind of image: its media type, the ending of published files, and the name that people know."""

    PNG = "image/png", "png", "PNG"
    JPEG = "image/jpeg", "jpg", "JPEG"
    WEBP = "image/webp", "webp", "WebP"
    GIF = "image/gif", "gif", "GIF"
    ICO = "image/x-icon", "ico", "ICO"
    SVG = "image/svg+xml", "svg", "SVG"

    def __init__(self, content_type: str, extension: str, label: str) -> None:
        self.content_type = content_type
        self.extension = extension
        self.label = label


_PICTURE = (ImageFormat.PNG, ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.GIF, ImageFormat.SVG)

ROLE_FORMATS: Mapping[AssetRole, tuple[ImageFormat, ...]] = MappingProxyType(
    {
        AssetRole.LOGO_LIGHT: _PICTURE,
        AssetRole.LOGO_DARK: _PICTURE,
        AssetRole.LOGIN_IMAGE: _PICTURE,
        AssetRole.FAVICON: (ImageFormat.PNG, ImageFormat.SVG, ImageFormat.ICO),
    }
)

LARGEST_SIDE: Mapping[AssetRole, int] = MappingProxyType(
    {AssetRole.LOGO_LIGHT: 1024, AssetRole.LOGO_DARK: 1024, AssetRole.LOGIN_IMAGE: 2560, AssetRole.FAVICON: 512}
)
"""Width and height in pixels beyond which a role's picture is scaled down: no screen shows more of it."""

# An animated PNG is told apart from a still one by its content already; it is refused with the other animations.
_BY_CONTENT_TYPE = {image_format.content_type: image_format for image_format in ImageFormat} | {
    "image/apng": ImageFormat.PNG
}
_MARKUP_STARTS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")


def accepted_content_types(role: AssetRole) -> tuple[str, ...]:
    """Return the media types that a role takes, as a file field's ``accept`` wants them."""
    return tuple(image_format.content_type for image_format in ROLE_FORMATS[role])


def identify(content: bytes, role: AssetRole) -> ImageFormat:
    """Return the kind of file that the content says it is, whatever its name.

    Raises ``InvalidValueError`` (``image_unrecognised``, ``image_format_refused``) when it is nothing that the role
    takes. Markup counts as SVG here; whether it is one is for the SVG reader to say.
    """
    accepted = ROLE_FORMATS[role]
    takes = _listed([image_format.label for image_format in accepted])
    if ImageFormat.SVG in accepted and content.lstrip().startswith(_MARKUP_STARTS):
        return ImageFormat.SVG
    kind = filetype.guess(content)
    if kind is None:
        raise InvalidValueError(
            "image_unrecognised", f"The content of the file is not an image; please use {takes}.", field="content"
        )
    image_format = _BY_CONTENT_TYPE.get(kind.mime)
    if image_format not in accepted:
        found = image_format.label if image_format else kind.mime
        raise InvalidValueError(
            "image_format_refused", f"The content of the file is {found}; please use {takes}.", field="content"
        )
    return image_format


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
