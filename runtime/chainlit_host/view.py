"""What Chainlit's settings are for one tenant: the app's own with the tenant's state laid over them.

Built once a revision through ``TenantHandle.compiled``.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from chainlit.config import CodeSettings, FeaturesSettings, ProjectSettings, UISettings
from pydantic import BaseModel

from runtime.chainlit_host.apps.loading import AppLibrary, LoadedApp
from runtime.chainlit_host.apps.sign_in_words import with_provider_names
from runtime.chainlit_host.apps.tenant_starters import TenantStarters
from runtime.chainlit_host.apps.tenant_texts import TenantTexts
from runtime.tenancy import TenantHandle
from tenants.contract.state import AccessMode, AccessPolicy, AssetRole, TenantState

__all__ = ["LOGIN_IMAGE_PATH", "TenantView", "TenantViews", "merge"]

LOGIN_IMAGE_PATH = "/_brand/login"

Settings = TypeVar("Settings", bound=BaseModel)
CodeForTenant = Callable[[TenantState, CodeSettings], CodeSettings]


class TenantView:
    """The answers of ``chainlit.config.config`` for one tenant at one revision."""

    __slots__ = (
        "_for_members", "_named", "_providers", "app", "code", "features", "project", "root", "run", "starters",
        "texts", "ui",
    )  # fmt: skip

    def __init__(self, app: LoadedApp, state: TenantState, code: CodeSettings) -> None:
        self.app = app
        self._for_members = state.access.mode is AccessMode.MEMBERS
        self._providers = state.access.providers if self._for_members else ()
        self._named: dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
        self.root = app.root
        self.run = app.run
        self.project: ProjectSettings = _lasting(app.project, state.access)
        self.features: FeaturesSettings = _laid_over(app.features, _chosen(state.features))
        self.ui: UISettings = _laid_over(app.ui, _interface(state))
        self.texts = TenantTexts(state.chat)
        self.starters = TenantStarters(state.chat)
        self.code = self.starters.over(code)
        for settings in (self.features, self.ui, self.code):
            _share_names(settings)

    def load_translation(self, language: str) -> Mapping[str, Any]:
        """Answer ``config.load_translation``; the same object as long as the file stays as it is."""
        return self.texts.over(self._with_providers(language), language)

    def welcome(self, language: str) -> str | None:
        """Return the welcome text (Markdown) for a language tag: the tenant's, or else the app's."""
        own = self.texts.welcome(language)
        return self.app.texts.welcome(language) if own is None else own

    def _with_providers(self, language: str) -> Mapping[str, Any]:
        translation = self.app.texts.translation(language, for_members=self._for_members)
        if not self._providers:
            return translation
        # By the file's own object, which is kept with it so that its id stays its own.
        kept = self._named.get(id(translation))
        if kept is None:
            kept = self._named[id(translation)] = translation, with_provider_names(translation, self._providers)
        return kept[1]


class TenantViews:
    """Makes the view of a tenant; ``code_for`` decides which hooks of the app a tenant keeps."""

    def __init__(self, library: AppLibrary, code_for: CodeForTenant) -> None:
        self._library = library
        self._code_for = code_for

    def of(self, handle: TenantHandle) -> TenantView:
        """Return the tenant's view at its newest revision; raises ``AppUnavailableError``."""
        return handle.compiled("chainlit_view", self._compile)

    def _compile(self, state: TenantState) -> TenantView:
        app = self._library.find(state.app)
        return TenantView(app, state, self._code_for(state, app.code))


def _lasting(project: ProjectSettings, access: AccessPolicy) -> ProjectSettings:
    """Return the app's settings, with as long a life of Chainlit's cookie as members' sign-ins have."""
    if access.mode is not AccessMode.MEMBERS or project.user_session_timeout == access.session_seconds:
        return project
    return project.model_copy(update={"user_session_timeout": access.session_seconds})


def _interface(state: TenantState) -> dict[str, Any]:
    branding = state.branding
    values = {**_chosen(state.interface), "name": branding.display_name}
    if branding.description:
        values["description"] = branding.description
    if branding.default_theme is not None:
        values["default_theme"] = branding.default_theme.value
    if image := state.asset(AssetRole.LOGIN_IMAGE):
        # The page shows one address; where there are several files, that is one which chooses among them.
        values["login_page_image"] = f"{LOGIN_IMAGE_PATH}?v={image.sha256[:12]}" if image.srcset else image.url
    if state.asset(AssetRole.LOGO_LIGHT) or state.asset(AssetRole.LOGO_DARK):
        # The page asks /logo for each theme only where no single address is set.
        values["logo_file_url"] = ""
    return values


def _chosen(struct: msgspec.Struct) -> dict[str, Any]:
    """Return the fields a tenant decided, as plain data: None and empty groups mean the app's own value."""
    chosen: dict[str, Any] = {}
    for name, value in msgspec.to_builtins(struct).items():
        kept = _without_none(value)
        if kept is not None and kept != {}:
            chosen[name] = kept
    return chosen


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := _without_none(item)) is not None}
    return value


def _laid_over(settings: Settings, values: Mapping[str, Any]) -> Settings:
    return type(settings).model_validate(merge(settings.model_dump(), values)) if values else settings.model_copy()


_all_names: dict[type[BaseModel], set[str]] = {}


def _share_names(settings: BaseModel) -> None:
    """Let settings, and those within them, hold one set of their fields' names with all others of their kind.

    pydantic keeps the names of the fields that were given: two kilobytes a tenant. Only where all were given, so that
    nothing can be added to what is shared.
    """
    kind, given = type(settings), settings.__pydantic_fields_set__
    if len(given) == len(kind.model_fields):
        object.__setattr__(settings, "__pydantic_fields_set__", _all_names.setdefault(kind, given))
    for value in vars(settings).values():
        if isinstance(value, BaseModel):
            _share_names(value)


def merge(base: Any, patch: Any) -> Any:
    """Lay ``patch`` over ``base``: dictionaries field by field, everything else whole."""
    if not isinstance(base, dict) or not isinstance(patch, Mapping):
        return patch
    return {**base, **{name: merge(base.get(name), value) for name, value in patch.items()}}
