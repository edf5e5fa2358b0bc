"""Pictures made of pixels: decoded under limits, turned upright and brought to sRGB.

Only pixels survive: whatever else the file carried (EXIF, comments, a second file behind the first) is left behind.
"""

import io
import struct
import zlib

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    IcoImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from tenants.assets.pipeline.formats import FileFormat
from tenants.contract.errors import InvalidValueError

__all__ = ["MAXIMUM_PIXELS", "MAXIMUM_SIDE", "PLUGINS", "decode", "fitted", "has_transparency"]

PLUGINS = (
    AvifImagePlugin, BmpImagePlugin, GifImagePlugin, IcoImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin,
    TiffImagePlugin, WebPImagePlugin,
)  # fmt: skip
"""The decoders that are used. Pillow would import them when a file needs them; the confined process can open none then
(confinement.py)."""

MAXIMUM_SIDE = 8000
MAXIMUM_PIXELS = 40_000_000
"""Decoded, a pixel takes four bytes: 160 MB at most."""

# Pillow's own guard, for pictures that decoders open by themselves (a PNG inside an ICO).
Image.MAX_IMAGE_PIXELS = MAXIMUM_PIXELS
# One after another gives the same bytes each time, and the confined process may not start threads.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
Image.preinit()

# What Pillow's decoders raise for broken files; anything else is a fault to be logged and looked at.
_BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, struct.error, zlib.error,
)  # fmt: skip
_WITH_ALPHA = {"RGBA", "RGBa", "LA", "La", "PA"}


def decode(content: bytes, found: FileFormat) -> Image.Image:
    """Return the pixels of a picture of the format that was found in it: RGB or RGBA, upright, in sRGB.

    Raises ``InvalidValueError``: ``image_too_large`` (more than 8000 pixels a side or 40 megapixels),
    ``image_animated``, ``image_broken``.
    """
    try:
        with Image.open(io.BytesIO(content), formats=[found.name]) as image:
            _check_size(image.size)
            if getattr(image, "is_animated", False):
                raise InvalidValueError(
                    "image_animated", "Moving pictures are not taken here; please use a still one.", field="content"
                )
            image.load()
            # A picture inside an ICO is as large as it says itself, not as the ICO says.
            _check_size(image.size)
            plain = _plain_colours(_upright(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except _BROKEN as error:
        raise InvalidValueError(
            "image_broken",
            f"The {found.label} file is damaged or incomplete; please export it again.",
            field="content",
        ) from error
    # What is still noted beside the pixels would be written again by some encoders.
    plain.info.clear()
    return plain


def fitted(image: Image.Image, width: int, height: int | None = None) -> Image.Image:
    """Return the picture scaled down to fit into a box; one that fits is returned as it is."""
    scale = min(width / image.width, height / image.height if height else 1)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)


def has_transparency(image: Image.Image) -> bool:
    """Tell whether any pixel of a decoded picture lets something through."""
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def _check_size(size: tuple[int, int]) -> None:
    width, height = size
    if max(width, height) > MAXIMUM_SIDE or width * height > MAXIMUM_PIXELS:
        raise _too_large(f" of {width} × {height} pixels")  # noqa: RUF001 - the sign for "by" that people read


def _too_large(what: str = "") -> InvalidValueError:
    return InvalidValueError(
        "image_too_large",
        f"The picture{what} is too large; at most {MAXIMUM_SIDE} pixels a side and "
        f"{MAXIMUM_PIXELS // 1_000_000} megapixels are taken.",
        field="content",
    )


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except _BROKEN:
        # Metadata that cannot be read says nothing of how the picture lies.
        return image


def _plain_colours(image: Image.Image) -> Image.Image:
    """Return the picture in sRGB, as RGB or RGBA: what every browser shows alike without a colour profile."""
    if image.mode.startswith("I"):
        # 16 bits a pixel: Pillow's own conversion would cut off all that is brighter than 255.
        return image.convert("I").point(lambda value: value / 257).convert("L").convert("RGB")
    mode = "RGBA" if image.mode in _WITH_ALPHA or "transparency" in image.info else "RGB"
    profile = image.info.get("icc_profile")
    plain = image if image.mode == "CMYK" else image.convert(mode)
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                plain, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode=mode
            )
        except (ImageCms.PyCMSError, OSError):
            # A profile that does not fit the pixels says nothing about them.
            converted = None
        if converted is not None:
            return converted
    return plain.convert(mode)
