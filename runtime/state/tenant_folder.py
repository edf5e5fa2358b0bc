"""Where files that define tenants lie: a folder with one a tenant, or an app whose config.toml makes one."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runtime.state.catalogue import TenantDefinition
from runtime.state.file_fields import TenantFileError
from runtime.state.tenant_file import TenantFileReader

__all__ = ["AppAsTenant", "TenantFolder"]

SUFFIX = ".toml"
DEFAULT_NAME = "Assistant"
"""What Chainlit calls an app whose config.toml has no name."""
DEFAULT_TENANT = "standalone"


@dataclass
class _File:
    """A file as it was last read."""

    stamp: tuple[int, int, int]
    content: bytes
    definition: TenantDefinition | TenantFileError


class TenantFolder:
    """A folder with a file ``<short name>.toml`` for each tenant."""

    def __init__(self, folder: Path, reader: TenantFileReader) -> None:
        self.folder = folder
        self._reader = reader
        self._files: dict[str, _File] = {}
        self._definitions: Mapping[str, TenantDefinition | TenantFileError] = {}

    def scan(self) -> Mapping[str, TenantDefinition | TenantFileError]:
        """See ``Definitions``; a file that did not change is not read again."""
        found: dict[str, _File] = {}
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX) and not entry.name.startswith("."):
                    try:
                        found[entry.name] = self._read(entry, self._files.get(entry.name))
                    except FileNotFoundError:  # removed since the folder was listed
                        continue
        before, self._files = self._files, found
        if found.keys() != before.keys() or any(file is not before[name] for name, file in found.items()):
            self._definitions = {name: file.definition for name, file in found.items()}
        return self._definitions

    def default_host(self, name: str) -> str:
        """See ``Definitions``."""
        return self._reader.default_host(name.removesuffix(SUFFIX))

    def _read(self, entry: os.DirEntry[str], known: _File | None) -> _File:
        # Asked before reading: a file that is written in between is read again by the next scan.
        status = entry.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if known is not None and known.stamp == stamp:
            return known
        path = self.folder / entry.name
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            return _File(stamp, b"", TenantFileError("", f"the file cannot be read: {type(error).__name__}"))
        if known is not None and known.content == content:
            return _File(stamp, content, known.definition)
        return _File(stamp, content, self._define(path, content, written_at=status.st_mtime_ns // 1_000_000))

    def _define(self, path: Path, content: bytes, *, written_at: int) -> TenantDefinition | TenantFileError:
        try:
            return self._reader.read(path.stem, content.decode(), written_at=written_at)
        except TenantFileError as error:
            return error
        except UnicodeDecodeError:
            return TenantFileError("", "not UTF-8 text")


class AppAsTenant:
    """One default tenant, made from an app as ``chainlit run`` would serve it: nothing is laid over its config.toml."""

    def __init__(self, folder: Path, *, host: str, reader: TenantFileReader) -> None:
        self._app = folder
        self._host = host
        self._reader = reader

    @property
    def folder(self) -> Path:
        """See ``Definitions``: where config.toml is, or will be."""
        settings = self._app / ".chainlit"
        return settings if settings.is_dir() else self._app

    def scan(self) -> Mapping[str, TenantDefinition | TenantFileError]:
        """See ``Definitions``."""
        path = self._app / ".chainlit" / "config.toml"
        try:
            text, written_at = path.read_text(encoding="utf-8"), path.stat().st_mtime_ns // 1_000_000
        except FileNotFoundError:
            text, written_at = "", self._app.stat().st_mtime_ns // 1_000_000
        return {str(path): self._define(text, written_at)}

    def default_host(self, name: str) -> str:
        """See ``Definitions``."""
        return self._host

    def _define(self, text: str, written_at: int) -> TenantDefinition | TenantFileError:
        try:
            name = str(tomllib.loads(text).get("UI", {}).get("name") or DEFAULT_NAME)
        except (tomllib.TOMLDecodeError, AttributeError) as error:
            return TenantFileError("", f"not valid TOML: {error}")
        fields = {"app": self._app.name, "access": "app", "name": name[:80], "hosts": [self._host]}
        try:
            return self._reader.define(DEFAULT_TENANT, fields, written_at=written_at)
        except TenantFileError as error:
            return error
