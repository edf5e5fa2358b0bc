"""What the seams look like: the parameters of what is called or replaced, and the fields of what is read.

A name that is still there may take other arguments, or hold other fields. ``check_signatures`` tells such a change at
start, by what was expected and what was found.
"""

import dataclasses
import importlib
import inspect
from collections.abc import Iterator, Mapping

__all__ = ["FIELDS", "PARAMETERS", "check_signatures", "find"]

PARAMETERS: Mapping[str, str] = {
    "chainlit.auth.authenticate_user": "token",
    "chainlit.auth.cookie.validate_oauth_state_cookie": "request, state",
    "chainlit.auth.get_configuration": "",
    "chainlit.auth.get_current_user": "token",
    "chainlit.auth.is_oauth_enabled": "",
    "chainlit.auth.jwt.create_jwt": "data",
    "chainlit.auth.jwt.decode_jwt": "token",
    "chainlit.auth.jwt.get_jwt_secret": "",
    "chainlit.auth.require_login": "",
    "chainlit.callbacks.action_callback": "name",
    "chainlit.callbacks.wrap_user_function": "user_function, with_task",
    "chainlit.config.ChainlitConfig.load_translation": "self, language",
    "chainlit.config.ChainlitConfig.with_overrides": "self, overrides",
    "chainlit.config._check_legacy_mcp_config": "features_settings",
    "chainlit.context.init_ws_context": "session_or_sid",
    "chainlit.data.acl.is_thread_author": "username, thread_id",
    "chainlit.data.base.BaseDataLayer.get_element": "self, thread_id, element_id",
    "chainlit.data.base.BaseDataLayer.get_thread": "self, thread_id",
    "chainlit.data.base.BaseDataLayer.get_thread_author": "self, thread_id",
    "chainlit.data.base.BaseDataLayer.list_threads": "self, pagination, filters",
    "chainlit.data.chainlit_data_layer.ChainlitDataLayer._convert_step_row_to_dict": "self, row",
    "chainlit.data.chainlit_data_layer.ChainlitDataLayer.execute_query": "self, query, params",
    "chainlit.data.chainlit_data_layer.ChainlitDataLayer.get_current_timestamp": "self",
    "chainlit.data.chainlit_data_layer.ChainlitDataLayer.get_step": "self, step_id",
    "chainlit.data.chainlit_data_layer.ChainlitDataLayer.get_user": "self, identifier",
    "chainlit.data.get_data_layer": "",
    "chainlit.data.utils.queue_until_user_message": "",
    "chainlit.element.Element.to_dict": "self",
    "chainlit.emitter.ChainlitEmitter.send_element": "self, element_dict",
    "chainlit.markdown.get_markdown_str": "root, language",
    "chainlit.oauth_providers.get_configured_oauth_providers": "",
    "chainlit.oauth_providers.get_oauth_provider": "provider",
    "chainlit.server._get_oauth_redirect_error": "request, error, status_code",
    "chainlit.server.call_action": "payload, current_user",
    "chainlit.server.connect_mcp": "payload, current_user",
    "chainlit.server.delete_feedback": "request, payload, current_user",
    "chainlit.server.delete_thread_element": "payload, current_user",
    "chainlit.server.disconnect_mcp": "payload, current_user",
    "chainlit.server.get_file": "file_id, session_id, current_user",
    "chainlit.server.get_shared_thread": "request, thread_id, current_user",
    "chainlit.server.get_user_facing_url": "url",
    "chainlit.server.oauth_azure_hf_callback": "request, error, form_error, code, id_token",
    "chainlit.server.oauth_login": "provider_id, request",
    "chainlit.server.random_secret": "length",
    "chainlit.server.share_thread": "request, payload, current_user",
    "chainlit.server.sio._trigger_event": "event, namespace, *args",
    "chainlit.server.sio.eio._service_task": "",
    "chainlit.server.sio.eio.disconnect": "sid",
    "chainlit.server.sio.emit": "event, data, to, room, skip_sid, namespace, callback, ignore_queue",
    "chainlit.server.sio.manager.get_participants": "namespace, room",
    "chainlit.server.sio.manager.sid_from_eio_sid": "eio_sid, namespace",
    "chainlit.server.update_feedback": "request, update, current_user",
    "chainlit.server.update_thread_element": "payload, current_user",
    "chainlit.server.upload_file": "current_user, session_id, file, ask_parent_id",
    "chainlit.session.BaseSession.__init__": (
        "self, id, client_type, thread_id, user, token, user_env, environ, chat_profile"
    ),
    "chainlit.session.HTTPSession.delete": "self",
    "chainlit.session.WebsocketSession.delete": "self",
    "chainlit.session.WebsocketSession.get": "socket_id",
    "chainlit.session.WebsocketSession.get_by_id": "session_id",
    "chainlit.session.WebsocketSession.get_config": "self",
    "chainlit.session.WebsocketSession.restore": "self, new_socket_id",
    "chainlit.socket._authenticate_connection": "environ",
    "chainlit.socket._get_token": "environ",
    "chainlit.socket.connect": "sid, environ, auth",
    "chainlit.socket.edit_message": "sid, payload",
    "chainlit.socket.fetch_favorites": "sid",
    "chainlit.socket.load_user_env": "user_env",
    "chainlit.socket.message_favorite": "sid, payload",
    "chainlit.socket.process_message": "session, payload",
    "chainlit.socket.restore_existing_session": "sid, session_id, emit_fn, emit_call_fn, environ, user",
    "chainlit.socket.resume_thread": "session",
    "chainlit.step.Step.__aexit__": "self, exc_type, exc_val, exc_tb",
    "chainlit.step.Step.__exit__": "self, exc_type, exc_val, exc_tb",
    "chainlit.user.User.to_dict": "self, encode_json",
    "chainlit.utils.utc_now": "",
    "engineio.async_socket.AsyncSocket.poll": "self",
    "socketio.async_manager.AsyncManager.emit": (
        "self, event, data, namespace, room, skip_sid, callback, to, **kwargs"
    ),
}
"""Names of parameters, in their order, of functions and methods that are called, wrapped or replaced."""

FIELDS: Mapping[str, str] = {
    "chainlit.config.CodeSettings": (
        "action_callbacks, data_layer, header_auth_callback, module, oauth_callback, on_app_shutdown, on_app_startup,"
        " on_shared_thread_view, password_auth_callback, set_chat_profiles, set_starters"
    ),
    "chainlit.config.FeaturesSettings": "allow_thread_sharing, latex, mcp",
    "chainlit.config.ProjectSettings": "allow_origins, session_timeout, transports, user_session_timeout",
    "chainlit.config.UISettings": (
        "custom_build, custom_css, custom_css_attributes, custom_js, custom_js_attributes, custom_meta_image_url,"
        " custom_meta_url, default_theme, description, language, login_page_image, logo_file_url, name"
    ),
    "chainlit.session.BaseSession": (
        "chat_profile, environ, files, has_first_interaction, id, thread_id, thread_id_to_resume, token, user"
    ),
    "chainlit.session.WebsocketSession": "config, emit, emit_call, language, restored, socket_id",
    "chainlit.types.CallActionRequest": "sessionId",
    "chainlit.types.ConnectMCPRequest": "sessionId",
    "chainlit.types.DeleteFeedbackRequest": "feedbackId",
    "chainlit.types.DisconnectMCPRequest": "sessionId",
    "chainlit.types.ElementRequest": "element, sessionId",
    "chainlit.types.Feedback": "forId, id, threadId, value",
    "chainlit.types.Pagination": "cursor, first",
    "chainlit.types.ThreadFilter": "userId",
    "chainlit.types.UpdateFeedbackRequest": "feedback, sessionId",
    "chainlit.user.PersistedUser": "id",
    "chainlit.user.User": "display_name, identifier, metadata",
}
"""Fields and attributes that are read or set; more may be there."""


def check_signatures(parameters: Mapping[str, str] = PARAMETERS, fields: Mapping[str, str] = FIELDS) -> Iterator[str]:
    """Yield a sentence for each that looks otherwise; what is not there at all is left to ``check_seams``."""
    for name, expected in parameters.items():
        function = find(name)
        if callable(function) and (found := _parameters(function)) != expected:
            yield f"{name} takes ({found}) where ({expected}) is expected"
    for name, wanted in fields.items():
        kind = find(name)
        missing = sorted(set(wanted.split(", ")) - _fields(kind)) if isinstance(kind, type) else []
        if missing:
            yield f"{name} has no {', '.join(missing)}"


def find(name: str) -> object | None:
    """Return what a dotted name leads to, or None: the longest part that is a module, then attributes."""
    parts = name.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            # Looked up on the instance itself: Chainlit's context answers for a chat, and there is none.
            if not hasattr(found, part):
                return None
            found = getattr(found, part)
        return found
    return None


def _parameters(function: object) -> str:
    marks: dict[object, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]  # callable, as asked above
    return ", ".join(f"{marks.get(parameter.kind, '')}{parameter.name}" for parameter in parameters)


def _fields(kind: type) -> set[str]:
    """Return what instances have: what the class declares, and what its own ``__init__`` names."""
    known = {*dir(kind), *getattr(kind, "model_fields", ())}
    if dataclasses.is_dataclass(kind):
        known.update(field.name for field in dataclasses.fields(kind))
    for base in kind.__mro__:
        code = getattr(vars(base).get("__init__"), "__code__", None)
        known.update(code.co_names if code is not None else ())
    return known
