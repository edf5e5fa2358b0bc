"""Telling members by mail what has changed about how they sign in: whoever did it, they should know.

The mail is sent by the worker once the change is committed, and a change never waits for it or fails by it.
"""

from datetime import datetime
from enum import StrEnum

import msgspec
from django.utils import timezone
from msgspec import Struct

from tenants.identity.mail import send_notice_mail
from tenants.registry.models import Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant
from tenants.workspace.models import Member

__all__ = ["Notice", "mail_notice", "tell_member"]


class Notice(StrEnum):
    """What has changed, as the subject of a mail."""

    SECOND_FACTOR = "Your second factor at {name} has changed"
    RECOVERY_CODES = "You have new recovery codes at {name}"
    PASSWORD = "Your password at {name} has changed"  # noqa: S105 - the subject of a mail, not a secret
    EMAIL = "Your e-mail address at {name} has changed"


class Letter(Struct, frozen=True):
    """What is to be said, to whom, as the queue carries it."""

    email: str
    person: str
    notice: Notice
    sentence: str
    moment: datetime
    address: str


def tell_member(
    tenant: Tenant, member: Member, notice: Notice, sentence: str, *, address: str = "", email: str = ""
) -> None:
    """Have a member told of a change in the present transaction.

    ``address`` is the network address from which they changed it themselves; nobody is told where another one sits.
    ``email`` is where the mail goes if it is not the member's present address.
    """
    letter = Letter(email or member.email, member.name, notice, sentence, timezone.now(), address)
    enqueue_after_commit("tenants.identity.tasks.mail_notice", str(tenant.pk), msgspec.json.encode(letter).decode())


def mail_notice(tenant_id: str, encoded: str) -> None:
    """Send the mail, for the worker."""
    letter = msgspec.json.decode(encoded, type=Letter)
    send_notice_mail(
        get_tenant(tenant_id),
        email=letter.email,
        person=letter.person,
        subject=letter.notice.value,
        sentence=letter.sentence,
        moment=letter.moment,
        address=letter.address,
    )
