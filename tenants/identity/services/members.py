"""Members of a tenant: added, changed, removed.

Members are no part of the published state. What ends their sign-ins is: a member who changes role, gets a password,
may sign in no more or is removed is out of every open chat at once.
"""

from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import transaction

from tenants.contract.errors import ConflictError, InvalidValueError, NotFoundError
from tenants.contract.roles import Permission, Role
from tenants.conversations.services.people import part_with_user
from tenants.identity.models import SignIn
from tenants.identity.services.notices import Notice, tell_member
from tenants.identity.services.signing_out import close_sign_ins
from tenants.registry.actor import Actor
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.auditing import difference, record
from tenants.registry.services.credentials import checked_email, checked_password
from tenants.workspace.models import Member
from tenants.workspace.services.editing import editing

__all__ = [
    "add_member", "change_member_email", "expect_may_manage", "get_member", "remove_member", "rename_member",
    "set_member_password", "update_member",
]  # fmt: skip


def add_member(
    tenant_id: UUID | str,
    *,
    email: str,
    name: str = "",
    role: str = Role.MEMBER,
    password: str = "",
    actor: Actor,
) -> Member:
    """Add a member; an empty password means that the member cannot sign in until one is set.

    Raises ``InvalidValueError`` (``email_invalid``, ``role_invalid``, ``password_weak``) or ``ConflictError``
    (``email_taken``).
    """
    expect_may_manage(actor, role)
    email = checked_email(email)
    _check_role(role)
    encoded = make_password(checked_password(password) if password else None)
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        if Member.objects.filter(email=email).exists():
            raise ConflictError("email_taken", f"{email} is a member already.", field="email")
        member = Member.objects.create(email=email, name=name.strip()[:80], role=role, password=encoded)
        record("member.add", actor=actor, tenant=tenant, target=email, changes={"role": [None, role]})
        return member


def update_member(
    tenant_id: UUID | str, member_id: UUID | str, *, name: str, role: str, is_active: bool, actor: Actor
) -> None:
    """Change a member's name, role or activity. The last active owner can neither be demoted nor switched off."""
    expect_may_manage(actor, role)
    _check_role(role)
    with editing(tenant_id, actor=actor, note="A member changed") as tenant:
        member = get_member(member_id)
        expect_may_manage(actor, member.role)
        before = {"name": member.name, "role": member.role, "is_active": member.is_active}
        after = {"name": name.strip()[:80], "role": role, "is_active": is_active}
        if not (role == Role.OWNER and is_active):
            _keep_an_owner(member)
        changes = difference(before, after)
        if changes:
            Member.objects.filter(pk=member.pk).update(**after)
            record("member.update", actor=actor, tenant=tenant, target=member.email, changes=changes)
        if {"role", "is_active"} & changes.keys():
            close_sign_ins(member, SignIn.Reason.MEMBER)


def rename_member(tenant_id: UUID | str, member_id: UUID | str, *, name: str, actor: Actor) -> None:
    """Change a member's name alone, as members do themselves."""
    actor.expect_own(member_id)
    tenant = get_tenant(tenant_id)
    with transaction.atomic(), tenant_schema(tenant):
        member = get_member(member_id)
        changes = difference({"name": member.name}, {"name": name.strip()[:80]})
        if changes:
            Member.objects.filter(pk=member.pk).update(name=name.strip()[:80])
            record("member.update", actor=actor, tenant=tenant, target=member.email, changes=changes)


def change_member_email(tenant_id: UUID | str, member_id: UUID | str, *, email: str, actor: Actor) -> None:
    """Change the address by which a member signs in. Sign-ins end, and the member's conversations go along.

    Raises ``InvalidValueError`` (``email_invalid``) or ``ConflictError`` (``email_taken``). As with passwords, nobody
    changes it for somebody else: whoever reads the mails can choose the password.
    """
    actor.expect(Permission.OPERATE)
    email = checked_email(email)
    with editing(tenant_id, actor=actor, note="A member's address") as tenant:
        member = get_member(member_id)
        before = member.email
        if email == before:
            return
        if Member.objects.filter(email=email).exists():
            raise ConflictError("email_taken", f"{email} is a member already.", field="email")
        close_sign_ins(member, SignIn.Reason.MEMBER)
        # Whoever chatted by this address when it was no member's is not this member.
        part_with_user(email, as_whom=f"{email} (before {member.pk})")
        part_with_user(before, as_whom=email)
        Member.objects.filter(pk=member.pk).update(email=email)
        changes: dict[str, object] = {"email": [before, email]}
        record("member.change_email", actor=actor, tenant=tenant, target=email, changes=changes)
        told = f"your account has another e-mail address now: {email} in the place of {before}."
        for address in (before, email):
            tell_member(tenant, member, Notice.EMAIL, told, email=address)


def set_member_password(tenant_id: UUID | str, member_id: UUID | str, *, password: str, actor: Actor) -> None:
    """Set a member's password, which ends all their sign-ins; raises ``InvalidValueError`` (``password_weak``).

    Members choose theirs themselves: with another's password one could read what they said in the chat.
    """
    actor.expect(Permission.OPERATE)
    encoded = make_password(checked_password(password))
    with editing(tenant_id, actor=actor, note="A member's password") as tenant:
        member = get_member(member_id)
        Member.objects.filter(pk=member.pk).update(password=encoded)
        close_sign_ins(member, SignIn.Reason.PASSWORD)
        record("member.set_password", actor=actor, tenant=tenant, target=member.email)
        told = "an operator of the platform gave your account another password, and you are signed out everywhere."
        tell_member(tenant, member, Notice.PASSWORD, told)


def remove_member(tenant_id: UUID | str, member_id: UUID | str, *, actor: Actor) -> None:
    """Remove a member; the last active owner stays.

    Conversations stay too, but nobody's who comes later: whoever gets the e-mail address next begins without them.
    """
    expect_may_manage(actor)
    with editing(tenant_id, actor=actor, note="A member removed") as tenant:
        member = get_member(member_id)
        expect_may_manage(actor, member.role)
        _keep_an_owner(member)
        close_sign_ins(member, SignIn.Reason.MEMBER)
        part_with_user(member.email, as_whom=f"{member.email} (removed, {member.pk})")
        record("member.remove", actor=actor, tenant=tenant, target=member.email)
        member.delete()


def expect_may_manage(actor: Actor, role: str = Role.MEMBER) -> None:
    """Raise ``NotPermittedError`` where the actor may not manage members who are, or become, this."""
    actor.expect(Permission.MANAGE_OWNERS if role == Role.OWNER else Permission.MANAGE_MEMBERS)


def get_member(member_id: UUID | str) -> Member:
    """Return a member of the bound tenant, locked; raises ``NotFoundError``."""
    try:
        return Member.objects.select_for_update().get(pk=member_id)
    except (Member.DoesNotExist, ValidationError, ValueError) as error:
        raise NotFoundError("member_not_found", "There is no such member.") from error


def _keep_an_owner(member: Member) -> None:
    if member.role != Role.OWNER or not member.is_active:
        return
    # Locking all owners keeps two operators from removing the last two at the same time.
    owners = Member.objects.select_for_update().filter(role=Role.OWNER, is_active=True)
    if len(owners) < 2:
        raise ConflictError("last_owner", "A tenant keeps at least one active owner.", field="role")


def _check_role(role: str) -> None:
    if role not in set(Role):
        raise InvalidValueError("role_invalid", f"There is no role “{role[:20]}”.", field="role")
