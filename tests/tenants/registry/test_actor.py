"""Actors are asked by services what they may do."""

from uuid import uuid4

import pytest

from tenants.contract.roles import NOBODY_ELSES, Permission, Role, may
from tenants.registry.actor import SYSTEM, Actor, ActorKind, NotPermittedError

OPERATOR = Actor(ActorKind.OPERATOR, "operator@example.com")


def member(role: Role | None, **more) -> Actor:
    return Actor(ActorKind.MEMBER, "ann@example.com", role, **more)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_a_member_may_what_the_table_says(role, permission):
    assert member(role).may(permission) is may(role, permission)


@pytest.mark.parametrize("permission", sorted(set(Permission) - NOBODY_ELSES))
def test_operators_and_the_system_may_everything_that_is_not_the_tenants_own(permission):
    OPERATOR.expect(permission)
    SYSTEM.expect(permission)


@pytest.mark.parametrize("actor", [OPERATOR, SYSTEM], ids=str)
def test_nobody_from_the_platform_reads_conversations(actor):
    with pytest.raises(NotPermittedError, match="Only owners and admins may find, read and export conversations"):
        actor.expect(Permission.READ_CONVERSATIONS)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize(
    "actor",
    [
        member(None),
        Actor(ActorKind.VISITOR, "ann@example.com"),
        Actor(ActorKind.VISITOR, "ann@example.com", Role.OWNER),
        Actor(ActorKind.MEMBER, "ann@example.com", "nobody"),
    ],
    ids=["member without a role", "visitor", "visitor who says to be an owner", "unknown role"],
)
def test_somebody_without_a_role_may_nothing(actor, permission):
    with pytest.raises(NotPermittedError):
        actor.expect(permission)


@pytest.mark.parametrize(
    ("permission", "sentence"),
    [
        (Permission.EDIT_FLAGS, "Only owners and admins may set and remove flags. Ask one of them."),
        (Permission.MANAGE_OWNERS, "Only owners may change owners, or make somebody one. Ask one of them."),
    ],
)
def test_a_refusal_says_what_is_missing_and_whom_to_ask(permission, sentence):
    with pytest.raises(NotPermittedError) as refused:
        member(Role.MEMBER).expect(permission)
    assert (refused.value.status, refused.value.code) == (403, "not_permitted")
    assert refused.value.message == sentence


@pytest.mark.parametrize("role", Role)
def test_a_profile_is_its_members_own_whatever_the_role(role):
    own = uuid4()
    member(role, member_id=own).expect_own(str(own))
    with pytest.raises(NotPermittedError):
        member(role, member_id=own).expect_own(uuid4())
    with pytest.raises(NotPermittedError):
        member(role).expect_own(own)
