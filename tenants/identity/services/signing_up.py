"""Becoming a member by oneself: an e-mail address that the policy lets in, proved by a mailed link.

Whoever asks learns nothing: the page answers alike for members, for addresses that may sign up and for those that may
not, and what differs is done by the worker. The policy is asked again when the link is used.
"""

from uuid import UUID

import structlog
from django.contrib.auth.hashers import make_password
from django.db import transaction

from tenants.contract.tokens import SignedIn
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.attempts.limits import SIGN_UP_OF_ACCOUNT, SIGN_UP_OF_ADDRESS
from tenants.identity.browser import live_state
from tenants.identity.errors import LinkInvalidError, SignUpRefusedError
from tenants.identity.mail import send_is_member_mail, send_sign_up_mail
from tenants.identity.services.completing import complete_sign_in
from tenants.identity.services.sign_up_links import (
    SignUpKey,
    create_sign_up_link,
    find_sign_up_link,
    use_sign_up_link,
)
from tenants.identity.services.signing_in import PASSWORD
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.credentials import checked_password
from tenants.workspace.models import Member

__all__ = ["SignUpKey", "complete_sign_up", "mail_sign_up", "offers_sign_up", "request_sign_up", "signing_up_email"]

log = structlog.get_logger(__name__)

SIGN_IN_PATH = "/settings/sign-in/"


def offers_sign_up(tenant: Tenant) -> bool:
    """Say whether people can become members of a tenant by themselves."""
    return live_state(tenant).access.offers_sign_up


def request_sign_up(tenant: Tenant, *, email: str, visit: Visit) -> None:
    """Have a mail sent to somebody who wants to become a member; raises ``SignUpRefusedError`` where nobody can.

    Nobody is looked up here, so the answer and its time are the same for all, and also when so many were asked for that
    no more are sent.
    """
    if not offers_sign_up(tenant):
        raise SignUpRefusedError
    email, counter = email.strip().lower()[:254], attempt_counter()
    _, of_address = counter.take(tenant.pk, SIGN_UP_OF_ADDRESS, visit.address)
    _, of_account = counter.take(tenant.pk, SIGN_UP_OF_ACCOUNT, email)
    if of_address or of_account:
        log.info("mail not sent again so soon", tenant=tenant.slug)
        return
    enqueue_after_commit("tenants.identity.tasks.mail_sign_up", str(tenant.pk), email, visit.address)


def mail_sign_up(tenant_id: str, email: str, address: str) -> None:
    """Send the mail, for the worker: a link, or to a member that they are one, or to others none at all."""
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        member = Member.objects.filter(email=email).first()
        refused = not (member.is_active if member else live_state(tenant).access.lets_sign_up(email))
        _record("sign_up.refuse" if refused else "sign_up.ask", tenant, email, address)
        if refused:
            return
        # Within the transaction: a link whose mail could not be sent is not there, and the one before still works.
        if member is not None:
            send_is_member_mail(tenant, member, SIGN_IN_PATH)
        else:
            key = create_sign_up_link(tenant, email)
            send_sign_up_mail(tenant, email, f"/settings/sign-up/{key.link_id}/{key.secret}/")


def signing_up_email(tenant: Tenant, key: SignUpKey) -> str:
    """Return the address that a link proves.

    Raises ``LinkInvalidError``, and ``SignUpRefusedError`` where the policy does not let the address in any more.
    """
    with tenant_schema(tenant):
        email = find_sign_up_link(tenant, key).email
        if Member.objects.filter(email=email).exists():
            raise LinkInvalidError
    if not live_state(tenant).access.lets_sign_up(email):
        raise SignUpRefusedError
    return email


def complete_sign_up(tenant: Tenant, key: SignUpKey, *, name: str, password: str, visit: Visit) -> SignedIn:
    """Use a link up, make its owner a member and sign them in.

    Raises ``InvalidValueError`` (``password_weak``) and what ``signing_up_email`` raises; the link then works again.
    Raises ``SecondFactorNeededError`` where they are a member now, and the sign-in takes more than a password.
    """
    encoded = make_password(checked_password(password))
    try:
        member_id = _become_member(tenant, key, name=name.strip()[:80], password=encoded, visit=visit)
    except SignUpRefusedError:
        with tenant_schema(tenant):
            email = find_sign_up_link(tenant, key).email
        _record("sign_up.refuse", tenant, email, visit.address)
        raise
    return complete_sign_in(tenant, member_id, method=PASSWORD, visit=visit)


def _become_member(tenant: Tenant, key: SignUpKey, *, name: str, password: str, visit: Visit) -> UUID:
    with transaction.atomic(), tenant_schema(tenant):
        # An edit of the policy holds the tenant's row, so what is allowed here is allowed when the member is there.
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
        email = use_sign_up_link(tenant, key)
        if not live_state(tenant).access.lets_sign_up(email):
            raise SignUpRefusedError
        values = {"name": name, "role": Member.Role.MEMBER, "password": password}
        member, is_new = Member.objects.get_or_create(email=email, defaults=values)
        if not is_new:
            # Somebody added them meanwhile, perhaps with a password of their own.
            raise LinkInvalidError
        actor = Actor(ActorKind.MEMBER, email)
        record("sign_up.complete", actor=actor, tenant=tenant, target=email, address=visit.address, method=PASSWORD)
        return member.pk


def _record(action: str, tenant: Tenant, email: str, address: str) -> None:
    actor = Actor(ActorKind.VISITOR, email)
    record(action, actor=actor, tenant=tenant, target=email, address=address, method=PASSWORD)
