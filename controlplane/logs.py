"""Structured logs: every line of Django, Celery and our own code goes through structlog, as text or JSON."""

import logging
from typing import Any

import structlog

__all__ = ["QuietHealth", "logging_configuration"]


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
