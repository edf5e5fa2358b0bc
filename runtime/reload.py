"""Watches the apps while somebody writes them: a saved file loads its app anew, and that app's pages with it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path

import structlog
from watchfiles import Change, awatch

__all__ = ["app_folders", "app_of_change", "watch_apps"]

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


async def watch_apps(folders: Mapping[Path, str], reload: Callable[[str], Awaitable[None]]) -> None:
    """Call ``reload`` with the name of each app in whose folder something was saved, until cancelled."""
    log.warning("apps_watched", apps=sorted(folders.values()), effect="traces are shown to visitors: for development")
    async for changes in _changes(folders):
        for name in sorted(_apps_of(folders, changes)):
            log.info("app_changed", app=name)
            try:
                await reload(name)
            except Exception:  # the next save must still be seen
                log.exception("app_not_reloaded", app=name)


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


def _apps_of(folders: Mapping[Path, str], changes: set[tuple[Change, str]]) -> set[str]:
    saved = (path for _, changed in changes for path in _with_contents(Path(changed)))
    return {name for path in saved if (name := app_of_change(folders, path))}


def _with_contents(path: Path) -> Iterator[Path]:
    """Yield a path and, of a folder that appeared, what is in it: that was there before the folder was watched."""
    yield path
    if path.is_dir() and path.name not in FOREIGN:
        yield from path.rglob("*")
