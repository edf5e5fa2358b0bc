"""Elements of the page, with every value written for where it stands. Pure; knows neither Chainlit nor tenants."""

import json
import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

__all__ = ["head_elements", "inline_script", "script", "script_with_data", "stylesheet"]


def head_elements(
    *, name: str, description: str, canonical: str, shared_as: str | None = None, image: str | None = None
) -> str:
    """Return title, icon, canonical address and Open Graph properties (https://ogp.me).

    ``shared_as`` is the address that link previews name, the canonical one unless given.
    """
    properties = {
        "og:type": "website",
        "og:title": name,
        "og:description": description,
        "og:url": shared_as or canonical,
        "og:root_path": "",
    }
    if image:
        properties["og:image"] = image
    return "\n    ".join(
        [
            f"<title>{_text(name)}</title>",
            '<link rel="icon" href="/favicon" />',
            f'<link rel="canonical" href="{_text(canonical)}" />',
            f'<meta name="description" content="{_text(description)}">',
            *(f'<meta property="{key}" content="{_text(value)}">' for key, value in properties.items()),
        ]
    )


def inline_script(variables: Mapping[str, object]) -> str:
    """Return a script that sets properties of ``window``; names are ours, values become JSON."""
    return (
        f"<script>{' '.join(f'window.{name} = {_script_json(value)};' for name, value in variables.items())}</script>"
    )


def script(address: str, attributes: str | None = None) -> str:
    """Return a script of its own file; ``attributes`` is HTML, as config.toml has it."""
    return f'<script src="{_text(address)}"{_attributes(attributes)}></script>'


def script_with_data(address: str, name: str, value: object) -> str:
    """Return a script of its own file that finds a value, as JSON, in its attribute ``data-<name>``."""
    return f'<script src="{_text(address)}" data-{name}="{_text(json.dumps(value))}"></script>'


def stylesheet(address: str, attributes: str | None = None) -> str:
    """Return a link to a stylesheet; ``attributes`` is HTML, as config.toml has it."""
    return f'<link rel="stylesheet" type="text/css" href="{_text(address)}"{_attributes(attributes)}>'


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
