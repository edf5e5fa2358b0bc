"""Files of a folder by name, without listing or resolving anything on each request."""

import os
import time
from pathlib import Path

__all__ = ["FolderListing", "ServedFolder", "file_version", "status_of"]

# Half the time of Path.stat, on each request. Kept by its own name, since ``working_directory`` puts another in the
# place of ``os.stat``, for relative paths, which these are not.
status_of = os.stat

# A file system's clock ticks every few milliseconds: a change within the tick of the listing leaves the time as it was.
UNSURE_NANOSECONDS = 50_000_000
MAXIMUM_NAMES = 4_096


class FolderListing:
    """The names in one folder, listed again when the folder changes; a folder that is not there has none.

    With a ``suffix`` only names that end so are there, and all before it is their stem.
    """

    __slots__ = ("_changed", "_files", "_folder", "_suffix")

    def __init__(self, folder: Path, suffix: str = "") -> None:
        self._folder = folder
        self._suffix = suffix
        self._changed = -1
        self._files: dict[str, Path] = {}

    def find(self, stem: str) -> Path | None:
        """Return the first file ``<stem>.<anything>`` in the order of names, or None."""
        return self._by_stem().get(stem)

    def find_beginning(self, start: str) -> Path | None:
        """Return the first file whose name begins so, or None."""
        return next((path for stem, path in self._by_stem().items() if stem.startswith(start)), None)

    def _by_stem(self) -> dict[str, Path]:
        try:
            changed = status_of(self._folder).st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            self._changed, self._files = -1, {}
            return self._files
        if changed != self._changed:
            sure = time.time_ns() - changed > UNSURE_NANOSECONDS
            self._files = {}
            for name in sorted(os.listdir(self._folder)):  # noqa: PTH208 - names, not paths
                stem = self._stem(name)
                if stem:
                    self._files.setdefault(stem, self._folder / name)
            self._changed = changed if sure else -1
        return self._files

    def _stem(self, name: str) -> str:
        if self._suffix:
            return name.removesuffix(self._suffix) if name.endswith(self._suffix) else ""
        stem, dot, _ = name.partition(".")
        return stem if dot else ""


def file_version(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file does, or None while it may change without that; raises ``FileNotFoundError``."""
    status = status_of(path)
    sure = time.time_ns() - status.st_mtime_ns > UNSURE_NANOSECONDS
    return (status.st_mtime_ns, status.st_size) if sure else None


class ServedFolder:
    """A folder whose files may be asked for by name; links and dots cannot lead out of it."""

    __slots__ = ("_folder", "_known")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Path] = {}

    def find(self, name: str) -> Path | None:
        """Return the file of a name such as ``elements/Card.jsx``, or None. It may have been removed since."""
        known = self._known.get(name)
        if known is not None:
            return known
        if "\x00" in name:
            return None
        folder = self._folder.resolve()
        path = (folder / name.lstrip("/")).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            return None
        # Only the plain name of a file is kept: the many other ways to write its path cannot fill the memory, and a
        # link is followed anew each time.
        if path.relative_to(folder).as_posix() == name and len(self._known) < MAXIMUM_NAMES:
            self._known[name] = path
        return path
