"""What the pipeline hands back: files that are safe to publish, and what was learned about them."""

import hashlib
from dataclasses import dataclass, field

from tenants.contract.state import FontFace, UploadedTheme

__all__ = ["PreparedAsset", "PreparedFile"]


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """One file to publish. ``width`` and ``height`` are pixels; None where a drawing does not tell, and for others."""

    content: bytes = field(repr=False)
    content_type: str
    extension: str
    width: int | None = None
    height: int | None = None

    @property
    def sha256(self) -> str:
        """The hash of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def size(self) -> int:
        """The length of the content in bytes."""
        return len(self.content)


@dataclass(frozen=True, slots=True)
class PreparedAsset:
    """An upload, ready to publish.

    ``renditions`` are the same picture in other sizes and formats, smallest first. ``colours`` are the strongest ones
    of a logo, ``#rrggbb``, the strongest first. What needs approval runs code in people's browsers.
    """

    file: PreparedFile
    renditions: tuple[PreparedFile, ...] = ()
    font: FontFace | None = None
    theme: UploadedTheme | None = None
    colours: tuple[str, ...] = ()
    needs_approval: bool = False
