"""Links in mails: made, recognised and used up. The caller is in the tenant's schema."""

import secrets
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.identity.errors import LinkInvalidError
from tenants.identity.models import MailedLink
from tenants.registry.models import Tenant
from tenants.workspace.models import Member

__all__ = ["LIFETIMES", "MailedKey", "create_link", "find_link", "use_link"]


class MailedKey(NamedTuple):
    """What the address in a mail holds."""

    purpose: MailedLink.Purpose
    link_id: UUID
    secret: str


LIFETIMES = {MailedLink.Purpose.INVITATION: timedelta(days=7), MailedLink.Purpose.RESET: timedelta(hours=1)}


def create_link(tenant: Tenant, member: Member, purpose: MailedLink.Purpose) -> MailedKey:
    """Return the key of a new link, which takes the place of the member's earlier ones of this kind."""
    MailedLink.objects.filter(member=member, purpose=purpose).delete()
    secret = secrets.token_urlsafe(32)
    link = MailedLink.objects.create(
        member=member,
        purpose=purpose,
        secret_hash=_hash(tenant, member, purpose, secret),
        expires_at=timezone.now() + LIFETIMES[purpose],
    )
    return MailedKey(purpose, link.pk, secret)


def find_link(tenant: Tenant, key: MailedKey) -> MailedLink:
    """Return the link, or raise ``LinkInvalidError``."""
    link = MailedLink.objects.select_related("member").filter(pk=key.link_id, purpose=key.purpose, used_at=None).first()
    if link is None or link.expires_at <= timezone.now() or not link.member.is_active:
        raise LinkInvalidError
    if not constant_time_compare(link.secret_hash, _hash(tenant, link.member, key.purpose, key.secret)):
        raise LinkInvalidError
    return link


def use_link(tenant: Tenant, key: MailedKey) -> Member:
    """Use a link up and return its member, locked; of two who come at once one gets ``LinkInvalidError``."""
    link = find_link(tenant, key)
    if not MailedLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()):
        raise LinkInvalidError
    return Member.objects.select_for_update().get(pk=link.member_id)


def _hash(tenant: Tenant, member: Member, purpose: str, secret: str) -> str:
    """Return what is stored: bound to all that must not have changed when the link is used."""
    bound = f"{tenant.pk}/{member.pk}/{member.email}/{member.password}/{secret}"
    return salted_hmac(f"tenants.identity.links.{purpose}", bound, algorithm="sha256").hexdigest()
