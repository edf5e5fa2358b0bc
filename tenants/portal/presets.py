"""Palettes to begin with: colours for both themes that go together and can be read on each other."""

from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["PRESETS", "Preset"]

NAMES = ("primary", "background", "accent")


@dataclass(frozen=True)
class Preset:
    """A palette; ``light`` and ``dark`` are primary, background and accent, written ``#rrggbb``."""

    name: str
    light: tuple[str, str, str]
    dark: tuple[str, str, str]

    @property
    def fields(self) -> MappingProxyType[str, str]:
        """The colours by the names that the branding has for them."""
        both = (("light", self.light), ("dark", self.dark))
        return MappingProxyType(
            {f"{theme}_{name}": colour for theme, colours in both for name, colour in zip(NAMES, colours, strict=True)}
        )


PRESETS = (
    Preset("Indigo", ("#4338ca", "#ffffff", "#eef2ff"), ("#a5b4fc", "#16161f", "#2a2b45")),
    Preset("Forest", ("#166534", "#fbfdfb", "#e8f3ea"), ("#86efac", "#121a15", "#22352a")),
    Preset("Ember", ("#b3361b", "#fffdfb", "#fbece6"), ("#fdba8c", "#1c1512", "#3a2a22")),
    Preset("Ocean", ("#0b6a88", "#fafdff", "#e4f2f7"), ("#7dd3fc", "#0f1a20", "#1d3440")),
    Preset("Rose", ("#be185d", "#fffcfd", "#fce9f1"), ("#f9a8d4", "#1c1318", "#3a2531")),
    Preset("Graphite", ("#27272a", "#ffffff", "#f0f0f2"), ("#e4e4e7", "#18181b", "#303036")),
)
