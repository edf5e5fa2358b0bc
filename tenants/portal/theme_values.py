"""The variables of a theme file as people look at them: a name, a value, and a swatch where the value is a colour."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ThemeValue", "theme_values"]

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_CHANNELS = re.compile(rf"{_NUMBER}(?:deg)?\s+{_NUMBER}%\s+{_NUMBER}%(?:\s*/\s*{_NUMBER}%?)?")
"""``H S% L%``, as Chainlit's page writes colours."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}|(?:rgb|rgba|hsl|hsla|oklch|oklab|lab|lch)\([0-9a-z.%,/ +-]*\)")


@dataclass(frozen=True)
class ThemeValue:
    """One variable; ``colour`` is the value as CSS writes colours, or empty where it is none."""

    name: str
    value: str
    colour: str


def theme_values(variables: Mapping[str, str]) -> list[ThemeValue]:
    """Return the variables by name."""
    return [ThemeValue(name, value, _colour(value.strip())) for name, value in sorted(variables.items())]


def _colour(value: str) -> str:
    if _CHANNELS.fullmatch(value):
        return f"hsl({value})"
    return value if _COLOUR.fullmatch(value) else ""
