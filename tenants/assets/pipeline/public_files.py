"""Files under ``/public/``: of a listed kind by their name, and of that same kind by their content."""

from collections.abc import Mapping
from types import MappingProxyType

from tenants.assets.pipeline.encoding import encode
from tenants.assets.pipeline.fonts import clean_font
from tenants.assets.pipeline.formats import LARGEST_SIDE, FileFormat, listed, recognise
from tenants.assets.pipeline.prepared import PreparedAsset, PreparedFile
from tenants.assets.pipeline.raster import decode, fitted
from tenants.assets.pipeline.stylesheets import check_stylesheet
from tenants.assets.pipeline.texts import check_json, read_script, read_text, text_file
from tenants.assets.pipeline.vector import clean_svg
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole

__all__ = ["prepare_public_file"]

_BY_ENDING: Mapping[str, FileFormat] = MappingProxyType(
    {kind.extension: kind for kind in FileFormat} | {"jpeg": FileFormat.JPEG, "mjs": FileFormat.JAVASCRIPT}
)
_MAXIMUM_TEXT_BYTES = 1024**2


def prepare_public_file(content: bytes, role: AssetRole, name: str) -> PreparedAsset:
    """Return a file for the path ``name`` under ``/public/``.

    Pictures are written anew in their own format, drawings, fonts and style sheets pass as in their own roles, text
    must be text. Sound, film and PDF are checked by their beginning alone and stay as they are, with their metadata:
    they are served under their type, and browsers give them no rights on the page. Scripts and custom elements need
    approval. Raises ``InvalidValueError``: ``public_file_refused`` (the ending), ``public_file_mismatch`` (content of
    another kind), ``file_too_large`` (text of more than 1 MB), and what the kinds' own checks raise.
    """
    kind = _kind_of(name)
    match kind:
        case FileFormat.PNG | FileFormat.JPEG | FileFormat.WEBP | FileFormat.GIF | FileFormat.AVIF | FileFormat.ICO:
            _check_kind(content, kind)
            side = LARGEST_SIDE[role]
            picture = fitted(decode(content, kind), side, side)
            return PreparedAsset(encode(picture, kind, drawn=b"VP8L" in content[:64]))
        case FileFormat.SVG:
            drawing = clean_svg(content)
            file = PreparedFile(drawing.content, kind.served_type, kind.extension, drawing.width, drawing.height)
            return PreparedAsset(file)
        case FileFormat.WOFF2:
            return PreparedAsset(clean_font(content)[0])
        case FileFormat.PDF | FileFormat.MP3 | FileFormat.OGG | FileFormat.WAV | FileFormat.MP4 | FileFormat.WEBM:
            _check_kind(content, kind)
            return PreparedAsset(PreparedFile(content, kind.served_type, kind.extension))
        case _:
            return _prepare_text(content, kind)


def _prepare_text(content: bytes, kind: FileFormat) -> PreparedAsset:
    if len(content) > _MAXIMUM_TEXT_BYTES:
        raise InvalidValueError(
            "file_too_large",
            f"A {kind.label} file may have {_MAXIMUM_TEXT_BYTES // 1024**2} MB at most.",
            field="content",
        )
    is_code = kind in {FileFormat.JAVASCRIPT, FileFormat.JSX}
    text = read_script(content) if is_code else read_text(content)
    if kind is FileFormat.CSS:
        check_stylesheet(text)
    elif kind is FileFormat.JSON:
        check_json(text)
    return PreparedAsset(text_file(text, kind), needs_approval=is_code)


def _kind_of(name: str) -> FileFormat:
    ending = name.rpartition("/")[2].rpartition(".")[2].lower() if "." in name.rpartition("/")[2] else ""
    kind = _BY_ENDING.get(ending)
    if kind is None:
        found = f".{ending[:20]} files" if ending else "Files without an ending"
        raise InvalidValueError(
            "public_file_refused", f"{found} are not taken here; please use {listed(tuple(FileFormat))}.", field="name"
        )
    return kind


def _check_kind(content: bytes, kind: FileFormat) -> None:
    found = recognise(content)
    if found is not kind:
        what = found.label if isinstance(found, FileFormat) else found or "something unknown"
        raise InvalidValueError(
            "public_file_mismatch", f"By its name the file is {kind.label}, but its content is {what}.", field="content"
        )
