"""Themes that are there before any tenant chooses: the app's ``public/theme.json`` and Chainlit's own stylesheet."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from runtime.chainlit_host.pages.theme import Variables

__all__ = ["custom_fonts", "read_app_theme", "stock_variables"]

log = structlog.get_logger(__name__)

STOCK_RULES = {
    "light": re.compile(r":root\{(--font-sans[^}]*)\}"),
    "dark": re.compile(r"\.dark\{(--background[^}]*)\}"),
}


def read_app_theme(folder: Path) -> dict[str, Any]:
    """Return what the theme.json of an app's folder holds; nothing where it cannot be read."""
    path = folder / "public" / "theme.json"
    if not path.is_file():
        return {}
    try:
        theme = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        log.warning("app_theme_unreadable", path=str(path))
        return {}
    return theme if isinstance(theme, dict) else {}


def custom_fonts(app_theme: Mapping[str, Any]) -> list[str]:
    """Return the stylesheets of fonts that an app's theme.json asks for."""
    fonts = app_theme.get("custom_fonts")
    return [str(font) for font in fonts] if isinstance(fonts, list) else []


def stock_variables(build: Path) -> dict[str, Variables]:
    """Return Chainlit's own variables of both themes, from the stylesheet of its frontend."""
    css = "".join(path.read_text(encoding="utf-8") for path in (build / "assets").glob("index-*.css"))
    stock: dict[str, Variables] = {}
    for theme, rule in STOCK_RULES.items():
        match = rule.search(css)
        if match is None:
            log.warning("stock_theme_unreadable", theme=theme)
            continue
        pairs = (declaration.partition(":")[::2] for declaration in match[1].split(";") if declaration)
        stock[theme] = {name.strip(): value.strip() for name, value in pairs}
    return stock
