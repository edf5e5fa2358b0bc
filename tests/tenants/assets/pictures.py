"""Builders of the files that people upload, good and bad."""

import io
import random

from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

__all__ = ["DRAWING", "animated", "drawing", "opened", "photograph", "picture", "scene", "with_text", "written"]

DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><rect width="120" height="40" fill="#dc2626"/></svg>'
)


def picture(image_format: str = "PNG", size: tuple[int, int] = (120, 40), colour: str = "#dc2626", **saving) -> bytes:
    """Return a small still picture with something in its corner, so that its orientation shows."""
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="#ffffff")
    return written(image, image_format, **saving)


def photograph(**saving) -> bytes:
    """Return a JPEG with a place and an author in its metadata, lying on its side."""
    image = Image.new("RGB", (60, 20), "#0f766e")
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: turn by 90 degrees
    exif[0x013B] = "Secret Author"
    return written(image, "JPEG", exif=exif, comment=b"Secret comment", **saving)


def scene(size: tuple[int, int], image_format: str = "JPEG") -> bytes:
    """Return a picture with as many colours as a photograph has; the same each time."""
    coarse = (size[0] // 8, size[1] // 8)
    dots = random.Random(8).randbytes(3 * coarse[0] * coarse[1])  # noqa: S311 - a pattern, no secret
    return written(Image.frombytes("RGB", coarse, dots).resize(size, Image.Resampling.BICUBIC), image_format)


def animated(image_format: str) -> bytes:
    """Return a moving picture of two frames."""
    first, second = (Image.new("RGB", (16, 16), colour) for colour in ("#ff0000", "#0000ff"))
    return written(first, image_format, save_all=True, append_images=[second], duration=100, loop=0)


def drawing(inside: str = "", *, attributes: str = "", before: str = "") -> bytes:
    """Return an SVG with the given text inside its root, among the root's attributes, and before it."""
    root = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'{before}<svg {root} viewBox="0 0 10 10" {attributes}>{inside}<path d="M0 0h10v10z"/></svg>'.encode()


def opened(content: bytes) -> Image.Image:
    """Return the decoded picture."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def with_text(content: bytes) -> bytes:
    """Return a PNG's picture with a text chunk and a colour profile."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Secret Author")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return written(opened(content), "PNG", pnginfo=notes, icc_profile=profile)


def written(image: Image.Image, image_format: str = "PNG", **saving) -> bytes:
    """Return the file of a picture."""
    stream = io.BytesIO()
    image.save(stream, image_format, **saving)
    return stream.getvalue()
