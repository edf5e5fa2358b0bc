"""The pictures that pages show: one file that everything can read, and smaller ones for those who can read more."""

from PIL import Image

from tenants.assets.pipeline.colours import drawing_colours, strongest_colours
from tenants.assets.pipeline.drawing import draw
from tenants.assets.pipeline.encoding import encode, is_drawn
from tenants.assets.pipeline.formats import LARGEST_SIDE, ROLE_FORMATS, FileFormat, identify
from tenants.assets.pipeline.icons import ICON_SIZES, icon_set
from tenants.assets.pipeline.prepared import PreparedAsset, PreparedFile
from tenants.assets.pipeline.raster import decode, fitted, has_transparency
from tenants.assets.pipeline.vector import CleanDrawing, clean_svg
from tenants.contract.state import AssetRole

__all__ = ["RENDITION_WIDTHS", "prepare_picture"]

RENDITION_WIDTHS = {
    AssetRole.LOGO_LIGHT: (128, 256, 512),
    AssetRole.LOGO_DARK: (128, 256, 512),
    AssetRole.LOGIN_IMAGE: (640, 1280, 1920),
    AssetRole.AVATAR: (48, 96),
}
"""Widths in pixels beside the picture's own: a logo is shown up to 256 wide and an avatar up to 96, on screens with one
to four dots a pixel; the sign-in image fills half of a screen. Who makes link previews takes one file."""

_LOGOS = {AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK}


def prepare_picture(content: bytes, role: AssetRole, _name: str) -> PreparedAsset:
    """Return a picture without metadata, no larger than its role needs, with its renditions.

    A drawing stays a drawing, which is sharp in every size; only a favicon's is drawn, for home screens. Raises
    ``InvalidValueError``.
    """
    found = identify(content, ROLE_FORMATS[role])
    if found is FileFormat.SVG:
        drawing = clean_svg(content)
        return PreparedAsset(
            PreparedFile(drawing.content, found.served_type, found.extension, drawing.width, drawing.height),
            renditions=_drawn_icons(drawing) if role is AssetRole.FAVICON else (),
            colours=drawing_colours(drawing.paints) if role in _LOGOS else (),
        )
    image = decode(content, found)
    side = LARGEST_SIDE[role]
    picture = fitted(image, side, side)
    if role is AssetRole.FAVICON:
        return PreparedAsset(encode(picture, FileFormat.PNG), renditions=icon_set(image))
    main = encode(picture, _main_format(content, found, picture))
    return PreparedAsset(
        main,
        renditions=_renditions(picture, main, RENDITION_WIDTHS.get(role, ())),
        colours=strongest_colours(picture) if role in _LOGOS else (),
    )


def _drawn_icons(drawing: CleanDrawing) -> tuple[PreparedFile, ...]:
    picture = draw(drawing, max(ICON_SIZES))
    return () if picture is None else icon_set(picture)


def _main_format(content: bytes, found: FileFormat, picture: Image.Image) -> FileFormat:
    """Return PNG or JPEG, which every browser and every maker of link previews reads."""
    lossy_webp = found is FileFormat.WEBP and b"VP8L" not in content[:64]
    if found is FileFormat.JPEG or (lossy_webp and not has_transparency(picture)):
        return FileFormat.JPEG
    return FileFormat.PNG


def _renditions(picture: Image.Image, main: PreparedFile, widths: tuple[int, ...]) -> tuple[PreparedFile, ...]:
    """Return WebP and AVIF in the widths that the picture has, each only where it is smaller than what is there."""
    if not widths:
        return ()
    drawn = main.extension == FileFormat.PNG.extension and is_drawn(picture)
    renditions: list[PreparedFile] = []
    for width in (*(width for width in widths if width < picture.width), picture.width):
        scaled = picture if width == picture.width else fitted(picture, width)
        smallest = main.size if scaled is picture else encode(scaled, _format_of(main)).size
        for image_format in (FileFormat.WEBP, FileFormat.AVIF):
            rendition = encode(scaled, image_format, drawn=drawn)
            if rendition.size < smallest:
                smallest = rendition.size
                renditions.append(rendition)
    return tuple(renditions)


def _format_of(file: PreparedFile) -> FileFormat:
    return FileFormat.JPEG if file.extension == FileFormat.JPEG.extension else FileFormat.PNG
