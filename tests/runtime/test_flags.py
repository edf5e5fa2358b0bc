"""``tenant.flags`` and ``tenant.flag`` without a chat: what is absent, and what is of another kind."""

import pytest

from runtime.tenancy import NoTenantError, bind_tenant, tenant
from tenants.contract.flags import Flag, FlagRule
from tests.runtime.tenants_in_memory import make_handle, publish

FLAGS = {
    "on": True,
    "off": False,
    "targeted": Flag(rules=(FlagRule("on", members=("ann@acme.example",)),)),
    "model": Flag(default="small", variants={"small": "a"}),
    "limit": Flag(default="low", variants={"low": 3}),
    "asleep": Flag(default="small", enabled=False, variants={"small": "a"}),
}


@pytest.fixture
def acme():
    handle = make_handle(flags=FLAGS)
    with bind_tenant(handle):
        yield handle


def test_the_mapping_holds_each_flag_with_a_value(acme):
    assert dict(tenant.flags) == {"on": True, "off": False, "targeted": False, "model": "a", "limit": 3}
    assert len(tenant.flags) == 5
    assert "asleep" not in tenant.flags
    assert tenant.flags.get("absent", "mine") == "mine"
    with pytest.raises(KeyError):
        tenant.flags["absent"]


@pytest.mark.parametrize(
    ("name", "default", "value"),
    [
        ("on", False, True), ("off", True, False), ("model", "b", "a"), ("limit", 1, 3), ("limit", 1.5, 3),
        ("absent", "b", "b"), ("asleep", "b", "b"), ("model", False, False), ("on", "b", "b"), ("on", 1, 1),
        ("limit", None, 3), ("absent", None, None),
    ],
)  # fmt: skip
def test_a_flag_gives_its_value_or_what_the_app_would_have_without_it(acme, name, default, value):
    found = tenant.flag(name, default)
    assert (found, type(found)) == (value, type(value))


def test_one_tenants_flags_are_no_other_tenants(acme):
    with bind_tenant(make_handle("globex", flags={"on": False})):
        assert dict(tenant.flags) == {"on": False}
    assert tenant.flags["on"] is True


def test_a_new_revision_counts_at_once(acme):
    assert tenant.flag("on", default=False) is True
    publish(acme, flags={"on": False})
    assert tenant.flag("on", default=True) is False


def test_without_a_tenant_there_are_no_flags():
    with pytest.raises(NoTenantError):
        tenant.flag("on", default=False)
