"""Seam: the paths that ``chainlit.config`` fixes when it is imported. Each app finds its own folder there."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from runtime.chainlit_host.apps.loading import AppLibrary

__all__ = ["APP_PATHS", "install_app_paths"]

APP_PATHS = {
    "APP_ROOT": ".",
    "config_dir": ".chainlit",
    "config_file": ".chainlit/config.toml",
    "config_translation_dir": ".chainlit/translations",
    "public_dir": "public",
}
"""Each name with its place in an app's folder."""


class PathsModule(ModuleType):
    """The module with names that answer for the running app; Chainlit's own code reads its globals as ever."""


def install_app_paths(library: AppLibrary) -> None:
    """Make the paths of ``chainlit.config`` answer for the app that asks."""
    for name, place in APP_PATHS.items():
        setattr(PathsModule, name, _path(library, name, place))
    import_module("chainlit.config").__class__ = PathsModule


def _path(library: AppLibrary, name: str, place: str) -> property:
    def read(module: Any) -> str:
        app = library.current()
        found: str = vars(module)[name] if app is None else str(Path(app.root) / place)
        return found

    return property(read)
