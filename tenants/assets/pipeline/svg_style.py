"""Style inside a drawing: it may paint and place, and refer to parts of the same drawing."""

import re

from tenants.assets.pipeline.svg_vocabulary import STYLE_FUNCTIONS
from tenants.contract.errors import InvalidValueError

__all__ = ["check_style", "is_local_reference"]

_FUNCTION = re.compile(r"([\w-]*)\(")
_AT_RULE = re.compile(r"@([\w-]*)")
_LOCAL_URL = re.compile(r"""url\(\s*(["']?)(#[^\s"'()<>\\]+)\1\s*\)""")
_LOCAL_REFERENCE = re.compile(r"""\s*#[^\s"'()<>\\]+\s*""")


def is_local_reference(value: str) -> bool:
    """Tell whether a reference leads to a part of the same drawing (``#name``)."""
    return _LOCAL_REFERENCE.fullmatch(value) is not None


def check_style(style: str) -> None:
    """Raise ``InvalidValueError`` (``svg_external``) when style calls, imports or fetches anything from elsewhere.

    Stricter than CSS, so that nothing has to be understood to be kept out: escapes, at-rules but @media, and functions
    that are not listed are refused, in comments and strings as well (CSS Syntax 3: a backslash can write ``url`` in
    many ways, and a string can pretend that a comment begins).
    """
    plain = style.lower()
    if "\\" in plain:
        raise _refused("style with escapes")
    for rule in _AT_RULE.findall(plain):
        if rule != "media":
            raise _refused(f"the style rule @{rule[:40]}")
    rest = _LOCAL_URL.sub(" ", plain)
    for function in _FUNCTION.findall(rest):
        if function == "url":
            raise _refused("style that links to another file")
        if function and function not in STYLE_FUNCTIONS:
            raise _refused(f"the style function {function[:40]}()")
    if "javascript:" in plain or "-moz-binding" in plain or "behavior:" in plain:
        raise _refused("a script in its style")


def _refused(what: str) -> InvalidValueError:
    return InvalidValueError(
        "svg_external",
        f"The SVG file holds {what}; a drawing may not fetch or call anything from elsewhere.",
        field="content",
    )
