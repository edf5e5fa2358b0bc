"""Links by which people become members: made, recognised and used up. The caller is in the tenant's schema."""

import secrets
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.identity.errors import LinkInvalidError
from tenants.identity.models import SignUpLink
from tenants.registry.models import Tenant

__all__ = ["SIGN_UP_LIFETIME", "SignUpKey", "create_sign_up_link", "find_sign_up_link", "use_sign_up_link"]

SIGN_UP_LIFETIME = timedelta(hours=24)


class SignUpKey(NamedTuple):
    """What the address in a mail holds."""

    link_id: UUID
    secret: str


def create_sign_up_link(tenant: Tenant, email: str) -> SignUpKey:
    """Return the key of a new link, which takes the place of earlier ones for this address; expired ones go."""
    now = timezone.now()
    SignUpLink.objects.filter(email=email).delete()
    SignUpLink.objects.filter(expires_at__lt=now).delete()
    key = SignUpKey(uuid4(), secrets.token_urlsafe(32))
    SignUpLink.objects.create(
        pk=key.link_id, email=email, secret_hash=_hash(tenant, key, email), expires_at=now + SIGN_UP_LIFETIME
    )
    return key


def find_sign_up_link(tenant: Tenant, key: SignUpKey) -> SignUpLink:
    """Return the link, or raise ``LinkInvalidError``."""
    link = SignUpLink.objects.filter(pk=key.link_id, used_at=None, expires_at__gt=timezone.now()).first()
    if link is None or not constant_time_compare(link.secret_hash, _hash(tenant, key, link.email)):
        raise LinkInvalidError
    return link


def use_sign_up_link(tenant: Tenant, key: SignUpKey) -> str:
    """Use a link up and return the address it proves; of two who come at once one gets ``LinkInvalidError``."""
    link = find_sign_up_link(tenant, key)
    if not SignUpLink.objects.filter(pk=link.pk, used_at=None).update(used_at=timezone.now()):
        raise LinkInvalidError
    return link.email


def _hash(tenant: Tenant, key: SignUpKey, email: str) -> str:
    """Return what is stored of a key."""
    bound = f"{tenant.pk}/{key.link_id}/{email}/{key.secret}"
    return salted_hmac("tenants.identity.sign_up_links", bound, algorithm="sha256").hexdigest()
