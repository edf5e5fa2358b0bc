"""The one app that somebody is writing (`--app`): where it lies, what it is called, and the demo tenant it gets."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controlplane.supervisor.errors import StartError
from tenants.contract.errors import InvalidValueError
from tenants.contract.hosts import validate_slug

__all__ = ["DevelopedApp", "find_app"]

_MAIN_FILES = ("main.py", "app.py")
_DEMO_TENANTS = frozenset({"acme", "globex"})
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class DevelopedApp:
    """An app in a folder of its own, beside those of CHAINLIT_APPS_DIR."""

    name: str
    folder: Path
    siblings: Path
    """The folder of the other apps."""

    @property
    def slug(self) -> str:
        """The short name of its tenant: the folder's, in letters, digits and hyphens."""
        words = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:34].strip("-")
        for slug in (words, f"{words}-chat", f"app-{words}"):
            try:
                if slug not in _DEMO_TENANTS:
                    return validate_slug(slug)
            except InvalidValueError:
                continue
        return "my-app"

    @property
    def title(self) -> str:
        """What the app calls itself in its config.toml, else the folder's name in words."""
        words = re.sub(r"[-_.\s]+", " ", self.name).strip()
        named = _settings(self.folder).get("UI", {}).get("name")
        # What Chainlit writes into every new config.toml says nothing about this app.
        title = named if isinstance(named, str) and named not in ("", "Assistant") else words.title()
        return title[:_LONGEST_NAME] or self.slug

    def gather(self, directory: Path) -> None:
        """Make `directory` hold a link to each app, this one included."""
        directory.mkdir(parents=True, exist_ok=True)
        wanted = {entry.name: entry for entry in self.siblings.glob("*/")} | {self.name: self.folder}
        for link in directory.iterdir():
            link.unlink()
        for name, folder in wanted.items():
            (directory / name).symlink_to(folder.absolute(), target_is_directory=True)


def find_app(path: Path, *, among: Path) -> DevelopedApp:
    """Return the app in a folder. Raises StartError when it is none, or when its name is another app's."""
    folder = path.expanduser().resolve()
    if not any((folder / name).is_file() for name in _MAIN_FILES):
        raise StartError(f"--app {path} is no Chainlit app: there is no {' or '.join(_MAIN_FILES)} in {folder}.")
    namesake = (among / folder.name).resolve()
    if namesake.exists() and namesake != folder:
        raise StartError(f"--app {path} has the name of an app in {among.absolute()}: give its folder another name.")
    return DevelopedApp(folder.name, folder, among)


def _settings(folder: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads((folder / ".chainlit" / "config.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none, or one that the runtime will tell its developer about
        return {}
