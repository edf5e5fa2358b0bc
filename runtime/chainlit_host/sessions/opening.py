"""Seam: what a chat session begins with: the keys that its person must bring, and its profile's settings.

Chainlit computes the settings of a chat profile inside the session's constructor, by running the event loop within
itself. Loops run within each other end in the opposite order, so there one tenant's slow hook makes all that came after
it wait; and a hook that fails leaves the session with the settings of no profile, without a word.
"""

from typing import Any

import chainlit.socket
import structlog
from chainlit.config import config
from chainlit.server import sio
from chainlit.session import WebsocketSession
from chainlit.socket import load_user_env
from socketio.exceptions import ConnectionRefusedError as SocketRefusedError

from runtime.chainlit_host.rebinding import rebind

__all__ = ["install_session_opening"]

log = structlog.get_logger(__name__)


PROFILE_UNAVAILABLE = "The settings of this chat profile cannot be read just now. Please try again."


def install_session_opening() -> None:
    """Compute a profile's settings once the session is there, and tell people which key of theirs is missing."""
    handlers = sio.handlers["/"]
    handlers["connect"] = connect
    WebsocketSession.get_config = _settings_of  # type: ignore[assignment, method-assign]  # the seam itself
    rebind(load_user_env, load_keys)


_connect = chainlit.socket.connect
_load_keys = load_user_env


async def connect(sid: str, environ: dict[str, Any], auth: Any) -> Any:
    """Open a session as Chainlit does, then lay its profile's settings over the app's."""
    accepted = await _connect(sid, environ, auth)
    session = WebsocketSession.get(sid)
    if session is not None and session.chat_profile and not session.restored:
        try:
            session.config = await _profile_settings(session)
        # Hook and settings are the app's, which may get anything wrong.
        except Exception as error:
            log.exception("chat_profile_unavailable", profile=session.chat_profile)
            await session.delete()
            raise SocketRefusedError(PROFILE_UNAVAILABLE) from error
    return accepted


async def _profile_settings(session: WebsocketSession) -> Any:
    if config.code.set_chat_profiles is None:
        return config
    # A hook that failed is logged where hooks are wrapped, and its result is None.
    profiles = await config.code.set_chat_profiles(session.user, session.language)
    chosen = next((profile for profile in profiles if profile.name == session.chat_profile), None)
    overrides = chosen.config_overrides if chosen is not None else None
    return config if overrides is None else config.with_overrides(overrides)


def _settings_of(session: WebsocketSession) -> Any:
    """Answer ``WebsocketSession.get_config``, which the constructor calls before there are any."""
    computed = vars(session).get("config")
    return config if computed is None or not session.chat_profile else computed


def load_keys(user_env: str | None) -> dict[str, str]:
    """Answer ``load_user_env``; what it refuses with never reaches the page, being no error of Socket.IO's."""
    try:
        keys: dict[str, str] = _load_keys(user_env)  # type: ignore[no-untyped-call]  # Chainlit's is untyped
    except ConnectionRefusedError as error:
        raise SocketRefusedError(str(error)) from error
    return keys
