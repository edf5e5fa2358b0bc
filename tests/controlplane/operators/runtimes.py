"""Runtimes as they tell of themselves."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from tenants.fleet.models import RuntimeProcess

__all__ = ["no_runtimes", "runtime"]


def no_runtimes() -> None:
    """Let this test see none but its own: processes of other tests may have been killed just now."""
    RuntimeProcess.objects.all().delete()


def runtime(name: str, *, silent_seconds: float = 0, **changes: object) -> RuntimeProcess:
    """Note a runtime that is well but for the changes."""
    now = timezone.now()
    values: dict[str, object] = {
        "version": "0.1.0", "chainlit_version": "2.12.0", "started_at": now, "open_chats": 0, "loaded_tenants": 0,
        "serving": True, "listening": True, "behind": 0, "confirmed_at": now,
    }  # fmt: skip
    return RuntimeProcess.objects.create(
        id=uuid4(), name=name, seen_at=now - timedelta(seconds=silent_seconds), **{**values, **changes}
    )
