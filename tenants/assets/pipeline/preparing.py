"""The one entry to the pipeline: bytes and a role in, publishable bytes or a refusal out.

It touches neither database nor network, so that it can move into a process of its own with limits on memory and time.
"""

import hashlib
from dataclasses import dataclass, field

from tenants.assets.pipeline.formats import LARGEST_SIDE, ImageFormat, identify
from tenants.assets.pipeline.raster import encode_raster
from tenants.assets.pipeline.vector import clean_svg
from tenants.contract.state import AssetRole

__all__ = ["PreparedAsset", "prepare"]


@dataclass(frozen=True, slots=True)
class PreparedAsset:
    """A file that is safe to publish. ``width`` and ``height`` are pixels, None where an SVG does not tell."""

    content: bytes = field(repr=False)
    image_format: ImageFormat
    width: int | None
    height: int | None

    @property
    def sha256(self) -> str:
        """The hash of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def prepare(content: bytes, role: AssetRole) -> PreparedAsset:
    """Check a file by its content and write it anew, without metadata and no larger than its role needs.

    Equal uploads give equal results. Raises ``InvalidValueError`` whose message tells a person what is wrong.
    """
    found = identify(content, role)
    if found is ImageFormat.SVG:
        drawing = clean_svg(content)
        return PreparedAsset(drawing.content, ImageFormat.SVG, drawing.width, drawing.height)
    picture = encode_raster(content, found, largest_side=LARGEST_SIDE[role])
    return PreparedAsset(picture.content, picture.image_format, picture.width, picture.height)
