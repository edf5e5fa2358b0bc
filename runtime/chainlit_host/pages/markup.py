"""Elements of the page, with every value written for where it stands. Pure; knows neither Chainlit nor tenants."""

import json
import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple

__all__ = [
    "PreviewImage", "head_elements", "inline_script", "link", "script", "script_with_data", "style", "stylesheet",
]  # fmt: skip


class PreviewImage(NamedTuple):
    """The picture of a link preview: an absolute address, its size in pixels where that is known, and what it shows."""

    url: str
    width: int | None = None
    height: int | None = None
    alt: str = ""
    is_large: bool = False
    """Whether it was made for previews, and is not a logo that stands in."""


def head_elements(
    *,
    name: str,
    description: str,
    canonical: str,
    shared_as: str | None = None,
    image: PreviewImage | None = None,
    prefix: str = "",
) -> str:
    """Return title, canonical address and Open Graph properties (https://ogp.me).

    ``shared_as`` is the address that link previews name, the canonical one unless given. ``prefix`` is what the page's
    own addresses begin with (Chainlit's root path).
    """
    properties = {
        "og:type": "website",
        "og:title": name,
        "og:description": description,
        "og:url": shared_as or canonical,
        "og:root_path": prefix,
    }
    if image and image.url:
        properties["og:image"] = image.url
        if image.width and image.height:
            properties |= {"og:image:width": str(image.width), "og:image:height": str(image.height)}
        if image.alt:
            properties["og:image:alt"] = image.alt
    return "\n    ".join(
        [
            f"<title>{_text(name)}</title>",
            f'<link rel="canonical" href="{_text(canonical)}" />',
            f'<meta name="description" content="{_text(description)}">',
            *(f'<meta property="{key}" content="{_text(value)}">' for key, value in properties.items()),
            f'<meta name="twitter:card" content="{"summary_large_image" if image and image.is_large else "summary"}">',
        ]
    )


def inline_script(variables: Mapping[str, object]) -> str:
    """Return a script that sets properties of ``window``; names are ours, values become JSON."""
    return (
        f"<script>{' '.join(f'window.{name} = {_script_json(value)};' for name, value in variables.items())}</script>"
    )


def link(attributes: Mapping[str, str]) -> str:
    """Return a link; names of attributes are ours."""
    return f"<link{_named(attributes)}>"


def script(address: str, attributes: str | None = None, *, integrity: str = "") -> str:
    """Return a script of its own file; ``attributes`` is HTML, as config.toml has it.

    ``integrity`` is the hash that the file must have (https://www.w3.org/TR/sri-2/).
    """
    return f'<script src="{_text(address)}"{_attributes(attributes)}{_integrity(integrity)}></script>'


def script_with_data(address: str, name: str, value: object) -> str:
    """Return a script of its own file that finds a value, as JSON, in its attribute ``data-<name>``."""
    return f'<script src="{_text(address)}" data-{name}="{_text(json.dumps(value))}"></script>'


def style(identity: str, rules: str) -> str:
    """Return rules as an element; they must hold no ``<``, of which a style element knows no other spelling."""
    if "<" in rules:
        raise ValueError("Rules with a < could end their element.")
    return f'<style id="{_text(identity)}">{rules}</style>'


def stylesheet(address: str, attributes: str | None = None, *, identity: str = "", integrity: str = "") -> str:
    """Return a link to a stylesheet; ``attributes`` is HTML, as config.toml has it, ``integrity`` as for scripts."""
    own = f' id="{_text(identity)}"' if identity else ""
    return (
        f'<link rel="stylesheet" type="text/css" href="{_text(address)}"{own}'
        f"{_attributes(attributes)}{_integrity(integrity)}>"
    )


def _integrity(integrity: str) -> str:
    # Without CORS a browser may not look at what it would have to check.
    return _named({"integrity": integrity, "crossorigin": "anonymous"}) if integrity else ""


def _named(attributes: Mapping[str, str]) -> str:
    return "".join(f' {name}="{_text(value)}"' for name, value in attributes.items())


def _text(value: str) -> str:
    # A parser drops NUL or makes it U+FFFD, depending on where it stands; written as that it means one thing.
    return escape(value.replace("\x00", "\ufffd"))


def _script_json(value: object) -> str:
    """Return JSON that can stand inside a script element: it cannot end it, nor begin a comment."""
    text = json.dumps(value)  # ASCII only, so U+2028 and U+2029 are escaped too
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _attributes(text: str | None) -> str:
    """Return attributes written anew, so that they stay attributes."""
    if not text:
        return ""
    parser = _AttributeParser()
    parser.feed(f"<x {text}>")
    parser.close()
    return "".join(f' {name}="{_text(value or "")}"' for name, value in parser.attributes)


class _AttributeParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "x" and not self.attributes:
            self.attributes = [(name, value) for name, value in attrs if re.fullmatch(r"[a-z][a-z0-9:-]*", name)]
