"""Invitations and forgotten passwords: a mailed link, by which a member chooses a password."""

from collections.abc import Callable
from uuid import UUID

import structlog
from django.contrib.auth.hashers import check_password, is_password_usable, make_password
from django.db import transaction

from tenants.contract.access import SignUp
from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.contract.tokens import SignedIn
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.attempts.limits import ACCOUNT, MAIL_TO_ACCOUNT, MAIL_TO_ADDRESS
from tenants.identity.browser import live_state
from tenants.identity.mail import send_invitation_mail, send_reset_mail
from tenants.identity.models import MailedLink, SignIn
from tenants.identity.services.completing import begin_sign_in, complete_sign_in
from tenants.identity.services.links import MailedKey, create_link, find_link, use_link
from tenants.identity.services.members import add_member, expect_may_manage, get_member
from tenants.identity.services.notices import Notice, tell_member
from tenants.identity.services.signing_in import PASSWORD
from tenants.identity.services.signing_out import close_sign_ins
from tenants.identity.visit import Visit
from tenants.identity.ways import expect_passwords, takes_passwords
from tenants.registry.actor import SYSTEM, Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.credentials import checked_password
from tenants.workspace.models import Member
from tenants.workspace.services.editing import editing

__all__ = [
    "MailedKey", "are_invitations_sent", "change_password", "choose_password", "invite_member", "invited_member",
    "mail_invitation", "mail_reset", "request_reset", "resend_invitation",
]  # fmt: skip

log = structlog.get_logger(__name__)


def invite_member(tenant_id: UUID | str, *, email: str, name: str = "", role: str, actor: Actor) -> Member:
    """Add a member without a password and mail them the link to choose one, or to the way by which they sign in.

    Raises as ``add_member``, and ``ConflictError`` (``invitations_closed``) where the policy has nobody invited.
    """
    expect_may_manage(actor, role)
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        _expect_invitations(tenant)
        member = add_member(tenant_id, email=email, name=name, role=role, actor=actor)
        enqueue_after_commit("tenants.identity.tasks.mail_invitation", str(tenant_id), str(member.pk))
    return member


def resend_invitation(tenant_id: UUID | str, member_id: UUID | str, *, actor: Actor) -> None:
    """Mail a new link to somebody who has not accepted yet.

    Raises ``ConflictError`` (``invitation_accepted``, ``invitations_closed``).
    """
    expect_may_manage(actor)
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        _expect_invitations(tenant)
        member = get_member(member_id)
        expect_may_manage(actor, member.role)
        if is_password_usable(member.password):
            raise ConflictError("invitation_accepted", f"{member.email} has a password already.")
        record("member.invite", actor=actor, tenant=tenant, target=member.email)
        enqueue_after_commit("tenants.identity.tasks.mail_invitation", str(tenant_id), str(member.pk))


def mail_invitation(tenant_id: str, member_id: str) -> None:
    """Make the link and send the mail, for the worker.

    Whoever is gone or has a password by now gets none, and nobody where nobody is invited any more.
    """
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        if not are_invitations_sent(tenant):
            return
        member = Member.objects.select_for_update().filter(pk=member_id, is_active=True).first()
        if member is not None and not is_password_usable(member.password):
            _mail(tenant, member, MailedLink.Purpose.INVITATION, send_invitation_mail)


def request_reset(tenant: Tenant, *, email: str, visit: Visit) -> None:
    """Have a link mailed to the member with this address, if there is one.

    Who asks learns nothing of that: here nobody is looked up, so the answer and its time are the same for all, and also
    when so many were asked for that no more are sent.
    """
    email, counter = email.strip().lower()[:254], attempt_counter()
    _, of_address = counter.take(tenant.pk, MAIL_TO_ADDRESS, visit.address)
    _, of_account = counter.take(tenant.pk, MAIL_TO_ACCOUNT, email)
    if of_address or of_account:
        log.info("mail not sent again so soon", tenant=tenant.slug)
        return
    enqueue_after_commit("tenants.identity.tasks.mail_reset", str(tenant.pk), email, visit.address)


def mail_reset(tenant_id: str, email: str, address: str) -> None:
    """Make the link and send the mail, for the worker.

    Nothing is sent where no active member has this address, and to nobody where there is no use for passwords.
    """
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        member = Member.objects.select_for_update().filter(email=email, is_active=True).first()
        actor = Actor(ActorKind.VISITOR, email)
        record("password.ask_reset", actor=actor, tenant=tenant, target=email, address=address, method=PASSWORD)
        if member is not None and takes_passwords(tenant):
            _mail(tenant, member, MailedLink.Purpose.RESET, send_reset_mail)


def invited_member(tenant: Tenant, key: MailedKey) -> Member:
    """Return whose a link is that still works; raises ``LinkInvalidError``."""
    with tenant_schema(tenant):
        return find_link(tenant, key).member


def choose_password(
    tenant: Tenant, key: MailedKey, *, password: str, name: str | None = None, visit: Visit
) -> SignedIn:
    """Use a link up: set the password (and the name), end all other sign-ins, and sign the member in.

    Raises ``LinkInvalidError``, ``InvalidValueError`` (``password_weak``) or ``PasswordNotOfferedError``; the link then
    works again. Raises ``SecondFactorNeededError`` where the password is set, and the sign-in takes more than it.
    """
    expect_passwords(tenant)
    encoded = make_password(checked_password(password))
    with editing(tenant.pk, actor=SYSTEM, note="A member's password"):
        member = use_link(tenant, key)
        member.password = encoded
        if name is not None:
            member.name = name.strip()[:80]
        member.save(update_fields=["password", "name"])
        close_sign_ins(member, SignIn.Reason.PASSWORD)
        action = "member.accept" if key.purpose == MailedLink.Purpose.INVITATION else "password.reset"
        actor = Actor(ActorKind.MEMBER, member.email)
        record(action, actor=actor, tenant=tenant, target=member.email, address=visit.address, method=PASSWORD)
        if key.purpose == MailedLink.Purpose.RESET:
            told = "the password of your account was changed by a link that we mailed to you."
            tell_member(tenant, member, Notice.PASSWORD, told, address=visit.address)
    # Whoever could read the mail is no guesser.
    attempt_counter().forget(tenant.pk, ACCOUNT, member.email)
    return complete_sign_in(tenant, member.pk, method=PASSWORD, visit=visit)


def change_password(
    tenant: Tenant, member: Member, *, current: str, password: str, visit: Visit, actor: Actor
) -> SignedIn:
    """Change one's own password, which ends all sign-ins, and return the one that goes on in this browser.

    Raises ``InvalidValueError`` (``password_wrong``, ``password_weak``) and ``PasswordNotOfferedError``. Wrong ones
    count as attempts to sign in.
    """
    actor.expect_own(member.pk)
    expect_passwords(tenant)
    counter = attempt_counter()
    attempt, wait = counter.take(tenant.pk, ACCOUNT, member.email)
    if wait or not check_password(current, member.password):
        raise InvalidValueError("password_wrong", "That is not your present password.", field="current")
    counter.give_back(tenant.pk, ACCOUNT, member.email, attempt)
    encoded = make_password(checked_password(password))
    with editing(tenant.pk, actor=actor, note="A member's password"):
        locked = get_member(member.pk)
        Member.objects.filter(pk=locked.pk).update(password=encoded)
        close_sign_ins(locked, SignIn.Reason.PASSWORD)
        record(
            "password.change", actor=actor, tenant=tenant, target=member.email, address=visit.address, method=PASSWORD
        )
        told = "the password of your account was changed, and other devices are signed out."
        tell_member(tenant, locked, Notice.PASSWORD, told, address=visit.address)
        # The way by which they came stays: with it its session at the provider, and what the policy says of that way.
        return begin_sign_in(tenant, member.pk, method=actor.method or PASSWORD, visit=visit)


def are_invitations_sent(tenant: Tenant) -> bool:
    """Say whether the tenant's policy, as it is live, lets administrators mail invitations."""
    return live_state(tenant).access.sign_up is not SignUp.CLOSED


def _expect_invitations(tenant: Tenant) -> None:
    if not are_invitations_sent(tenant):
        raise ConflictError("invitations_closed", "Nobody is invited here: members are added with a password.")


def _mail(
    tenant: Tenant, member: Member, purpose: MailedLink.Purpose, send: Callable[[Tenant, Member, str], None]
) -> None:
    key = create_link(tenant, member, purpose)
    # Within the transaction: a link whose mail could not be sent is not there, and the one before still works.
    send(tenant, member, f"/settings/{purpose.value}/{key.link_id}/{key.secret}/")
