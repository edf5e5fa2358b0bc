"""Load every app of ``CHAINLIT_APPS_DIR`` once, each into its own settings, hooks, modules, routes and environment."""

import importlib
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any

import structlog
from chainlit.cache import init_lc_cache
from chainlit.config import CodeSettings, RunSettings
from dotenv import dotenv_values

from runtime.chainlit_host.apps import modules
from runtime.chainlit_host.apps.loading_limit import loading_limit
from runtime.chainlit_host.apps.modules import AppModules
from runtime.chainlit_host.apps.settings import read_settings
from runtime.chainlit_host.apps.texts import AppTexts
from runtime.environment import app_layers
from runtime.own_settings import DeclaredSettings, declared_settings, declaring_settings, read_declared
from runtime.tenancy import current_handle, leave_tenant
from tenants.contract.errors import UnavailableError

__all__ = ["AppLibrary", "AppUnavailableError", "LoadedApp", "app_scope"]

log = structlog.get_logger(__name__)

MAIN_FILES = ("main.py", "app.py")
IMPORTING = ("<frozen importlib", importlib.__file__, modules.__file__)


class AppUnavailableError(UnavailableError):
    """A tenant names an app that this runtime does not have, or that failed to load."""

    def __init__(self, name: str) -> None:
        super().__init__("app_unavailable", f"The app “{name}” is not available just now.", details={"app": name})
        self.name = name


class NothingToAnswerError(ValueError):
    """An app declares none of the hooks by which it could answer."""

    def __init__(self) -> None:
        super().__init__("The app declares neither on_chat_start nor on_message nor on_audio_chunk.")


class LoadedApp:
    """One Chainlit project folder: what ``chainlit run`` keeps in process-wide places, kept apart."""

    def __init__(self, name: str, folder: Path, *, changing: bool = False) -> None:
        settings = read_settings(folder)
        self.name = name
        self.folder = folder
        self.root = str(folder)
        self.working_directory = self.root
        """What relative paths of the app begin with; the app may change it (``os.chdir``)."""
        self.project = settings.project
        self.features = settings.features
        self.ui = settings.ui
        self.page_sources = settings.page_sources
        self.code = CodeSettings(action_callbacks={})
        self.run = RunSettings(headless=True)
        self.texts = AppTexts(folder)
        self.environment: dict[str, str | None] = dict(dotenv_values(folder / ".env"))
        """The app's ``.env``, and what it set in ``os.environ`` while it was imported; None: removed."""
        self.server: dict[str, Any] = {}
        """The app's own routes, middleware and handlers of ``chainlit.server.app``."""
        self.settings: DeclaredSettings | None = None
        """What the app lets each tenant set; known once it is imported."""
        self._modules = AppModules(name, folder, changing=changing)

    def load_translation(self, language: str) -> Mapping[str, Any]:
        """Answer ``config.load_translation``."""
        return self.texts.translation(language)

    def run_main(self, main: Path) -> None:
        """Import the app's main file for its effects; whatever it raises is passed on."""
        self.run.module_name = main.name
        try:
            with app_scope(self), declaring_settings() as declared:
                self.code.module = self._modules.load(main)
                # Where [project] of its config.toml says so: a cache for LangChain in a file of the app's.
                init_lc_cache()  # type: ignore[no-untyped-call]  # Chainlit's
            self.settings = read_declared(declared)
        except BaseException:
            self._modules.forget()
            raise

    def forget_modules(self) -> None:
        """Take the app's modules out of the process, so that its files are read anew."""
        self._modules.forget()

    def __repr__(self) -> str:
        return f"<LoadedApp {self.name}>"


class AppLibrary:
    """All apps by name, and the reason for each that could not be loaded.

    The folder may hold links: an app may lie anywhere. ``changing`` apps can be loaded again while they serve.
    """

    def __init__(self, folder: Path, *, changing: bool = False, load_seconds: float = 0) -> None:
        self._load_seconds = load_seconds
        self._folder = folder.resolve()
        self._changing = changing
        self._apps: dict[str, LoadedApp] = {}
        self._broken: dict[str, str] = {}
        self._traces: dict[str, str] = {}

    @property
    def loaded(self) -> Mapping[str, LoadedApp]:
        """The apps that serve, by name."""
        return MappingProxyType(self._apps)

    @property
    def broken(self) -> Mapping[str, str]:
        """Name and reason of each app that does not serve; for operators, never for visitors."""
        return MappingProxyType(self._broken)

    @property
    def traces(self) -> Mapping[str, str]:
        """Name and trace, the app's own lines of it, of each app that does not serve; for its developer."""
        return MappingProxyType(self._traces)

    def load_all(self) -> None:
        """Load each folder that holds a main file. A broken app is reported and does not stop the others."""
        for folder in sorted(self._folder.iterdir()) if self._folder.is_dir() else ():
            main = _main_file(folder)
            if main is not None and (app := self._load(folder.name, main)):
                self.serve(app)
        if not self._apps:
            log.error("no_app_loaded", folder=str(self._folder))

    def load_anew(self, name: str) -> LoadedApp | None:
        """Return an app as its folder has it now, for ``serve``; None when it is broken, and so not served any more."""
        old = self._apps.get(name)
        if old is not None:
            old.forget_modules()
        main = _main_file(self._folder / name)
        if main is None:
            self._withdraw(name, reason := f"There is no {' or '.join(MAIN_FILES)} in the app's folder.", reason)
            log.error("app_broken", app=name, reason=reason)
            return None
        return self._load(name, main)

    def serve(self, app: LoadedApp) -> None:
        """Serve an app from now on, in the place of the one that had its name."""
        self._apps[app.name] = app
        app_layers[app.name] = app.environment
        if app.settings is None:
            declared_settings.pop(app.name, None)
        else:
            declared_settings[app.name] = app.settings
        self._broken.pop(app.name, None)
        self._traces.pop(app.name, None)
        log.info("app_loaded", app=app.name)

    def _load(self, name: str, main: Path) -> LoadedApp | None:
        try:
            app = LoadedApp(name, main.parent, changing=self._changing)
            with loading_limit(self._load_seconds):
                app.run_main(main)
            _check_that_it_answers(app)
        # An app may fail in any way; the others must serve.
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            self._withdraw(name, reason, own_trace(error, main.parent))
            log.exception("app_broken", app=name, reason=reason)
            return None
        return app

    def _withdraw(self, name: str, reason: str, trace: str) -> None:
        self._apps.pop(name, None)
        app_layers.pop(name, None)
        declared_settings.pop(name, None)
        self._broken[name], self._traces[name] = reason, trace

    def find(self, name: str) -> LoadedApp:
        """Return the app of that name, or raise ``AppUnavailableError``."""
        try:
            return self._apps[name]
        except KeyError:
            raise AppUnavailableError(name) from None

    def current(self) -> LoadedApp | None:
        """Return the app of the bound tenant, else the one that is being loaded, started or stopped, else None."""
        handle = current_handle()
        if handle is not None:
            return self._apps.get(handle.state.app)
        return _scope.get()

    def detached_context(self) -> Context | None:
        """Return a context that belongs to the running app and to no tenant, or None outside any app."""
        app = self.current()
        if app is None:
            return None
        context = Context()
        context.run(_scope.set, app)
        return context

    def leave_tenant(self) -> None:
        """Go on for the running app alone, as a process does that was forked from a tenant's code."""
        app = self.current()
        leave_tenant()
        _scope.set(app)


def _check_that_it_answers(app: LoadedApp) -> None:
    """Raise ``NothingToAnswerError`` where ``chainlit run`` would refuse to start, too."""
    if not (app.code.on_chat_start or app.code.on_message or app.code.on_audio_chunk):
        app.forget_modules()
        raise NothingToAnswerError


def _main_file(folder: Path) -> Path | None:
    """Return the main file of an app's folder by its real path, which is the app's ``__file__``."""
    folder = folder.resolve()
    return next((folder / name for name in MAIN_FILES if (folder / name).is_file()), None)


def own_trace(error: BaseException, folder: Path) -> str:
    """Return the trace of an error as the app's developer would have it: without the machinery of importing."""
    summary = traceback.TracebackException.from_exception(error)
    own = (number for number, frame in enumerate(summary.stack) if Path(frame.filename).is_relative_to(folder))
    first = next(own, len(summary.stack))
    summary.stack[:] = [frame for frame in summary.stack[first:] if not frame.filename.startswith(IMPORTING)]
    return "".join(summary.format())


_scope: ContextVar[LoadedApp | None] = ContextVar("chainlit_tenants_app", default=None)


@contextmanager
def app_scope(app: LoadedApp) -> Iterator[None]:
    """Run a block for an app without a tenant: its import, its startup and shutdown hooks."""
    token = _scope.set(app)
    try:
        yield
    finally:
        _scope.reset(token)
