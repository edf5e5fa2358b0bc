"""Give every app its own module namespace in one process.

An app's modules live in ``sys.modules`` below ``chainlit_apps.<app>``, and its code gets an ``__import__`` that looks
for siblings there first. So two apps may both have a ``helpers.py``, also when they import it inside a function.
"""

import builtins
import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

__all__ = ["AppModules"]

ROOT_PACKAGE = "chainlit_apps"
# Of the process: what these names answer later is the running app's (see ``working_directory``).
_change_directory, _current_directory = os.chdir, os.getcwd


class AppModules:
    """The modules of one app: its main file, siblings and packages.

    ``changing`` code is compiled at each import: two edits of equal length within a second leave Python's own cache
    of compiled files none the wiser.
    """

    def __init__(self, name: str, folder: Path, *, changing: bool = False) -> None:
        self.folder = folder
        self.changing = changing
        self.package = f"{ROOT_PACKAGE}.{name.replace('.', '%2E')}"
        self.builtins: dict[str, Any] = {**vars(builtins), "__import__": self._import}
        self._search = [str(folder)]
        self._owned: dict[str, bool] = {}
        self._loading = False
        _finder().register(self)

    def load(self, main: Path) -> ModuleType:
        """Import the app's main file once; whatever it raises is passed on."""
        if self.changing:
            importlib.invalidate_caches()
        with self._as_the_running_program():
            return importlib.import_module(f"{self.package}.{main.stem}")

    def forget(self) -> None:
        """Take the app's modules out of the process, as after an import that failed half-way."""
        for name in [name for name in sys.modules if name == self.package or name.startswith(f"{self.package}.")]:
            del sys.modules[name]

    @contextlib.contextmanager
    def _as_the_running_program(self) -> Iterator[None]:
        """While its main file runs, the app finds its folder as current directory and first on ``sys.path``."""
        path_before, sys.path[:] = list(sys.path), [str(self.folder), *sys.path]
        modules_before, directory_before = set(sys.modules), _current_directory()
        self._loading = True
        try:
            _change_directory(self.folder)
            yield
        finally:
            _change_directory(directory_before)
            self._loading = False
            self._search[:] = self._own_entries()
            self._owned.clear()
            sys.path[:] = path_before
            self._withdraw_strays(modules_before)

    def _withdraw_strays(self, before: set[str]) -> None:
        """Drop siblings that were imported by their bare name (``importlib``), so that no other app finds them."""
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            inside = isinstance(file, str) and Path(file).is_relative_to(self.folder)
            if inside and not name.startswith(f"{ROOT_PACKAGE}."):
                del sys.modules[name]

    def _own_entries(self) -> list[str]:
        """Return the folder and what the app itself put on ``sys.path`` inside it."""
        added = [entry for entry in sys.path if entry != str(self.folder) and Path(entry).is_relative_to(self.folder)]
        return [str(self.folder), *dict.fromkeys(added)]

    def _owns(self, top: str) -> bool:
        if self._loading:
            self._search[:] = self._own_entries()
            return self._finds(top)
        if top not in self._owned:
            self._owned[top] = self._finds(top)
        return self._owned[top]

    def _finds(self, top: str) -> bool:
        if top in sys.stdlib_module_names:
            return False
        spec = PathFinder.find_spec(top, self._search)
        if spec is None:
            return False
        # A plain folder is a package only where no installed one has the name: a folder "openai" holds data.
        return spec.loader is not None or not _is_installed(top)

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the signature of builtins.__import__
        locals: Mapping[str, object] | None = None,  # noqa: A002 - as above
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        top = name.partition(".")[0]
        if level or not self._owns(top):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        full_name = f"{self.package}.{name}"
        if fromlist:
            return builtins.__import__(full_name, globals, locals, fromlist, 0)
        importlib.import_module(full_name)
        return sys.modules[f"{self.package}.{top}"]


class _AppLoader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, modules: AppModules) -> None:
        super().__init__(fullname, path)
        self._modules = modules

    def get_code(self, fullname: str) -> CodeType | None:
        if not self._modules.changing:
            return super().get_code(fullname)
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code

    def exec_module(self, module: ModuleType) -> None:
        # Import statements look up __import__ in the builtins of the module they stand in.
        vars(module)["__builtins__"] = self._modules.builtins
        super().exec_module(module)


class _AppFinder(MetaPathFinder):
    """Finds modules below ``chainlit_apps`` and hands them to the loader of their app."""

    def __init__(self) -> None:
        self._by_package: dict[str, AppModules] = {}

    def register(self, modules: AppModules) -> None:
        self._by_package[modules.package] = modules
        package = ModuleType(modules.package)
        package.__path__ = modules._search  # one list, so that entries added while loading are searched too
        sys.modules[modules.package] = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        modules = self._by_package.get(".".join(fullname.split(".", 2)[:2]))
        if modules is None or fullname == modules.package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _AppLoader(fullname, spec.loader.path, modules)
        return spec


def _finder() -> _AppFinder:
    for finder in sys.meta_path:
        if isinstance(finder, _AppFinder):
            return finder
    new = _AppFinder()
    sys.meta_path.insert(0, new)
    root = ModuleType(ROOT_PACKAGE)
    root.__path__ = []
    sys.modules[ROOT_PACKAGE] = root
    return new


def _is_installed(name: str) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is not None and spec.loader is not None
