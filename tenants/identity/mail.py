"""Mails to members, in the tenant's name. Django's backend sends them (``MAIL_URL``)."""

from datetime import datetime
from email.utils import formataddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from tenants.identity.addresses import tenant_address
from tenants.identity.browser import live_state
from tenants.identity.ways import name_ways, takes_passwords
from tenants.registry.models import Tenant
from tenants.workspace.models import Member

__all__ = [
    "send_invitation_mail", "send_is_member_mail", "send_notice_mail", "send_reset_mail", "send_sign_up_mail",
]  # fmt: skip

log = structlog.get_logger(__name__)

DEFAULT_COLOUR = "#3a4bc8"


def send_invitation_mail(tenant: Tenant, member: Member, path: str) -> None:
    """Send the link by which an invited member chooses a password."""
    _send("invitation", "You are invited to {name}", tenant, path, to=member.email, person=member.name)


def send_reset_mail(tenant: Tenant, member: Member, path: str) -> None:
    """Send the link by which a member chooses another password."""
    _send("reset", "Choose a new password for {name}", tenant, path, to=member.email, person=member.name)


def send_sign_up_mail(tenant: Tenant, email: str, path: str) -> None:
    """Send the link by which somebody becomes a member who asked to."""
    _send("sign_up", "Create your account at {name}", tenant, path, to=email)


def send_is_member_mail(tenant: Tenant, member: Member, path: str) -> None:
    """Tell somebody who asked to become a member that they are one; ``path`` leads to the sign-in."""
    _send("is_member", "You have an account at {name}", tenant, path, to=member.email, person=member.name)


def send_notice_mail(
    tenant: Tenant, *, email: str, person: str, subject: str, sentence: str, moment: datetime, address: str
) -> None:
    """Tell a member what has changed, when, and from which network address if it was they who did it."""
    more = {"sentence": sentence, "moment": moment, "visitor": address}
    _send("notice", subject, tenant, "/settings/profile/", to=email, person=person, **more)


def _send(template: str, subject: str, tenant: Tenant, path: str, *, to: str, person: str = "", **more: object) -> None:
    """Send a mail as text and HTML; raises ``OSError`` or ``smtplib.SMTPException`` when nobody takes it."""
    state = live_state(tenant)
    name = state.branding.display_name
    context = {
        "name": name,
        "colour": state.branding.light.primary or DEFAULT_COLOUR,
        "person": person,
        "takes_passwords": takes_passwords(tenant),
        "ways": name_ways(tenant),
        "address": tenant_address(state.hosts[0], path),
        "home": tenant_address(state.hosts[0], "/"),
        "reset": tenant_address(state.hosts[0], "/settings/reset/"),
        **more,
    }
    mail = EmailMultiAlternatives(
        subject.format(name=name),
        render_to_string(f"identity/mail/{template}.txt", context),
        formataddr((name, settings.DEFAULT_FROM_EMAIL)),
        [to],
    )
    mail.attach_alternative(render_to_string(f"identity/mail/{template}.html", context), "text/html")
    mail.send()
    log.info("mail sent", kind=template, tenant=tenant.slug)
