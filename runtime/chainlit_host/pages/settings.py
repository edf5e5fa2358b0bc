"""Seam: what the page asks before it connects: how to sign in, the texts, and the settings.

Chainlit makes these answers anew on each request, through FastAPI. Here the parts are made each time, too, so nothing
can be left over from another revision, user, language, chat profile or file; but from the tenant's view at hand, with
pydantic's own encoder, and spliced. Only what follows from the bytes of an answer alone (its compressed forms and its
entity tag) is kept, under these very bytes.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import chainlit.data
from chainlit.auth import get_current_user, reuseable_oauth
from chainlit.config import ChainlitConfig, FeaturesSettings, HeaderLink, UISettings, config
from chainlit.server import _language_pattern
from starlette.datastructures import QueryParams
from starlette.requests import Request

from runtime.asgi import ASGIApp, Scope
from runtime.chainlit_host.answers.content import ContentAnswers
from runtime.chainlit_host.answers.static import StaticBody
from runtime.chainlit_host.pages.own_files import OwnFiles
from runtime.chainlit_host.quick_routes import QuickRoutes
from runtime.chainlit_host.sign_in.auth import sign_in_required
from runtime.chainlit_host.sign_in.offered import sign_in_options
from runtime.chainlit_host.view import TenantView
from runtime.request import bind_connection
from runtime.tenancy import TenantHandle, tenant
from tenants.contract.roles import Permission, may
from tenants.contract.state import AccessMode, TenantState

__all__ = ["SettingsAnswers"]

JSON = "application/json"
# A browser asks again each time, and no proxy may keep what was made for one person.
PRIVATE = "private, no-cache"
SETTINGS_LINK: dict[str, Any] = {"display_name": "Settings", "url": "/settings/", "target": "_self"}
DEFAULT_LANGUAGE = "en-US"
MOST_TRANSLATIONS = 256
MOST_SIGN_IN_OPTIONS = 8
_LANGUAGE = re.compile(_language_pattern)
# As Starlette's JSONResponse encodes.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_encode_text = lru_cache(maxsize=256)(_encode)


class SettingsAnswers:
    """Answers of ``/auth/config``, ``/project/translations`` and ``/project/settings``, each a ``QuickAnswer``.

    ``has_settings``: there is a settings page, to which a link leads those who may change them.
    """

    def __init__(self, own_files: OwnFiles, *, has_settings: bool) -> None:
        self._settings_icon = own_files.address("settings.svg") if has_settings else None
        self._contents = ContentAnswers(content_type=JSON, cache_control=PRIVATE)
        self._translations: dict[int, tuple[Mapping[str, Any], StaticBody]] = {}

    def register(self, routes: QuickRoutes) -> None:
        """Offer these answers without FastAPI."""
        routes.add("/auth/config", self.sign_in_options)
        routes.add("/project/translations", self.translations)
        routes.add("/project/settings", self.settings)

    async def sign_in_options(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer how people sign in."""
        if scope["method"] != "GET":
            return None
        ui, code = view.ui, view.code
        if handle.state.access.mode is AccessMode.APP or code.oauth_callback is not None:
            # Depends on the environment, too, where identity providers have their keys.
            return self._contents.of(_sign_in_options())
        shown = (
            code.password_auth_callback is None, code.header_auth_callback is None, ui.default_theme,
            ui.login_page_image, ui.login_page_image_filter, ui.login_page_image_dark_filter,
        )  # fmt: skip
        kept = handle.compiled("sign_in_options", _nothing_yet)
        if shown not in kept:
            if len(kept) >= MOST_SIGN_IN_OPTIONS:
                kept.clear()
            kept[shown] = StaticBody(_sign_in_options(), content_type=JSON, cache_control=PRIVATE)
        return kept[shown]

    async def translations(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer the words of the page in the language asked for, or in the one that is set for everybody."""
        asked = _question(scope["query_string"])
        if asked is None or scope["method"] != "GET":
            return None
        translation = view.load_translation(view.ui.language or asked.language)
        kept = self._translations.get(id(translation))
        # An id may be used again; only together with the object it is that object's.
        if kept is not None and kept[0] is translation:
            return kept[1]
        body = StaticBody(_encode({"translation": translation}).encode(), content_type=JSON, cache_control=PRIVATE)
        if len(self._translations) >= MOST_TRANSLATIONS:
            self._translations.clear()
        self._translations[id(translation)] = translation, body
        return body

    async def settings(self, handle: TenantHandle, view: TenantView, scope: Scope) -> ASGIApp | None:
        """Answer what the page needs to know of app, tenant and user (Chainlit's ``project_settings``)."""
        asked = _question(scope["query_string"])
        if asked is None or scope["method"] != "GET" or config.run.debug:
            return None
        with bind_connection(scope):
            user = await _user(scope) if sign_in_required() else None
            try:
                body = await _settings(view, user, asked, own_links=self._own_links(user))
            # A hook that returned something else than it should. It fails again behind Chainlit's own route, where the
            # app's error handlers stand.
            except Exception:  # noqa: BLE001 - as above
                return None
        return self._contents.of(body)

    def _own_links(self, user: Any) -> list[HeaderLink]:
        """Return what stands in the header for this person alone."""
        if self._settings_icon is None or not may(tenant.role_of(user), Permission.USE_SETTINGS):
            return []
        return [HeaderLink(name="settings", icon_url=self._settings_icon, **SETTINGS_LINK)]


def _sign_in_options() -> bytes:
    return _encode(sign_in_options()).encode()


def _nothing_yet(_: TenantState) -> dict[tuple[object, ...], StaticBody]:
    return {}


class Question(NamedTuple):
    """What the page asks with."""

    language: str
    chat_profile: str | None


@lru_cache(maxsize=512)
def _question(query: bytes) -> Question | None:
    """Read a query string; None where Chainlit's own route would refuse it."""
    parameters = QueryParams(query)
    language = parameters.get("language", DEFAULT_LANGUAGE)
    return Question(language, parameters.get("chat_profile")) if _LANGUAGE.fullmatch(language) else None


async def _user(scope: Scope) -> Any:
    """Return who is signed in, as Chainlit's dependency does; raises its ``HTTPException`` where nobody is."""
    token: Any = await reuseable_oauth(Request(scope))
    return await get_current_user(token)


async def _settings(view: TenantView, user: Any, asked: Question, *, own_links: list[HeaderLink]) -> bytes:
    """Return the answer in JSON; each hook is called once, as by Chainlit."""
    code, language = view.code, view.ui.language or asked.language
    profiles = starters = categories = None
    if code.set_chat_profiles:
        profiles = await code.set_chat_profiles(user, language)
    if code.set_starters and not view.starters.encoded:
        starters = await code.set_starters(user, language)
    if code.set_starter_categories:
        categories = await code.set_starter_categories(user, language, asked.chat_profile)
    settings = _settings_of_profile(view, profiles, asked.chat_profile)
    has_history = chainlit.data.get_data_layer() is not None  # type: ignore[no-untyped-call]  # Chainlit's is untyped
    parts = {
        "ui": _with_links(settings.ui, own_links).model_dump_json(),
        "features": _features(settings.features),
        "userEnv": _encode(settings.project.user_env),
        "maskUserEnv": _encode(settings.project.mask_user_env),
        "dataPersistence": _boolean(has_history),
        "threadResumable": _boolean(code.on_chat_resume),
        "threadSharing": _boolean(settings.features.allow_thread_sharing and code.on_shared_thread_view),
        "markdown": view.texts.encoded_welcome(language) or _encode_text(view.app.texts.welcome(language)),
        "chatProfiles": _encode([_without_overrides(each.to_dict()) for each in profiles]) if profiles else "[]",
        "starters": view.starters.encoded or (_encode([each.to_dict() for each in starters]) if starters else "[]"),
        "starterCategories": _encode([each.to_dict() for each in categories]) if categories else "[]",
        "debugUrl": "null",
    }
    return ("{" + ",".join([f'"{name}":{part}' for name, part in parts.items()]) + "}").encode()


def _settings_of_profile(view: TenantView, profiles: Any, chosen: str | None) -> TenantView | ChainlitConfig:
    """Return the tenant's settings, or those that a chosen chat profile lays over them."""
    profile = next((each for each in profiles or () if each.name == chosen), None) if chosen else None
    overrides = getattr(profile, "config_overrides", None)
    return config.with_overrides(overrides) if overrides else view


def _with_links(ui: UISettings, links: list[HeaderLink]) -> UISettings:
    return ui.model_copy(update={"header_links": [*(ui.header_links or ()), *links]}) if links else ui


def _features(features: FeaturesSettings) -> str:
    """Return the features, with no more of the MCP servers than Chainlit shows."""
    servers = _encode([{"name": each.name, "type": each.type} for each in features.mcp.servers])
    own = f'{{"enabled":{_boolean(features.mcp.user_servers.enabled)}}}'
    mcp = _spliced(
        features.mcp.model_dump_json(exclude={"servers", "user_servers"}), f'"servers":{servers},"user_servers":{own}'
    )
    return _spliced(features.model_dump_json(exclude={"mcp"}), f'"mcp":{mcp}')


def _spliced(encoded: str, members: str) -> str:
    """Return a JSON object with more members at its end."""
    return f"{encoded[:-1]}{',' if len(encoded) > 2 else ''}{members}}}"


def _without_overrides(profile: dict[str, Any]) -> dict[str, Any]:
    profile.pop("config_overrides", None)
    return profile


def _boolean(value: object) -> str:
    return "true" if value else "false"
