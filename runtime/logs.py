"""Logging of the whole process: structlog and the standard library's loggers through one formatter.

Every line names the request and the tenant it belongs to. Credentials are kept out twice: by name for fields, by
pattern for the text of messages, since the libraries below us log addresses with what is in their query.
"""

import logging
import re
import sys
from collections.abc import Sequence
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from runtime.request import current_request_id
from runtime.tenancy import current_handle

__all__ = ["configure_logging"]

REDACTED = "[redacted]"
_SECRET_FIELD = re.compile(
    r"(?i)(?:^|_)(?:cookies?|authorization|token|secret|password|passwd|api_?key|jwt|session_?id|sid|environment|environ)$"
)
_SECRET_TEXT = re.compile(
    r"(?i)(?P<name>\b(?:sid|session_?id|access_token|token|code|state|password|api_?key)=)[^&\s\"']+"
    r"|(?P<bearer>\bBearer\s+)\S+"
    r"|(?P<transport>\bsession )[\w-]{20}(?![\w-])"
    r"|(?P<folder>/files/[0-9a-f]{32}/[0-9a-f-]{36}/)[0-9a-fA-F-]{36}"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+"
    r"|(?P<url>\b[a-z][a-z0-9+]*://[^\s:/@]*:)[^\s@/]+(?=@)"
)


def configure_logging(log_format: str, *, stream: TextIO | None = None) -> None:
    """Send every log line to ``stream`` (standard error), as ``console`` text or one ``json`` object a line."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared_processors(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared_processors(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_render(log_format)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # These speak at every connection, every failed attempt and every file made at the start; what matters of that,
    # our own lines and metrics say once.
    for name, level in (
        ("uvicorn", logging.WARNING),
        ("chainlit", logging.WARNING),
        ("httpx", logging.WARNING),
        ("psycopg", logging.ERROR),
    ):
        logging.getLogger(name).setLevel(level)


def _shared_processors() -> Sequence[Processor]:
    return (
        structlog.contextvars.merge_contextvars,
        _name_request_and_tenant,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        # Plain tracebacks: those with local variables would print what tenants keep secret.
        structlog.processors.format_exc_info,
        _redact,
    )


def _render(log_format: str) -> Sequence[Processor]:
    if log_format == "json":
        return (structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer(default=repr))
    return (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback),
    )


def _name_request_and_tenant(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    if request_id := current_request_id():
        event.setdefault("request_id", request_id)
    if handle := current_handle():
        event.setdefault("tenant", handle.state.slug)
    return event


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if _SECRET_FIELD.search(name):
            event[name] = REDACTED
        elif isinstance(value, str):
            event[name] = _SECRET_TEXT.sub(_keep_name, value)
    return event


def _keep_name(match: re.Match[str]) -> str:
    return next(filter(None, match.groups()), "") + REDACTED
