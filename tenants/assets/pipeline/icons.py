"""The sizes of an icon that browsers, phones and web manifests ask for, from one picture."""

from PIL import Image, ImageStat

from tenants.assets.pipeline.encoding import encode
from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedFile

__all__ = ["APPLE_TOUCH_SIZE", "ICON_SIZES", "icon_set"]

APPLE_TOUCH_SIZE = 180
ICON_SIZES = (16, 32, APPLE_TOUCH_SIZE, 192, 512)
_LARGEST_ENLARGEMENT = 2

_LIGHT = 225
"""Brightness, of 255, above which a picture could not be told from white."""


def icon_set(image: Image.Image) -> tuple[PreparedFile, ...]:
    """Return the icon as square PNGs, smallest first.

    What is not square stands in the middle. Sizes that would enlarge the picture more than twice are left out: a home
    screen's own choice looks better than a blur. The one for Apple's home screens, which show transparency as black,
    has a background: white, or nearly black behind a picture that is itself nearly white.
    """
    side = max(image.size)
    icons = []
    for size in ICON_SIZES:
        if size > side * _LARGEST_ENLARGEMENT:
            continue
        icon = _square(image, size)
        icons.append(encode(_opaque(icon) if size == APPLE_TOUCH_SIZE else icon, FileFormat.PNG))
    return tuple(icons)


def _square(image: Image.Image, size: int) -> Image.Image:
    scale = size / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    scaled = image.resize((width, height), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (size, size))
    square.paste(scaled.convert("RGBA"), ((size - width) // 2, (size - height) // 2))
    return square


def _opaque(icon: Image.Image) -> Image.Image:
    alpha = icon.getchannel("A")
    seen = ImageStat.Stat(icon.convert("L"), alpha.point(lambda value: 255 if value > 127 else 0))
    is_light = seen.count[0] > 0 and seen.mean[0] > _LIGHT
    background = Image.new("RGB", icon.size, "#18181b" if is_light else "#ffffff")
    background.paste(icon, mask=alpha)
    return background
