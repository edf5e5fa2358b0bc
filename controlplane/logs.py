"""Structured logs: every line of Django, Celery and our own code goes through structlog, as text or JSON.

Django logs the path of whatever it refuses. The paths of mailed links, pending sign-ins and visits hold what lets
people in, and one that was refused here may be good elsewhere, or once the form is filled in anew. So it is taken out.
"""

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

__all__ = ["QuietHealth", "logging_configuration"]

REDACTED = "[redacted]"
_SECRET_TEXT = re.compile(
    r"(?P<link>/)[\w-]{43}(?=/)"  # as secrets.token_urlsafe(32) makes them
    r"|(?P<ticket>/sign-out/at-provider/)[^/\s]+"
    r"|(?P<query>[?&](?:code|state|why)=)[^&\s\"']+"
    r"|(?P<directory>\bscim_[0-9a-f]{8}_)[\w-]{43}"
)


class QuietHealth(logging.Filter):
    """Leave out Django's line for each /healthz that is not well: pollers ask often, and the answer says it all."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record is kept."""
        request = getattr(record, "request", None)
        return getattr(request, "path", "") != "/healthz"


def logging_configuration(log_format: str) -> dict[str, Any]:
    """Return the ``logging.config.dictConfig`` of a process; ``log_format`` is ``console`` or ``json``."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    _redact,
                    renderer,
                ],
            }
        },
        "filters": {"quiet_health": {"()": QuietHealth}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django.request": {"filters": ["quiet_health"]},
            "django.server": {"level": "WARNING"},
            "uvicorn.access": {"level": "WARNING"},
            "uvicorn.error": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "botocore": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
        },
    }


def _redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _SECRET_TEXT.sub(_keep_name, value)
    return event


def _keep_name(match: re.Match[str]) -> str:
    return f"{next(filter(None, match.groups()))}{REDACTED}"
