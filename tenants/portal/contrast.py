"""Contrast of colours (WCAG 2.2, success criterion 1.4.3) and colours made readable."""

__all__ = ["ENOUGH", "contrast_ratio", "ink_on", "readable_on"]

ENOUGH = 4.5
"""The least ratio of ordinary text to what is behind it."""

_WHITE, _INK = "#ffffff", "#0d0d0d"


def contrast_ratio(first: str, second: str) -> float:
    """Return the ratio (1 to 21) between two colours written ``#rrggbb``."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(colour: str) -> str:
    """Return the colour of text on ``colour``, as the chat chooses it: white, unless black reads better."""
    if contrast_ratio(_WHITE, colour) >= ENOUGH:
        return _WHITE
    return max((_WHITE, _INK), key=lambda ink: contrast_ratio(ink, colour))


def readable_on(colour: str, surface: str) -> str:
    """Return the colour, moved towards black or white no further than it takes to be readable on the surface."""
    target = ink_on(surface)
    for step in range(21):
        mixed = _mix(colour, target, step / 20)
        if contrast_ratio(mixed, surface) >= ENOUGH:
            return mixed
    return target


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _mix(colour: str, target: str, share: float) -> str:
    mixed = (
        round(own + (other - own) * share) for own, other in zip(_channels(colour), _channels(target), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
