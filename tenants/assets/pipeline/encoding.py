"""Pixels written as files. Equal pixels give equal bytes, so that they are one object under one hash."""

import io

from PIL import Image

from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedFile

__all__ = ["encode", "is_drawn"]

_DRAWN_COLOURS = 4096
"""A drawing with smooth edges has fewer colours than this; a photograph has more."""


def is_drawn(image: Image.Image) -> bool:
    """Tell whether a picture has the few colours of a drawing, whose edges lossy formats would blur."""
    return image.getcolors(_DRAWN_COLOURS) is not None


def encode(image: Image.Image, image_format: FileFormat, *, drawn: bool = False) -> PreparedFile:
    """Return the picture as a file of a format.

    ``drawn`` keeps every pixel in WebP and every edge in AVIF. JPEG has no transparency: it is laid on white.
    """
    stream = io.BytesIO()
    match image_format:
        case FileFormat.JPEG:
            _on_white(image).save(stream, "JPEG", quality=90, optimize=True, progressive=True)
        case FileFormat.WEBP:
            image.save(stream, "WEBP", lossless=drawn, quality=85, method=4)
        case FileFormat.AVIF:
            subsampling = "4:4:4" if drawn else "4:2:0"
            image.save(stream, "AVIF", quality=90 if drawn else 70, speed=8, subsampling=subsampling, max_threads=1)
        case FileFormat.GIF:
            image.save(stream, "GIF")
        case FileFormat.ICO:
            icon = image.copy()
            icon.thumbnail((256, 256), Image.Resampling.LANCZOS)
            icon.save(stream, "ICO", sizes=[icon.size])
        case _:
            image_format = FileFormat.PNG
            image.save(stream, "PNG", optimize=True)
    return PreparedFile(
        stream.getvalue(), image_format.served_type, image_format.extension, image.width, image.height
    )  # fmt: skip


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    page = Image.new("RGB", image.size, "#ffffff")
    page.paste(image, mask=image.getchannel("A"))
    return page
