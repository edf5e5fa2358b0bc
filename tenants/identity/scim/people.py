"""Members as a directory sees them: found, added, changed, removed. The caller is in the tenant's schema.

A change goes through the services of members, so that it is audited and ends sign-ins as if a person had made it.
"""

import hashlib
from typing import Any

from django.db.models import QuerySet
from scim2_models import InvalidValueException, Meta, NotFoundException, Reference

from tenants.identity.scim.directory import Directory
from tenants.identity.scim.models import ScimEmail, ScimUser
from tenants.identity.scim.schemas import Email, Group, GroupOfUser, PersonName, RoleOfUser, User
from tenants.identity.scim.values import LONGEST_EXTERNAL_ID, cut, identifier, kept
from tenants.identity.services.members import add_member, change_member_email, remove_member, update_member
from tenants.workspace.models import Member

__all__ = ["add_person", "change_person", "describe_person", "find_person", "people", "remove_person"]

MOST_EMAILS = 20


def people() -> QuerySet[Member]:
    """Return all members, with what their description needs."""
    return Member.objects.select_related("directory").prefetch_related("directory__emails", "directory_groups")


def find_person(user_id: str | None) -> Member:
    """Return a member; raises ``NotFoundException``."""
    member = people().filter(pk=identifier(user_id, "user")).first()
    if member is None:
        raise NotFoundException(detail="There is no such user.")
    return member


def describe_person(member: Member) -> User:
    """Return a member as a SCIM user. The version is a digest of all that is said, whoever changed it."""
    known = _known(member)
    name = PersonName(
        formatted=known.formatted_name or None,
        given_name=known.given_name or None,
        family_name=known.family_name or None,
    )
    user = User(
        id=str(member.pk),
        external_id=known.external_id or None,
        user_name=member.email,
        name=name if any((known.formatted_name, known.given_name, known.family_name)) else None,
        display_name=member.name or None,
        active=member.is_active,
        emails=[_email(row) for row in known.emails.all()] or None if known.pk else None,
        roles=[RoleOfUser(value=member.role, primary=True)],
        groups=[
            GroupOfUser(
                value=str(group.pk),
                ref=Reference[Group](f"Groups/{group.pk}"),
                display=group.display_name,
                type="direct",
            )
            for group in member.directory_groups.all()
        ]
        or None,
    )
    digest = hashlib.sha256(user.model_dump_json().encode()).hexdigest()[:20]
    user.meta = Meta(
        resource_type="User",
        created=member.created_at,
        last_modified=known.updated_at or member.created_at,
        version=f'W/"{digest}"',
    )
    return user


def add_person(directory: Directory, user: User) -> Member:
    """Add a member, without a password and without a mail; raises ``ConflictError`` (``email_taken``)."""
    email = _user_name(user)
    member = add_member(directory.tenant.pk, email=email, name=_shown_name(user), actor=directory.actor)
    if user.active is False:
        _update(directory, member, is_active=False)
    _remember(member, user)
    return find_person(str(member.pk))


def change_person(directory: Directory, member: Member, user: User) -> Member:
    """Make a member what the directory says; raises ``ConflictError`` (``email_taken``, ``last_owner``)."""
    # Who leaves the attribute out says nothing about it: nobody comes back in by that.
    email, is_active = _user_name(user), member.is_active if user.active is None else user.active
    if email != member.email:
        change_member_email(directory.tenant.pk, member.pk, email=email, actor=directory.actor)
    name = _shown_name(user)
    known = _known(member)
    if user.display_name == member.name == _joined(known.formatted_name, known.given_name, known.family_name):
        # The shown name was only ever made of its parts, so it follows them.
        name = _joined_name(user) or name
    if name != member.name or is_active != member.is_active:
        _update(directory, member, name=name, is_active=is_active)
    _remember(member, user)
    return find_person(str(member.pk))


def remove_person(directory: Directory, member: Member) -> None:
    """Remove a member; raises ``ConflictError`` (``last_owner``)."""
    remove_member(directory.tenant.pk, member.pk, actor=directory.actor)


def _update(directory: Directory, member: Member, **changes: Any) -> None:
    values: dict[str, Any] = {"name": member.name, "role": member.role, "is_active": member.is_active} | changes
    update_member(directory.tenant.pk, member.pk, **values, actor=directory.actor)


def _remember(member: Member, user: User) -> None:
    """Store what members have no columns for."""
    name = user.name or PersonName()
    values = {
        "external_id": kept(user.external_id, LONGEST_EXTERNAL_ID, "externalId"),
        "formatted_name": cut(name.formatted, 200),
        "given_name": cut(name.given_name, 100),
        "family_name": cut(name.family_name, 100),
    }
    known, _ = ScimUser.objects.update_or_create(member_id=member.pk, defaults=values)
    emails = [
        ScimEmail(
            user=known,
            value=kept(email.value, 254, "e-mail address"),
            type=cut(email.type, 40),
            display=cut(email.display, 200),
            is_primary=email.primary,
        )
        for email in user.emails or ()
        if email.value
    ]
    if len(emails) > MOST_EMAILS:
        raise InvalidValueException(detail=f"At most {MOST_EMAILS} e-mail addresses fit here.")
    if [_email(row) for row in known.emails.all()] != [_email(row) for row in emails]:
        known.emails.all().delete()
        ScimEmail.objects.bulk_create(emails)


def _known(member: Member) -> ScimUser:
    """Return what a directory said of a member, or an empty row that is not stored."""
    known: ScimUser | None = getattr(member, "directory", None)
    return known or ScimUser()


def _email(row: ScimEmail) -> Email:
    return Email(value=row.value, type=row.type or None, display=row.display or None, primary=row.is_primary)


def _user_name(user: User) -> str:
    """Return the e-mail address that a user name must be: people sign in by it; raises ``InvalidValueError``."""
    return kept(user.user_name, 254, "userName").lower()


def _shown_name(user: User) -> str:
    return cut(user.display_name, 80) or _joined_name(user)


def _joined_name(user: User) -> str:
    name = user.name or PersonName()
    return _joined(cut(name.formatted, 200), cut(name.given_name, 100), cut(name.family_name, 100))


def _joined(formatted: str, given: str, family: str) -> str:
    return (formatted or f"{given} {family}".strip())[:80].strip()
