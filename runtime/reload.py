"""Watches the apps while somebody writes them: a saved file loads its app anew, and that app's pages with it."""

import hashlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path

import structlog
from watchfiles import Change, awatch

__all__ = ["Saves", "app_folders", "app_of_change", "watch_apps"]

log = structlog.get_logger(__name__)

WRITTEN_BY_PEOPLE = frozenset(
    {
        ".css", ".env", ".htm", ".html", ".j2", ".jinja", ".js", ".jsx", ".md", ".mjs", ".py", ".svg", ".toml", ".ts",
        ".tsx", ".yaml", ".yml",
    }
)  # fmt: skip
# An app may keep data beside its code (JSON, pictures): what it writes there itself must not load it anew.
OF_THE_PAGE = frozenset({".chainlit", "public"})
FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})
DEBOUNCE_MILLISECONDS = 400
QUIET_MILLISECONDS = 50


def app_folders(apps_dir: Path) -> dict[Path, str]:
    """Return the names of the apps by their real folders: ``apps_dir`` holds folders or links to folders."""
    return {entry.resolve(): entry.name for entry in sorted(apps_dir.iterdir()) if entry.is_dir()}


async def watch_apps(folders: Mapping[Path, str], reload: Callable[[str], Awaitable[bool]]) -> None:
    """Call ``reload`` with the name of each app in whose folder something was saved, until cancelled.

    ``reload`` returns whether the app can be served now.
    """
    saves = Saves(folders)
    log.warning("apps_watched", apps=sorted(folders.values()), effect="traces are shown to visitors: for development")
    async for changes in _changes(folders):
        for name in sorted(saves.changed(Path(path) for _, path in changes)):
            log.info("app_changed", app=name)
            try:
                saves.note_load(name, serves=await reload(name))
            except Exception:  # the next save must still be seen
                log.exception("app_not_reloaded", app=name)


class Saves:
    """What the files of apps held when they were last looked at; to write the same once more is no change.

    Without it an app that writes a file at each import, such as a ``chainlit.md``, would load itself anew for ever.
    Only of an app that is broken a file may be saved as it is, to try again.
    """

    def __init__(self, folders: Mapping[Path, str]) -> None:
        self._folders = folders
        self._broken_at: dict[str, float] = {}
        self._digests: dict[Path, bytes] = {}
        for folder in folders:
            self._get_to_know(folder)

    def changed(self, paths: Iterable[Path]) -> set[str]:
        """Return the apps of which any of these files, or what is in these folders, was saved with another content."""
        files = {file for path in paths for file in (_files_below(path) if path.is_dir() else (path,))}
        # All are looked at, so that each is known as it is now.
        return {name for path in files if (name := app_of_change(self._folders, path)) and self._is_news(name, path)}

    def note_load(self, name: str, *, serves: bool) -> None:
        """Take note of how a load ended; what was written until now may have been written by it."""
        for folder in (folder for folder, app in self._folders.items() if app == name):
            self._get_to_know(folder)
        if serves:
            self._broken_at.pop(name, None)
        else:
            self._broken_at[name] = time.time()

    def _get_to_know(self, folder: Path) -> None:
        """Look at files that were not there before; those that are known may have been changed, which is still news."""
        for path in _files_below(folder):
            if path not in self._digests and app_of_change(self._folders, path):
                self._digests[path] = _digest(path)

    def _is_news(self, name: str, path: Path) -> bool:
        before, now = self._digests.get(path), _digest(path)
        self._digests[path] = now
        if before != now:
            return True
        return name in self._broken_at and path.exists() and path.stat().st_mtime > self._broken_at[name]


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:  # removed, or not for us to read
        return b""


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder, which may have been there before the folder was watched."""
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in FOREIGN and (name[0] != "." or name == ".chainlit")]
        yield from (Path(parent, name) for name in files)


async def _changes(folders: Iterable[Path]) -> AsyncIterator[set[tuple[Change, str]]]:
    for polls in (False, True):
        watch = awatch(
            *folders,
            watch_filter=None,
            debounce=DEBOUNCE_MILLISECONDS,
            step=QUIET_MILLISECONDS,
            # None leaves it to watchfiles, which polls where it knows that nothing else works.
            force_polling=polls or None,
        )
        try:
            async for changes in watch:
                yield changes
        except OSError as error:
            if polls:
                raise
            log.warning("apps_polled", reason=str(error))


def app_of_change(folders: Mapping[Path, str], path: Path) -> str | None:
    """Return the app that a changed file belongs to, or None where it is none that people write."""
    for folder, name in folders.items():
        if path.is_relative_to(folder):
            *parents, file = path.relative_to(folder).parts
            if FOREIGN.intersection(parents) or any(part.startswith(".") and part != ".chainlit" for part in parents):
                return None
            written = path.suffix in WRITTEN_BY_PEOPLE or file == ".env"
            of_the_page = bool(parents) and parents[0] in OF_THE_PAGE and not file.startswith(".")
            return name if written or of_the_page else None
    return None
