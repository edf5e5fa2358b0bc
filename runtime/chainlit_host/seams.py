"""Everything of Chainlit, Socket.IO and Engine.IO that this package leans on, by name; ``signatures`` has the looks.

``check_seams`` runs at start, so an upgrade that moved something stops the process with the name of what is missing
instead of serving one tenant's page to another.
"""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass

from runtime.chainlit_host.signatures import check_signatures

__all__ = ["FRONTEND", "HOOK_DECORATORS", "SEAMS", "Seam", "SeamMissingError", "check_seams"]


@dataclass(frozen=True)
class Seam:
    """Names in one module that ``used_by`` (a module of this package) replaces or calls."""

    module: str
    names: tuple[str, ...]
    used_by: str


HOOK_DECORATORS = (
    "author_rename", "data_layer", "header_auth_callback", "oauth_callback", "on_app_shutdown", "on_app_startup",
    "on_audio_chunk", "on_audio_end", "on_audio_start", "on_chat_end", "on_chat_resume", "on_chat_start",
    "on_feedback", "on_logout", "on_mcp_connect", "on_mcp_disconnect", "on_message", "on_settings_edit",
    "on_settings_update", "on_shared_thread_view", "on_slack_reaction_added", "on_stop", "on_window_message",
    "password_auth_callback", "set_chat_profiles", "set_starter_categories", "set_starters",
)  # fmt: skip
"""Decorators of ``chainlit.callbacks`` that register a hook, each named as its field of ``CodeSettings``.

``action_callback``, which is called with a name first, stands for the field ``action_callbacks``.
"""

SEAMS = (
    Seam(
        "chainlit.config",
        (
            "config", "ChainlitConfig.with_overrides", "ChainlitConfig.load_translation", "ChainlitConfigOverrides",
            "CodeSettings", "FeaturesSettings", "ProjectSettings", "RunSettings", "UISettings", "DEFAULT_CONFIG_STR",
            "TRANSLATIONS_DIR", "_check_legacy_mcp_config",
        ),
        "config",
    ),
    Seam(
        "chainlit.config",
        ("APP_ROOT", "config_dir", "config_file", "config_translation_dir", "public_dir"),
        "app_paths",
    ),
    Seam("chainlit.data", ("get_data_layer",), "data_layer"),
    Seam(
        "chainlit.data.chainlit_data_layer",
        (
            "ChainlitDataLayer.execute_query", "ChainlitDataLayer.get_user", "ChainlitDataLayer.get_step",
            "ChainlitDataLayer._convert_step_row_to_dict", "ChainlitDataLayer.get_current_timestamp",
        ),
        "history",
    ),
    Seam("chainlit.data.utils", ("queue_until_user_message",), "history"),
    Seam("chainlit.data.storage_clients.base", ("BaseStorageClient",), "history"),
    Seam("chainlit.context", ("context_var",), "history"),
    Seam("chainlit.context", ("context_var",), "people"),
    Seam("chainlit.session", ("HTTPSession",), "people"),
    Seam("chainlit.element", ("Element.to_dict",), "history"),
    Seam("chainlit.user", ("PersistedUser",), "history"),
    Seam("chainlit.types", ("PageInfo", "PaginatedResponse", "ThreadDict"), "history"),
    Seam("chainlit.types", ("Starter",), "tenant_starters"),
    Seam("chainlit.session", ("WebsocketSession.get",), "history"),
    Seam("chainlit.socket", ("resume_thread", "connect", "fetch_favorites", "message_favorite"), "history"),
    Seam("chainlit.cache", ("_cache",), "sessions"),
    Seam("chainlit.cache", ("init_lc_cache",), "apps"),
    Seam("chainlit.chat_context", ("chat_contexts",), "sessions"),
    Seam("chainlit.user_session", ("user_sessions",), "sessions"),
    Seam(
        "chainlit.session",
        (
            "ws_sessions_id", "ws_sessions_sid", "BaseSession.files_dir", "WebsocketSession.get_by_id",
            "WebsocketSession.restore", "WebsocketSession.delete", "HTTPSession.delete",
        ),
        "sessions",
    ),
    Seam(
        "chainlit.socket",
        (
            "_authenticate_connection", "_get_token", "_session_owner_matches_user", "restore_existing_session",
            "ErrorMessage", "process_message",
        ),
        "sessions",
    ),
    Seam("chainlit.socket", ("process_message", "edit_message"), "turns"),
    Seam("chainlit.session", ("WebsocketSession.get_config", "WebsocketSession.get"), "session_opening"),
    Seam("chainlit.session", ("WebsocketSession.get_by_id", "BaseSession.files_dir"), "session_files"),
    Seam("chainlit.server", ("get_file", "upload_file"), "session_files"),
    Seam("chainlit.socket", ("connect", "load_user_env"), "session_opening"),
    Seam("chainlit.auth", ("get_current_user", "require_login", "create_jwt", "decode_jwt"), "auth"),
    Seam("chainlit.auth", ("authenticate_user",), "auth"),
    Seam("chainlit.auth.jwt", ("get_jwt_secret", "create_jwt", "decode_jwt"), "auth"),
    Seam("chainlit.auth", ("is_oauth_enabled", "clear_auth_cookie", "get_token_from_cookies"), "auth"),
    Seam("chainlit.auth", ("get_configuration",), "identity_providers"),
    Seam(
        "chainlit.oauth_providers",
        ("OAuthProvider", "providers", "get_oauth_provider", "get_configured_oauth_providers"),
        "identity_providers",
    ),
    Seam(
        "chainlit.server",
        (
            "call_action", "connect_mcp", "delete_feedback", "delete_thread_element", "disconnect_mcp", "get_file",
            "get_shared_thread", "share_thread", "update_feedback", "update_thread_element", "upload_file",
        ),
        "ownership",
    ),
    Seam("chainlit.config", ("config.features.allow_thread_sharing",), "ownership"),
    Seam("chainlit.emitter", ("ChainlitEmitter.send_element",), "ownership"),
    Seam("chainlit.data.base", ("BaseDataLayer.get_element",), "ownership"),
    Seam("chainlit.config", ("config.project.user_session_timeout",), "auth"),
    Seam("chainlit.config", ("config.code.data_layer",), "data_layer"),
    Seam("chainlit.config", ("config.code.set_chat_profiles",), "session_opening"),
    Seam("chainlit.config", ("config.with_overrides", "config.run.debug"), "settings_answers"),
    Seam("chainlit.config", ("HeaderLink", "UISettings"), "settings_answers"),
    Seam("chainlit.emitter", ("BaseChainlitEmitter.task_start", "BaseChainlitEmitter.task_end"), "hooks"),
    Seam("chainlit.utils", ("wrap_user_function",), "hooks"),
    Seam("chainlit.element", ("ElementDict",), "history"),
    Seam("chainlit.step", ("StepDict",), "history"),
    Seam("chainlit.types", ("FeedbackDict",), "history"),
    Seam("chainlit.version", ("__version__",), "seams"),
    Seam("chainlit.version", ("__version__",), "frontend"),
    Seam("engineio.exceptions", ("QueueEmpty",), "packets"),
    Seam("engineio.packet", ("MESSAGE", "Packet"), "packets"),
    Seam("socketio", ("AsyncServer",), "packets"),
    Seam("socketio.packet", ("EVENT",), "packets"),
    Seam("socketio.exceptions", ("ConnectionRefusedError",), "transports"),
    Seam("chainlit.data.acl", ("is_thread_author",), "ownership"),
    Seam(
        "chainlit.data.base",
        ("BaseDataLayer.get_thread", "BaseDataLayer.get_thread_author", "BaseDataLayer.list_threads"),
        "feedback",
    ),
    Seam("chainlit.types", ("Feedback", "Pagination", "ThreadFilter"), "feedback"),
    Seam("chainlit.session", ("BaseSession.__init__",), "sessions"),
    Seam("chainlit.auth.cookie", ("validate_oauth_state_cookie",), "identity_providers"),
    Seam("chainlit.auth.cookie", ("set_auth_cookie",), "use"),
    Seam(
        "chainlit.server",
        ("get_user_facing_url", "random_secret", "oauth_login", "oauth_azure_hf_callback", "_get_oauth_redirect_error"),
        "identity_providers",
    ),
    Seam("chainlit.user", ("User.to_dict",), "auth"),
    Seam("chainlit.callbacks", ("wrap_user_function",), "hooks"),
    Seam("chainlit.callbacks", ("action_callback", *HOOK_DECORATORS), "injection"),
    Seam("chainlit.message", ("ErrorMessage",), "hooks"),
    Seam("chainlit.step", ("Step.__aexit__", "Step.__exit__"), "hooks"),
    Seam("chainlit.context", ("context", "init_ws_context"), "hooks"),
    Seam(
        "chainlit.auth", ("get_current_user", "reuseable_oauth"), "settings_answers"
    ),
    Seam("chainlit.server", ("_language_pattern",), "settings_answers"),
    Seam("chainlit.message", ("MessageBase", "time"), "chat_clock"),
    Seam("chainlit.step", ("Step", "time"), "chat_clock"),
    Seam("chainlit.context", ("context_var",), "chat_clock"),
    Seam("chainlit.utils", ("utc_now",), "chat_clock"),
    Seam("chainlit.server", ("sio.manager.rooms", "sio.eio.ping_interval", "sio.eio.ping_timeout"), "packets"),
    Seam("socketio.async_manager", ("AsyncManager.emit",), "packets"),
    Seam("engineio.async_server", ("async_socket.AsyncSocket",), "packets"),
    Seam("engineio.async_socket", ("AsyncSocket.poll",), "packets"),
    Seam("chainlit.markdown", ("get_markdown_str", "DEFAULT_MARKDOWN_STR"), "texts"),
    Seam(
        "chainlit.server",
        (
            "app.router.routes", "app.user_middleware", "app.middleware_stack", "app.exception_handlers",
            "app.dependency_overrides", "app.openapi_schema", "app.state", "router.routes", "asgi_app", "sio",
            "build_dir", "copilot_build_dir", "get_markdown_str", "SOCKET_IO_PATH",
        ),
        "server",
    ),
    Seam("chainlit.server", ("sio.disconnect", "sio.emit", "sio.eio.disconnect"), "transports"),
    Seam("chainlit.server", ("sio.eio.handlers", "sio.eio.sockets", "sio.manager.sid_from_eio_sid"), "transports"),
    Seam("chainlit.server", ("sio.eio._service_task", "sio.eio.start_service_task"), "transports"),
    Seam("chainlit.server", ("sio.handlers", "sio._trigger_event", "sio.manager.get_participants"), "transports"),
)  # fmt: skip

ROUTES = (
    "/public/{filename:path}", "/assets/{filename:path}", "/copilot/{filename:path}", "/favicon", "/logo",
    "/avatars/{avatar_id:str}", "/auth/oauth/{provider_id}", "/set-session-cookie", "/{full_path:path}",
    "/auth/oauth/azure-ad-hybrid/callback",
    "/auth/config", "/project/translations", "/project/settings",
    "/project/file", "/project/file/{file_id}", "/project/action", "/mcp", "/project/element", "/feedback",
    "/project/share/{thread_id}", "/project/thread/share",
)  # fmt: skip
"""Paths of Chainlit's router whose endpoints this package replaces or guards."""

FRONTEND = (
    "__reactContainer$", 'key:"ChainlitConfig"', 'key:"AuthConfig"', 'key:"User"', "/project/settings?language=",
    "vite-ui-theme", "window.theme", "/avatars/", "/logo?theme=", "/public/elements/", "login_page_image",
    "data-step-type", 'import("./', '"auth.provider.continue"', "auth.login.errors.${", "/auth/oauth/${",
    ".statusText,", "bg-muted lg:block", "min-h-svh lg:grid-cols-2", "/project/translations?language=",
)  # fmt: skip
"""What ``live.js`` and ``sign-in.css``, the sign-in's words and the pages lean on in Chainlit's built page.

Where something for ``live.js`` is gone, pages load anew instead. Pictures and custom elements are asked for under these
paths, and chunks are imported beside the module that wants them, wherever that is.
"""


class SeamMissingError(RuntimeError):
    """The installed Chainlit lacks or has changed something this package leans on; the message lists all of it."""

    def __init__(self, missing: Iterable[str], version: str, changed: Iterable[str] = ()) -> None:
        self.missing, self.changed = tuple(missing), tuple(changed)
        gone = (f"it has no {', '.join(self.missing)}",) if self.missing else ()
        super().__init__(
            f"Chainlit {version} cannot be made tenant-aware: {'; '.join((*gone, *self.changed))}. "
            "Install the version that requirements/base.txt names, or adapt runtime/chainlit_host."
        )


def check_seams(seams: Iterable[Seam] = SEAMS, routes: Iterable[str] = ROUTES) -> None:
    """Raise ``SeamMissingError`` when any of the names or routes is missing, or looks otherwise than expected."""
    from chainlit.server import router
    from chainlit.version import __version__

    missing = [
        f"{seam.module}.{name} (for {seam.used_by})"
        for seam in seams
        for name in seam.names
        if not _exists(seam.module, name)
    ]
    paths = {getattr(route, "path", None) for route in router.routes}
    missing += [f"route {path} (for server)" for path in routes if path not in paths]
    changed = tuple(check_signatures())
    if missing or changed:
        raise SeamMissingError(missing, __version__, changed)


def _exists(module_name: str, name: str) -> bool:
    try:
        found: object = importlib.import_module(module_name)
    except ImportError:
        return False
    for part in name.split("."):
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True
