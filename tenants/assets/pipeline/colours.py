"""The strongest colours of a logo, from which a tenant's palette can be suggested."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import tinycss2
import tinycss2.color4
from PIL import Image

__all__ = ["drawing_colours", "strongest_colours"]

_MOST = 5
_SAMPLED_SIDE = 128
_SMALLEST_SHARE = 0.01
_NEAR = 0.1
"""Distance in OKLab below which two colours are one to people: a colour and its smoothed edges."""
_NEUTRAL_CHROMA = 0.03
_VISIBLE_ALPHA = 128
_DEEPEST_RULE = 8
_PAINTS = frozenset({"fill", "stroke", "stop-color", "flood-color", "lighting-color", "color"})

Rgb = tuple[int, int, int]
Lab = tuple[float, float, float]


def strongest_colours(image: Image.Image) -> tuple[str, ...]:
    """Return one to five colours of a decoded picture as ``#rrggbb``, the strongest first.

    A vivid colour counts for more than grey, and what is nearly white, nearly black or see-through is paper and ink:
    it counts only where there is nothing else. A picture with nothing to see in it has none.
    """
    # Single pixels, so that a flat colour is found exactly as it was drawn.
    sample = image.convert("RGBA")
    sample = sample.resize([min(side, _SAMPLED_SIDE) for side in sample.size], Image.Resampling.NEAREST)
    counted = sample.getcolors(_SAMPLED_SIDE**2) or []
    amounts: Counter[Rgb] = Counter()
    for amount, pixel in counted:
        if isinstance(pixel, tuple) and pixel[3] >= _VISIBLE_ALPHA:
            amounts[pixel[0], pixel[1], pixel[2]] += amount
    return _strongest(amounts)


def drawing_colours(paints: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return one to five colours of an SVG's paint, the strongest first; a colour counts as often as it is named.

    ``paints`` are the drawing's (vector.py). Shapes that name no paint are black.
    """
    amounts: Counter[Rgb] = Counter()
    for name, value in paints:
        try:
            if name in _PAINTS:
                _count_colours(tinycss2.parse_component_value_list(value), amounts)
            elif name == "style":
                _count_declared(tinycss2.parse_blocks_contents(value), amounts)
            elif name == "stylesheet":
                _count_declared(tinycss2.parse_stylesheet(value), amounts)
        except ValueError:
            # A number that is longer than numbers are; such paint names no colour.
            continue
    return _strongest(amounts) or ("#000000",)


def _count_declared(nodes: Iterable[Any], amounts: Counter[Rgb], depth: int = 0) -> None:
    for node in nodes:
        if node.type == "declaration" and node.lower_name in _PAINTS:
            _count_colours(node.value, amounts)
        elif node.type in {"qualified-rule", "at-rule"} and node.content and depth < _DEEPEST_RULE:
            _count_declared(tinycss2.parse_blocks_contents(node.content), amounts, depth + 1)


def _count_colours(tokens: Iterable[Any], amounts: Counter[Rgb]) -> None:
    for token in tokens:
        colour = tinycss2.color4.parse_color(token)
        if isinstance(colour, tinycss2.color4.Color) and colour.space in {"srgb", "hsl", "hwb"}:
            red, green, blue = (min(255, max(0, round(255 * channel))) for channel in colour.to("srgb")[:3])
            if colour.alpha * 255 >= _VISIBLE_ALPHA:
                amounts[red, green, blue] += 1


def _strongest(amounts: Mapping[Rgb, int]) -> tuple[str, ...]:
    """Gather near colours around the most frequent of them, and return the groups that count most."""
    groups: list[tuple[Rgb, Lab, int]] = []
    for colour, amount in _binned(amounts):
        lab = _oklab(colour)
        near = next((at for at, group in enumerate(groups) if _distance(group[1], lab) < _NEAR), None)
        if near is None:
            groups.append((colour, lab, amount))
        else:
            first, first_lab, total = groups[near]
            groups[near] = (first, first_lab, total + amount)
    total = sum(amount for _, _, amount in groups)
    shown = [group for group in groups if group[2] >= total * _SMALLEST_SHARE]
    inked = [group for group in shown if not _is_paper_or_ink(group[1])] or shown
    inked.sort(key=lambda group: group[2] * (0.1 + round(_chroma(group[1]), 3)), reverse=True)
    return tuple(f"#{red:02x}{green:02x}{blue:02x}" for (red, green, blue), _, _ in inked[:_MOST])


def _binned(amounts: Mapping[Rgb, int]) -> list[tuple[Rgb, int]]:
    """Return the most frequent colour of each small cube of colours with the cube's amount, most frequent first."""
    bins: dict[Rgb, list[tuple[int, Rgb]]] = {}
    for colour, amount in amounts.items():
        red, green, blue = colour
        bins.setdefault((red >> 4, green >> 4, blue >> 4), []).append((amount, colour))
    gathered = [(max(members)[1], sum(amount for amount, _ in members)) for members in bins.values()]
    return sorted(gathered, key=lambda pair: (-pair[1], pair[0]))


def _is_paper_or_ink(lab: Lab) -> bool:
    lightness = lab[0]
    return _chroma(lab) < _NEUTRAL_CHROMA and not 0.3 < lightness < 0.94


def _chroma(lab: Lab) -> float:
    return float((lab[1] ** 2 + lab[2] ** 2) ** 0.5)


def _distance(one: Lab, other: Lab) -> float:
    return float(sum((first - second) ** 2 for first, second in zip(one, other, strict=True)) ** 0.5)


def _oklab(colour: Rgb) -> Lab:
    """Return the colour in OKLab, where distances are what people see (https://bottosson.github.io/posts/oklab/)."""
    red, green, blue = (
        channel / 255 / 12.92 if channel <= 10 else ((channel / 255 + 0.055) / 1.055) ** 2.4 for channel in colour
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    medium = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
