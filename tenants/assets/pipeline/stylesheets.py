"""CSS that may style everything and fetch nothing from elsewhere.

It is read as browsers read it (tinycss2, CSS Syntax 3) and published as its author wrote it. Whatever stands in it is
looked at, also where a browser would skip it: what is wrong for one browser is right for the next one.
"""

import re
from collections.abc import Iterable
from typing import Any

import tinycss2

from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedAsset
from tenants.assets.pipeline.texts import read_text, text_file
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole

__all__ = ["check_stylesheet", "prepare_stylesheet"]

MAXIMUM_DEPTH = 32
MAXIMUM_DATA_CHARACTERS = 128 * 1024

_OWN_FILE = re.compile(r"/public/(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*[A-Za-z0-9_][A-Za-z0-9._-]*(?:[?#][\w.,=&%-]*)?")
_FRAGMENT = re.compile(r"#[\w.-]+")
_DATA = re.compile(r"data:(?:image/(?:png|jpeg|webp|gif|avif|svg\+xml)|font/woff2)[;,]", re.IGNORECASE)

# Functions whose strings are addresses. A value that comes from elsewhere (var, attr, env, if, a custom function) could
# be any address, so only what is written out may stand in them.
_ADDRESS_FUNCTIONS = frozenset({"url", "src", "image", "image-set", "-webkit-image-set", "cross-fade",
                                "-webkit-cross-fade"})  # fmt: skip
_INSIDE_ADDRESSES = _ADDRESS_FUNCTIONS | {"type", "calc", "rgb", "rgba", "hsl", "hsla", "color-mix"}
_REFUSED_FUNCTIONS = frozenset({"expression"})
_REFUSED_PROPERTIES = frozenset({"behavior", "-ms-behavior", "-moz-binding"})
_STRUCTURE_ERRORS = {
    "bad-string": "a string without its end",
    "bad-url": "an address without its end",
    "eof-in-string": "a string without its end",
    "eof-in-url": "an address without its end",
    ")": "a ) too many",
    "]": "a ] too many",
    "}": "a } too many",
}


def prepare_stylesheet(content: bytes, _role: AssetRole, _name: str) -> PreparedAsset:
    """Return a style sheet that was checked; raises ``InvalidValueError`` as ``check_stylesheet`` does."""
    text = read_text(content)
    check_stylesheet(text)
    return PreparedAsset(text_file(text, FileFormat.CSS))


def check_stylesheet(text: str) -> None:
    """Raise ``InvalidValueError`` for a style sheet that fetches from elsewhere or acts.

    ``stylesheet_broken`` (brackets and quotes that do not match, nested too deep), ``stylesheet_external`` (an import,
    an address that is neither ``/public/…``, ``#…`` nor a small picture or font in a ``data:`` URL),
    ``stylesheet_active`` (what runs code in some browser).
    """
    if "</style" in text.lower():
        raise _refused("active", "the end of a style element (</style)", line=_line(text, "</style"))
    try:
        tokens = tinycss2.parse_component_value_list(text, skip_comments=True)
    except ValueError as error:
        raise _refused("broken", "a number that is longer than numbers are") from error
    _check_tokens(tokens, inside="", depth=0)


def _check_tokens(tokens: Iterable[Any], *, inside: str, depth: int) -> None:
    """Check what stands in a block or in the arguments of the function ``inside``."""
    if depth > MAXIMUM_DEPTH:
        raise _refused("broken", f"brackets nested more than {MAXIMUM_DEPTH} deep")
    previous = None
    for token in tokens:
        match token.type:
            case "error":
                raise _refused("broken", _STRUCTURE_ERRORS.get(token.kind, token.message), token)
            case "url":
                _check_address(token.value, token)
            case "string" if inside in _ADDRESS_FUNCTIONS:
                _check_address(token.value, token)
            case "at-keyword" if token.lower_value == "import":
                raise _refused("external", "@import; please put everything into one file", token)
            case "literal" if token.value == ":" and previous in _REFUSED_PROPERTIES:
                raise _refused("active", f"the property {previous}", token)
            case "function":
                _check_function(token, inside=inside, depth=depth)
            case "() block" | "[] block" | "{} block":
                _check_tokens(token.content, inside=inside, depth=depth + 1)
        if token.type != "whitespace":
            previous = token.lower_value if token.type == "ident" else None


def _check_function(token: Any, *, inside: str, depth: int) -> None:
    name = token.lower_name
    if name in _REFUSED_FUNCTIONS:
        raise _refused("active", f"the function {name}()", token)
    if inside in _ADDRESS_FUNCTIONS and name not in _INSIDE_ADDRESSES and not name.endswith("-gradient"):
        raise _refused("external", f"{name}() inside {inside}(), where an address must be written out", token)
    # Arithmetic and colours inside an address function hold no address, but brackets inside them may; the string of
    # type() is a media type.
    is_own = name in _ADDRESS_FUNCTIONS or name == "type" or not inside
    _check_tokens(token.arguments, inside=name if is_own else inside, depth=depth + 1)


def _check_address(address: str, token: Any) -> None:
    address = address.strip()
    if _DATA.match(address):
        if len(address) > MAXIMUM_DATA_CHARACTERS:
            raise _refused("external", "a data: URL of more than 128 KB; please upload the file by itself", token)
    elif not (_OWN_FILE.fullmatch(address) and ".." not in address) and not _FRAGMENT.fullmatch(address):
        shown = "".join(character for character in address[:60] if character.isprintable())
        raise _refused(
            "external", f"the address “{shown}”; it can name files under /public/, parts (#…) and data: URLs", token
        )


def _refused(kind: str, what: str, token: Any = None, *, line: int = 0) -> InvalidValueError:
    place = f" (line {token.source_line:,})" if token else f" (line {line:,})" if line else ""
    message = f"The style sheet holds {what}{place}."
    match kind:
        case "broken":
            return InvalidValueError("stylesheet_broken", message, field="content")
        case "active":
            return InvalidValueError("stylesheet_active", message, field="content")
        case _:
            return InvalidValueError("stylesheet_external", message, field="content")


def _line(text: str, found: str) -> int:
    return text.count("\n", 0, text.lower().index(found)) + 1
