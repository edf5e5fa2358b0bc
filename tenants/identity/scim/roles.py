"""The roles that administrators tie to a directory's groups.

Whoever is in several such groups has the strongest of their roles. What people gave by hand is theirs to take: a group
raises whom it gives more than they have, and takes back no more than it gave.
"""

from collections.abc import Collection
from uuid import UUID

from django.core.exceptions import ValidationError

from tenants.contract.errors import InvalidValueError, NotFoundError
from tenants.contract.roles import Permission, Role
from tenants.identity.scim.models import ScimGroup, ScimUser
from tenants.identity.services.members import update_member
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.services.auditing import record
from tenants.workspace.models import Member
from tenants.workspace.services.editing import editing

__all__ = ["GROUP_ROLES", "grant_roles", "role_after", "set_group_role"]

GROUP_ROLES = (Role.ADMIN, Role.OWNER)
"""What a group can make of people; everybody is a member without it."""
STRENGTH: dict[str, int] = {"": 0, Role.MEMBER: 1, Role.ADMIN: 2, Role.OWNER: 3}


def role_after(role: str, *, before: str, now: str) -> str:
    """Return somebody's role once groups, which gave ``before`` until now, give ``now``; empty for no role."""
    if STRENGTH[now] > STRENGTH[role]:
        return now
    if role == before != now:
        return now or Role.MEMBER
    return role


def grant_roles(tenant: Tenant, member_ids: Collection[UUID], *, actor: Actor) -> None:
    """Give these members what their groups say, whatever the actor may: whoever tied the role had the permission.

    Raises ``ConflictError`` (``last_owner``) rather than leave the tenant without an owner.
    """
    if not member_ids:
        return
    with editing(tenant.pk, actor=actor, note="Roles of a directory's groups"):
        members = Member.objects.filter(pk__in=member_ids).select_related("directory")
        for member in members.prefetch_related("directory_groups"):
            known: ScimUser | None = getattr(member, "directory", None)
            before = known.granted_role if known else ""
            now = max((group.role for group in member.directory_groups.all()), key=STRENGTH.__getitem__, default="")
            if now != before:
                ScimUser.objects.update_or_create(member=member, defaults={"granted_role": now})
            role = role_after(member.role, before=before, now=now)
            if role != member.role:
                update_member(
                    tenant.pk, member.pk, name=member.name, role=role, is_active=member.is_active, actor=actor
                )


def set_group_role(tenant_id: UUID | str, group_id: UUID | str, *, role: str, actor: Actor) -> None:
    """Tie a role to a group, or none, and give it to the people in it at once.

    Raises ``NotPermittedError``, ``NotFoundError``, ``InvalidValueError`` (``role_invalid``) and ``ConflictError``
    (``last_owner``).
    """
    actor.expect(Permission.MANAGE_MEMBERS)
    if role and role not in GROUP_ROLES:
        raise InvalidValueError("role_invalid", f"A group cannot make anybody “{role[:20]}”.", field="role")
    with editing(tenant_id, actor=actor, note="A group's role") as tenant:
        try:
            group = ScimGroup.objects.select_for_update().get(pk=group_id)
        except (ScimGroup.DoesNotExist, ValidationError) as error:
            raise NotFoundError("scim_group_not_found", "There is no such group.") from error
        if group.role == role:
            return
        if Role.OWNER in {group.role, role}:
            actor.expect(Permission.MANAGE_OWNERS)
        changes: dict[str, object] = {"role": [group.role, role]}
        ScimGroup.objects.filter(pk=group.pk).update(role=role)
        record("scim_group.tie_role", actor=actor, tenant=tenant, target=group.display_name, changes=changes)
        grant_roles(tenant, list(group.members.values_list("pk", flat=True)), actor=actor)
