"""Groups as a directory keeps them: found, added, changed, removed. The caller is in the tenant's schema."""

from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from scim2_models import (
    InvalidValueException,
    Meta,
    NotFoundException,
    Reference,
    TooManyException,
    UniquenessException,
)

from tenants.identity.scim.directory import Directory
from tenants.identity.scim.models import ScimGroup
from tenants.identity.scim.roles import grant_roles
from tenants.identity.scim.schemas import Group, GroupMember, User
from tenants.identity.scim.values import LONGEST_EXTERNAL_ID, cut, identifier, kept
from tenants.registry.services.auditing import difference, record
from tenants.workspace.models import Member

__all__ = ["add_group", "change_group", "describe_group", "find_group", "groups", "remove_group"]

MOST_GROUPS = 2000
MOST_NAMED = 50
"""People whom one entry of the audit log names; of more it gives the number."""


def groups(*, with_members: bool = True) -> QuerySet[ScimGroup]:
    """Return all groups, with what their description needs."""
    found = ScimGroup.objects.annotate(size=Count("members"))
    return found.prefetch_related("members") if with_members else found


def find_group(group_id: str | None, *, with_members: bool = True) -> ScimGroup:
    """Return a group; raises ``NotFoundException``."""
    group = groups(with_members=with_members).filter(pk=identifier(group_id, "group")).first()
    if group is None:
        raise NotFoundException(detail="There is no such group.")
    return group


def describe_group(group: ScimGroup, *, with_members: bool = True) -> Group:
    """Return a group of ``groups`` as a SCIM group.

    The version counts the directory's changes, and the people: whoever was removed from the tenant left its groups.
    """
    members = [
        GroupMember(value=str(member.pk), ref=Reference[User](f"Users/{member.pk}"), type="User")
        for member in (group.members.all() if with_members else ())
    ]
    size: int = group.size  # type: ignore[attr-defined]  # annotated by groups()
    return Group(
        id=str(group.pk),
        external_id=group.external_id or None,
        display_name=group.display_name,
        members=members or None,
        meta=Meta(
            resource_type="Group",
            created=group.created_at,
            last_modified=group.updated_at,
            version=f'W/"{group.version}-{size}"',
        ),
    )


def add_group(directory: Directory, group: Group) -> ScimGroup:
    """Add a group with its members; no role is tied to it yet."""
    if ScimGroup.objects.count() >= MOST_GROUPS:
        raise TooManyException(detail=f"At most {MOST_GROUPS} groups fit here. Provision those that matter.")
    values = _values(group)
    _check_name(values["display_name"])
    members = _members(group)
    row = ScimGroup.objects.create(**values)
    row.members.set(members)
    _record("scim_group.add", directory, row, _named(added=members))
    return find_group(str(row.pk))


def change_group(directory: Directory, row: ScimGroup, group: Group) -> ScimGroup:
    """Make a group what the directory says; whoever joins or leaves gets or loses the role that is tied to it."""
    values = _values(group)
    if values["display_name"].lower() != row.display_name.lower():
        _check_name(values["display_name"])
    changes = difference({name: getattr(row, name) for name in values}, values)
    wanted, present = set(_members(group)), set(row.members.all())
    added, removed = wanted - present, present - wanted
    if not (changes or added or removed):
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.save(update_fields=[*values, "version", "updated_at"])
    row.members.add(*added)
    row.members.remove(*removed)
    _record("scim_group.update", directory, row, changes | _named(added=added, removed=removed))
    if row.role:
        grant_roles(directory.tenant, _ids(added | removed), actor=directory.actor)
    return find_group(str(row.pk))


def remove_group(directory: Directory, row: ScimGroup) -> None:
    """Remove a group, and with it the role that was tied to it; its people stay."""
    people = _ids(row.members.all()) if row.role else []
    _record("scim_group.remove", directory, row, {})
    row.delete()
    grant_roles(directory.tenant, people, actor=directory.actor)


def _values(group: Group) -> dict[str, str]:
    name = kept(group.display_name, 200, "displayName")
    if not name:
        raise InvalidValueException(detail="A group needs a displayName.")
    return {"display_name": name, "external_id": kept(group.external_id, LONGEST_EXTERNAL_ID, "externalId")}


def _check_name(name: str) -> None:
    # Administrators choose groups by their names, so two of one name would be a trap.
    if ScimGroup.objects.filter(display_name__iexact=name).exists():
        raise UniquenessException(detail=f"There is a group “{cut(name, 60)}” already.")


def _members(group: Group) -> list[Member]:
    """Return the members that a group names; raises ``InvalidValueException`` for whoever is none."""
    entries = group.members or []
    if any((entry.type or "User").lower() != "user" for entry in entries):
        raise InvalidValueException(detail="Groups within groups are not supported: provision their people instead.")
    wanted = {entry.value for entry in entries}
    found = list(Member.objects.filter(pk__in=[value for value in wanted if _is_id(value)]))
    missing = wanted - {str(member.pk) for member in found}
    if missing:
        shown = ", ".join(sorted(cut(str(value), 40) for value in missing)[:3])
        raise InvalidValueException(detail=f"There is no such user: {shown}.")
    return found


def _is_id(value: str | None) -> bool:
    try:
        return str(UUID(value or "")) == value
    except ValueError:
        return False


def _ids(members: Any) -> list[UUID]:
    return [member.pk for member in members]


def _named(**people: Any) -> dict[str, object]:
    return {
        name: sorted(member.email for member in members) if len(members) <= MOST_NAMED else len(members)
        for name, members in people.items()
        if members
    }


def _record(action: str, directory: Directory, row: ScimGroup, changes: dict[str, Any]) -> None:
    record(action, actor=directory.actor, tenant=directory.tenant, target=row.display_name, changes=changes)
