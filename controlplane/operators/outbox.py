"""Mails that were put into a folder (``MAIL_URL=file:///…``), for operators to read while nothing is sent."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

__all__ = ["MailInOutbox", "outbox_folder", "outbox_page", "read_outbox"]

MOST_SHOWN = 50
_END = b"\n" + b"-" * 79 + b"\n"
"""What Django's file backend writes after each mail."""


@dataclass(frozen=True)
class MailInOutbox:
    """One mail, as its reader would see it."""

    at: datetime
    to: str
    sender: str
    subject: str
    text: str


def outbox_folder() -> Path | None:
    """Return the folder, or None where mails are really sent."""
    path = getattr(settings, "EMAIL_FILE_PATH", None)
    return Path(path) if path else None


def read_outbox(folder: Path) -> list[MailInOutbox]:
    """Return the newest mails, newest first."""
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True)[:MOST_SHOWN]
    return [mail for file in files for mail in _read(file)]


def _read(file: Path) -> list[MailInOutbox]:
    at = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
    parts = [part for part in file.read_bytes().split(_END) if part.strip()]
    messages = [message_from_bytes(part, _class=EmailMessage, policy=default) for part in parts]
    return [
        MailInOutbox(at, str(message["To"]), str(message["From"]), str(message["Subject"]), _text(message))
        for message in messages
    ]


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()).strip() if body is not None else ""


@require_safe
def outbox_page(request: HttpRequest) -> HttpResponse:
    """Show the folder to superusers: its links let their reader in."""
    folder = outbox_folder()
    if folder is None:
        raise Http404
    if not request.user.is_superuser:
        raise PermissionDenied
    context = {**admin.site.each_context(request), "title": "Outbox", "mails": read_outbox(folder), "folder": folder}
    return TemplateResponse(request, "operators/outbox.html", context, headers={"Cache-Control": "no-store"})
