"""The request that the running code belongs to, for log lines and error pages."""

import os
import re
from contextvars import ContextVar, Token

__all__ = ["accept_request_id", "bind_request_id", "current_request_id", "release_request_id"]

_SANE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_current: ContextVar[str] = ContextVar("chainlit_tenants_request_id", default="")


def accept_request_id(sent: bytes | None) -> str:
    """Return the caller's id when it is a plain token of 8 to 64 characters, else a new one."""
    if sent is not None and _SANE.fullmatch(sent):
        return sent.decode("ascii")
    return os.urandom(12).hex()


def bind_request_id(request_id: str) -> Token[str]:
    """Make this the current request; tasks and threads started from here inherit it."""
    return _current.set(request_id)


def release_request_id(token: Token[str]) -> None:
    """Undo ``bind_request_id``."""
    _current.reset(token)


def current_request_id() -> str:
    """Return the id of the request this code runs for, or an empty text outside one."""
    return _current.get()
