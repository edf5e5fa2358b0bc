"""What role somebody has at the tenant, as app code asks it."""

from types import SimpleNamespace

import pytest

from runtime.tenancy import NoTenantError, bind_tenant, tenant
from tenants.contract.roles import Role
from tenants.contract.state import AccessMode, AccessPolicy
from tests.runtime.tenants_in_memory import make_handle


def user(**metadata) -> SimpleNamespace:
    """What of Chainlit's ``User`` is asked."""
    return SimpleNamespace(identifier="ann@example.com", metadata=metadata)


def bound(mode: AccessMode):
    return bind_tenant(make_handle(access=AccessPolicy(mode=mode)))


@pytest.mark.parametrize("role", Role)
def test_a_member_has_the_role_of_their_sign_in(role):
    with bound(AccessMode.MEMBERS):
        assert tenant.role_of(user(role=role.value)) is role


@pytest.mark.parametrize("somebody", [None, user(), user(role="god"), user(role=["owner"]), user(role="Owner")])
def test_who_has_no_role_that_there_is_has_none(somebody):
    with bound(AccessMode.MEMBERS):
        assert tenant.role_of(somebody) is None


@pytest.mark.parametrize("mode", [AccessMode.APP, AccessMode.ANONYMOUS])
def test_a_role_that_an_app_or_a_header_named_is_none(mode):
    with bound(mode):
        assert tenant.role_of(user(role="owner")) is None


def test_without_a_tenant_there_are_no_roles():
    with pytest.raises(NoTenantError):
        tenant.role_of(user(role="owner"))
