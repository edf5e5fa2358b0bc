"""Chainlit's ``theme.json``: CSS variables for its light and its dark theme, and nothing else."""

from typing import Any

import msgspec
import tinycss2

from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedAsset
from tenants.assets.pipeline.texts import read_text, text_file
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole, UploadedTheme

__all__ = ["MAXIMUM_VARIABLES", "prepare_theme"]

MAXIMUM_VARIABLES = 200

_ADDRESS_FUNCTIONS = frozenset({"url", "src", "image", "image-set", "-webkit-image-set", "expression"})


class _Variables(msgspec.Struct, forbid_unknown_fields=True):
    light: dict[str, Any] = {}
    dark: dict[str, Any] = {}


class _ThemeFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file as Chainlit's ``get_html_template`` reads it."""

    custom_fonts: list[str] = []
    variables: _Variables = msgspec.field(default_factory=_Variables)


def prepare_theme(content: bytes, _role: AssetRole, _name: str) -> PreparedAsset:
    """Return the theme's variables, and the file with these alone.

    Raises ``InvalidValueError``: ``text_broken``, ``theme_invalid`` with the property at fault.
    """
    text = read_text(content)
    try:
        file = msgspec.json.decode(text, type=_ThemeFile)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _invalid(f"The file does not fit: {error}.") from error
    if file.custom_fonts:
        raise _invalid("custom_fonts: style sheets of other sites are not taken; please upload the font's WOFF2 files.")
    if not file.variables.light and not file.variables.dark:
        raise _invalid('The file sets no variables; they stand under "variables", in "light" and "dark".')
    theme = UploadedTheme(_checked(file.variables.light, "light"), _checked(file.variables.dark, "dark"))
    document = {"variables": {"light": theme.light, "dark": theme.dark}}
    written = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
    return PreparedAsset(text_file(f"{written}\n", FileFormat.JSON), theme=theme)


def _checked(variables: dict[str, Any], theme: str) -> dict[str, str]:
    if len(variables) > MAXIMUM_VARIABLES:
        raise _invalid(f"variables.{theme}: at most {MAXIMUM_VARIABLES} variables are taken.")
    for name, value in variables.items():
        place = f"variables.{theme}.{_shown(name)}"
        if not isinstance(value, str):
            raise _invalid(f"{place}: the value must be text between quotes.")
        try:
            msgspec.convert({"light": {name: value}}, UploadedTheme)
        except msgspec.ValidationError as error:
            what = (
                "a variable's name is -- and then small letters, digits and -, at most 60"
                if "key" in str(error)
                else r"a value has 1 to 200 characters, without ; { } < > \ and @"
            )
            raise _invalid(f"{place}: {what}.") from error
        if not _is_plain(value):
            raise _invalid(f"{place}: a value cannot fetch anything, and its brackets and quotes must match.")
    return variables


def _is_plain(value: str) -> bool:
    """Tell whether a value stays inside its declaration, and names no address."""
    *pending, end = tinycss2.parse_component_value_list(f"{value};")
    # A bracket, string or comment without its end takes in what follows.
    if not value.isprintable() or end != ";":
        return False
    while pending:
        token = pending.pop()
        if token.type in {"error", "url", "comment"}:
            return False
        if token.type == "function":
            if token.lower_name in _ADDRESS_FUNCTIONS:
                return False
            pending += token.arguments
        elif token.type in {"() block", "[] block"}:
            pending += token.content
    return True


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name[:60])


def _invalid(message: str) -> InvalidValueError:
    return InvalidValueError("theme_invalid", message[:300], field="content")
