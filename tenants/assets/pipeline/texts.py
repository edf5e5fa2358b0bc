"""Files made of text: UTF-8 without a byte order mark, and nothing in them that text does not hold."""

import re

import msgspec

from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedAsset, PreparedFile
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole

__all__ = ["check_json", "prepare_script", "read_text", "text_file"]

# Tabs, line ends and form feeds are text; the other controls make programs see what people do not.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"\s*<(?:!doctype|html|head|body|script|\?xml|!--)", re.IGNORECASE)

_json = msgspec.json.Decoder()


def read_text(content: bytes) -> str:
    """Return the text of a file; raises ``InvalidValueError`` (``text_broken``) for what is not UTF-8 or no text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _broken(f"is not UTF-8 at byte {error.start + 1:,}; please save it as UTF-8") from error
    if found := _CONTROLS.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise _broken(f"holds the control character U+{ord(found[0]):04X} in line {line:,}, so it is not text")
    return text


def text_file(text: str, kind: FileFormat) -> PreparedFile:
    """Return text as a file to publish."""
    return PreparedFile(text.encode(), kind.served_type, kind.extension)


def check_json(text: str) -> None:
    """Raise ``InvalidValueError`` (``json_broken``) with the place where text stops being JSON."""
    try:
        _json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidValueError("json_broken", f"The file is not JSON: {error}."[:300], field="content") from error


def prepare_script(content: bytes, _role: AssetRole, _name: str) -> PreparedAsset:
    """Return a script, which an operator must let in: it acts as each person who opens the page."""
    return PreparedAsset(text_file(read_script(content), FileFormat.JAVASCRIPT), needs_approval=True)


def read_script(content: bytes) -> str:
    """Return the text of a script; raises ``InvalidValueError`` (``text_broken``, ``script_markup``)."""
    text = read_text(content)
    if _MARKUP.match(text):
        raise InvalidValueError(
            "script_markup", "The file is a web page, not a script; please send the script alone.", field="content"
        )
    return text


def _broken(what: str) -> InvalidValueError:
    return InvalidValueError("text_broken", f"The file {what}.", field="content")
