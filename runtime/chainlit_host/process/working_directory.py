"""Seam: the current directory. A relative path of an app leads into the app's folder, as under ``chainlit run``.

A process has one current directory, and here it has many apps. So ``open``, the functions of ``os`` that take a path
and the start of child processes make a relative path absolute first, for whichever app is running; ``pathlib``,
``shutil``, ``glob`` and most libraries end in these. A library that opens files in C by itself (``sqlite3``) is not
reached; where one app alone is served, the process stands in its folder, which helps there too.
"""

import builtins
import io
import os
import subprocess
from collections.abc import Callable
from functools import wraps
from typing import Any

import aiofiles.threadpool

from runtime.chainlit_host.apps.loading import AppLibrary

__all__ = ["install_working_directory", "stand_in_the_only_app"]

# By the positions of their paths. ``symlink`` is left out of the first: what a link says is relative to the link.
PATHS = {
    (0,): (
        "access", "chmod", "listdir", "lstat", "mkdir", "open", "readlink", "remove", "rmdir", "scandir", "stat",
        "truncate", "unlink", "utime",
    ),
    (0, 1): ("link", "rename", "replace"),
    (1,): ("symlink",),
}  # fmt: skip
NAMES = ("path", "src", "dst")
CAPABILITIES = (os.supports_dir_fd, os.supports_effective_ids, os.supports_fd, os.supports_follow_symlinks)
POPEN_CWD = 9
"""The position of ``cwd`` among the positional arguments of ``subprocess.Popen.__init__``, after ``self``."""

Function = Callable[..., Any]


def install_working_directory(library: AppLibrary) -> None:
    """Make relative paths belong to the app that is running; without one they are the process's as ever."""
    folders = _Folders(library)
    for positions, names in PATHS.items():
        for name in names:
            _replace(name, folders.with_absolute_paths(getattr(os, name), positions))
    _replace("getcwd", folders.current)
    _replace("chdir", folders.change)
    # One function under several names; through the last Chainlit reads the files that apps send.
    builtins.open = io.open = folders.with_absolute_paths(open, (0,))
    vars(aiofiles.threadpool)["sync_open"] = builtins.open
    popen: Any = subprocess.Popen
    popen.__init__ = folders.with_directory(popen.__init__)


def stand_in_the_only_app(library: AppLibrary) -> None:
    """Where one app alone is served, make its folder the process's current directory."""
    if len(library.loaded) == 1 and not library.broken:
        os.chdir(next(iter(library.loaded.values())).folder)


class _Folders:
    """Paths as the running app means them."""

    def __init__(self, library: AppLibrary) -> None:
        self._library = library
        self._current_of_process = os.getcwd
        self._change_of_process = os.chdir

    def current(self) -> str:
        """Answer ``os.getcwd``."""
        app = self._library.current()
        return self._current_of_process() if app is None else app.working_directory

    def change(self, path: Any) -> None:
        """Answer ``os.chdir``: it moves the running app alone."""
        app = self._library.current()
        if app is None:
            self._change_of_process(path)
            return
        target = os.path.realpath(self.absolute(path))
        os.scandir(target).close()  # raises what os.chdir would, where there is no such folder
        app.working_directory = os.fsdecode(target)

    def absolute(self, path: Any) -> Any:
        """Return a relative path inside the app's folder; everything else is returned as it is."""
        if type(path) is str and path.startswith("/"):
            return path
        if not isinstance(path, str | bytes | os.PathLike) or (app := self._library.current()) is None:
            return path
        plain = os.fspath(path)
        if isinstance(plain, bytes):
            return os.path.join(os.fsencode(app.working_directory), plain)  # noqa: PTH118 - bytes, which pathlib does not take
        return os.path.join(app.working_directory, plain)  # noqa: PTH118 - the empty path must stay one that does not exist

    def with_absolute_paths(self, function: Function, positions: tuple[int, ...]) -> Function:
        """Wrap a function that takes paths at these positions, or by name."""

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            # Relative to an open directory, or the names of a call that is wrong anyway.
            if kwargs.keys() & {"dir_fd", "src_dir_fd", "dst_dir_fd"}:
                return function(*args, **kwargs)
            given = [self.absolute(value) if place in positions else value for place, value in enumerate(args)]
            if not args:
                # By name, or nothing at all: ``os.listdir`` and ``os.scandir`` then mean the current directory.
                kwargs = {name: self.absolute(value) if name in NAMES else value for name, value in kwargs.items()}
                given = [] if kwargs or self._library.current() is None else [self.current()]
            return function(*given, **kwargs)

        return call

    def with_directory(self, start: Function) -> Function:
        """Wrap ``Popen.__init__``: a child begins in the app's folder."""

        @wraps(start)
        def start_in_folder(process: Any, *args: Any, **kwargs: Any) -> None:
            if len(args) > POPEN_CWD:
                args = (*args[:POPEN_CWD], self._directory(args[POPEN_CWD]), *args[POPEN_CWD + 1 :])
            else:
                kwargs["cwd"] = self._directory(kwargs.get("cwd"))
            start(process, *args, **kwargs)

        return start_in_folder

    def _directory(self, given: Any) -> Any:
        if given is not None:
            return self.absolute(given)
        app = self._library.current()
        return None if app is None else app.working_directory


def _replace(name: str, replacement: Function) -> None:
    original = getattr(os, name)
    setattr(os, name, replacement)
    # Callers ask by the function whether the system supports this or that way of calling it.
    for capability in CAPABILITIES:
        if original in capability:
            capability.add(replacement)
