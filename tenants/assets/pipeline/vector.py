"""SVG drawings, which are programs until proven otherwise: read without entities, checked, and written anew.

A drawing that could act or fetch is refused with what was found, never repaired in silence: its author then knows why
it looks different from what was sent. What draws nothing (editors' notes, comments, unknown attributes) is left out.
The written file holds only what svg_vocabulary lists, so it is harmless when opened by itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from xml.parsers import expat

from tenants.assets.pipeline.svg_style import check_style, is_local_reference
from tenants.assets.pipeline.svg_vocabulary import (
    DROPPED_ELEMENTS,
    ELEMENTS,
    PAINTED_ATTRIBUTES,
    PLAIN_ATTRIBUTES,
    REFUSED_ELEMENTS,
)
from tenants.contract.errors import InvalidValueError

__all__ = ["ENCODINGS", "CleanDrawing", "clean_svg"]

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
XLINK_NAMESPACE = "http://www.w3.org/1999/xlink"
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"
_WEB_NAMESPACES = {"http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML"}
_PIXELS = re.compile(r"\s*(\d{1,6}(?:\.\d+)?)(?:px)?\s*")
_NUMBERS = re.compile(r"[\s,]+")

ENCODINGS = ("utf-8", "utf-16", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "gb2312", "gbk", "shift_jis")
"""Encodings that drawing programs write."""

MAXIMUM_ELEMENTS = 20_000
MAXIMUM_DEPTH = 100


@dataclass(frozen=True, slots=True)
class CleanDrawing:
    """A drawing as it is published; its size in pixels where it tells one.

    ``paints`` are its painting attributes with their values and, under ``stylesheet``, its style sheets.
    """

    content: bytes = field(repr=False)
    width: int | None
    height: int | None
    paints: tuple[tuple[str, str], ...] = field(repr=False)


def clean_svg(content: bytes) -> CleanDrawing:
    """Return the drawing without anything but drawing.

    Raises ``InvalidValueError``: ``svg_broken`` (not XML, or no SVG), ``svg_active`` (a script, an event handler, an
    animation, a link, embedded content), ``svg_external`` (something to fetch), ``svg_entities``, ``svg_unknown`` (an
    element that is not listed), ``svg_too_complex``.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.XmlDeclHandler = reader.declaration
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.ProcessingInstructionHandler = reader.instruction
    parser.EntityDeclHandler = reader.entity
    parser.SkippedEntityHandler = reader.entity
    parser.ExternalEntityRefHandler = reader.entity
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        # ValueError and LookupError: an encoding that nobody knows.
        raise (_broken(error) if reader.written else _no_drawing()) from error
    return CleanDrawing("".join(reader.written).encode(), reader.width, reader.height, tuple(reader.paints))


class _Reader:
    """Takes expat's events and writes the clean drawing; raises at the first thing that must not be there."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.paints: list[tuple[str, str]] = []
        self.width: int | None = None
        self.height: int | None = None
        self._open: list[str] = []
        self._elements = 0
        self._dropped_depth = 0
        self._style: list[str] = []

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        """Refuse encodings that no drawing program writes."""
        if encoding and encoding.lower() not in ENCODINGS:
            raise _broken(ValueError(f"unknown encoding {encoding[:40]}; please save it as UTF-8"))

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Write the start of an element, or leave the element out."""
        namespace, _, local = name.rpartition(" ")
        self._count()
        if namespace == SVG_NAMESPACE and local in REFUSED_ELEMENTS:
            raise _active(REFUSED_ELEMENTS[local])
        if namespace in _WEB_NAMESPACES and self._open:
            raise _active(REFUSED_ELEMENTS.get(local, "embedded web content"))
        for attribute in attributes:
            if attribute.rpartition(" ")[2].lower().startswith("on"):
                raise _active(f"a script (the attribute {attribute.rpartition(' ')[2][:40]})")
        if not self._open and (namespace, local) != (SVG_NAMESPACE, "svg"):
            raise _no_drawing()
        self._open.append(local)
        if self._dropped_depth or namespace != SVG_NAMESPACE or local in DROPPED_ELEMENTS:
            # Editors' notes live in namespaces of their own, and no viewer draws them.
            self._dropped_depth += 1
            return
        if local not in ELEMENTS:
            raise InvalidValueError(
                "svg_unknown", f"The SVG file holds <{local[:40]}>, which is not taken here.", field="content"
            )
        if len(self._open) == 1:
            self._read_size(attributes)
            self.written.append(f'<svg xmlns="{SVG_NAMESPACE}" xmlns:xlink="{XLINK_NAMESPACE}"')
        else:
            self.written.append(f"<{local}")
        self.written.extend(_clean_attributes(attributes))
        self.paints.extend(item for item in attributes.items() if item[0] in PAINTED_ATTRIBUTES)
        self.written.append(">")

    def end(self, _name: str) -> None:
        """Write the end of an element; a style sheet is complete then, and checked."""
        local = self._open.pop()
        if self._dropped_depth:
            self._dropped_depth -= 1
            return
        if local == "style":
            style = "".join(self._style)
            check_style(style)
            self.paints.append(("stylesheet", style))
            self._style.clear()
        self.written.append(f"</{local}>")

    def text(self, text: str) -> None:
        """Write text; inside a style sheet, remember it for the check."""
        if self._dropped_depth or not self._open:
            return
        if self._open[-1] == "style":
            self._style.append(text)
        self.written.append(escape(text, quote=False))

    def instruction(self, target: str, _data: str) -> None:
        """Leave out instructions to programs, and refuse the one that viewers follow."""
        if target.lower() == "xml-stylesheet":
            raise _external("a linked style sheet")

    def entity(self, *_declaration: object) -> int:
        """Refuse entities: they can grow without bound or read files."""
        raise InvalidValueError(
            "svg_entities",
            "The SVG file declares or uses XML entities, which are not taken; please export it without them.",
            field="content",
        )

    def _count(self) -> None:
        self._elements += 1
        if self._elements > MAXIMUM_ELEMENTS or len(self._open) >= MAXIMUM_DEPTH:
            raise InvalidValueError(
                "svg_too_complex",
                f"The drawing is too complex: at most {MAXIMUM_ELEMENTS:,} elements, {MAXIMUM_DEPTH} deep, are taken.",
                field="content",
            )

    def _read_size(self, attributes: Mapping[str, str]) -> None:
        sides = [_PIXELS.fullmatch(attributes.get(side, "")) for side in ("width", "height")]
        box = _NUMBERS.split(attributes.get("viewBox", "").strip())
        texts = [side[1] for side in sides if side]
        if len(texts) != 2:
            texts = [side[1] for number in box[2:] if (side := _PIXELS.fullmatch(number))]
        if len(texts) == 2:
            self.width, self.height = (round(float(text)) for text in texts)


def _clean_attributes(attributes: Mapping[str, str]) -> list[str]:
    written = []
    for name, value in attributes.items():
        namespace, _, local = name.rpartition(" ")
        if local == "href" and namespace in {"", XLINK_NAMESPACE}:
            if not is_local_reference(value):
                raise _external(f"a link to “{value.strip()[:60]}”")
            written.append(f' {"xlink:" if namespace else ""}href="{escape(value.strip())}"')
        elif namespace == XML_NAMESPACE and local in {"space", "lang"}:
            written.append(f' xml:{local}="{escape(value)}"')
        elif not namespace and local in PAINTED_ATTRIBUTES:
            check_style(value)
            written.append(f' {local}="{escape(value)}"')
        elif not namespace and local in PLAIN_ATTRIBUTES:
            written.append(f' {local}="{escape(value)}"')
    return written


def _no_drawing() -> InvalidValueError:
    return InvalidValueError(
        "svg_broken",
        "The content of the file is not an image: it is markup that does not begin with an "
        f'<svg xmlns="{SVG_NAMESPACE}"> element.',
        field="content",
    )


def _broken(error: Exception) -> InvalidValueError:
    return InvalidValueError("svg_broken", f"The SVG file is not well-formed: {error}."[:300], field="content")


def _active(what: str) -> InvalidValueError:
    return InvalidValueError(
        "svg_active",
        f"The SVG file holds {what}, which is not taken here; please export a plain drawing.",
        field="content",
    )


def _external(what: str) -> InvalidValueError:
    return InvalidValueError(
        "svg_external",
        f"The SVG file holds {what}; a drawing may not fetch anything from elsewhere.",
        field="content",
    )
