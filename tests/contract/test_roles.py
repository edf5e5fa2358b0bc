"""The table of roles and permissions, and what follows from it whatever else is changed in it."""

import pytest

from tenants.contract.roles import PERMISSIONS, Permission, Role, may, permissions_of


def test_every_role_stands_in_the_table():
    assert PERMISSIONS.keys() == set(Role)


def test_who_is_more_may_do_whatever_who_is_less_may():
    assert PERMISSIONS[Role.MEMBER] < PERMISSIONS[Role.ADMIN] < PERMISSIONS[Role.OWNER]


def test_no_role_does_what_is_the_operators():
    assert not any(may(role, Permission.OPERATE) for role in Role)


@pytest.mark.parametrize(
    "permission",
    [Permission.MANAGE_OWNERS, Permission.MANAGE_ACCESS, Permission.MANAGE_TOKENS, Permission.RESTORE_REVISIONS],
)
def test_owners_alone_do_what_could_make_somebody_an_owner(permission):
    assert {role for role in Role if may(role, permission)} == {Role.OWNER}


@pytest.mark.parametrize("role", [None, "", "Owner", "operator", "owner ", ["owner"]])
def test_a_role_that_there_is_not_may_nothing(role):
    assert permissions_of(role) == frozenset()


def test_a_permission_is_written_as_its_value():
    assert str(Permission.EDIT_FLAGS) == "edit_flags"
    assert Permission("edit_flags") is Permission.EDIT_FLAGS
