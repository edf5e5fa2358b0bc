"""Pixels of a drawing, for those who take no SVG: the home screens of phones."""

import io

import resvg_py
from PIL import Image

from tenants.assets.pipeline.vector import CleanDrawing

__all__ = ["draw"]

_LEAST_SHARE = 0.25
"""Of a drawing's longer side. What is narrower is no icon, whatever it is drawn as."""


def draw(drawing: CleanDrawing, side: int) -> Image.Image | None:
    """Return the drawing with ``side`` pixels on its longer side, or None where it would not look as it is meant.

    That is so with text, whose fonts are those of the system that shows it, and where the drawing tells no size.
    """
    if not drawing.width or not drawing.height or b"<text" in drawing.content:
        return None
    if min(drawing.width, drawing.height) < _LEAST_SHARE * max(drawing.width, drawing.height):
        return None
    is_wide = drawing.width >= drawing.height
    try:
        png = resvg_py.svg_to_bytes(
            svg_string=drawing.content.decode(),
            width=side if is_wide else None,
            height=None if is_wide else side,
            skip_system_fonts=True,
        )
    except ValueError:
        # It has other ideas of SVG than browsers have, for which the file is good.
        return None
    return Image.open(io.BytesIO(png), formats=["PNG"])
