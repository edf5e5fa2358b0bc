"""Property: ``os.environ`` is process < platform < app < plan < tenant < what the tenant's code wrote, in every way."""

import os
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime import environment
from runtime.chainlit_host.process import environ
from runtime.chainlit_host.process.environ import TenantEnviron
from runtime.tenancy import TenantHandle, bind_tenant
from tenants.contract.environment import PLATFORM_OWNER, plan_owner
from tenants.contract.secrets import SecretBox, SecretUnreadableError
from tenants.contract.state import EnvironmentLayer, PublishedState
from tests.runtime.registry import make_state

BOX = SecretBox([Fernet.generate_key().decode()])
NAMES = st.sampled_from(["KEY", "MODEL", "PROMPT", "REGION"])
VALUES = st.sampled_from(["one", "two", "three", ""])
VARIABLES = st.dictionaries(NAMES, VALUES)
APP = st.dictionaries(NAMES, st.one_of(VALUES, st.none()))
WRITES = st.lists(st.tuples(NAMES, st.one_of(VALUES, st.none())), max_size=4)


@contextmanager
def environ_of(process, app):
    """An ``os.environ`` of its own over the given process and app; the real one is not touched."""
    own = os._Environ(
        {os.fsencode(name): os.fsencode(value) for name, value in process.items()},
        os.fsencode, os.fsdecode, os.fsencode, os.fsdecode,
    )  # fmt: skip
    own.__class__ = TenantEnviron
    loaded = SimpleNamespace(environment=app)
    TenantEnviron.library = SimpleNamespace(current=lambda: loaded)
    environment.app_layers["assistant"] = app
    try:
        yield own
    finally:
        del environment.app_layers["assistant"], TenantEnviron.library
        environ._written.clear()


def make_handle(slug, *, platform, plan, tenant, as_secrets):
    """Return a tenant with these layers; ``as_secrets`` says which names are secrets wherever they occur."""
    state = make_state(slug)

    def layer(values, owner):
        return {
            "environment": {name: value for name, value in values.items() if name not in as_secrets},
            "secrets": {
                name: BOX.encrypt(value, tenant_id=owner) for name, value in values.items() if name in as_secrets
            },
        }

    state = make_state(
        slug,
        id=state.id,
        platform_environment=EnvironmentLayer(owner=PLATFORM_OWNER, **layer(platform, PLATFORM_OWNER)),
        plan_environment=EnvironmentLayer(owner=plan_owner("pro"), **layer(plan, plan_owner("pro"))),
        **layer(tenant, state.id),
    )
    return TenantHandle(PublishedState(1, "", state), BOX)


def merged(*layers):
    """Return what a plain reading of the rule gives; later layers win, None removes."""
    values = {}
    for layer in layers:
        values.update(layer)
    return {name: value for name, value in values.items() if value is not None}


def assert_reads(own, expected):
    assert own.copy() == dict(own) == expected
    assert sorted(own) == sorted(expected)
    assert len(own) == len(expected)
    for name in ("KEY", "MODEL", "PROMPT", "REGION"):
        assert (name in own) == (name in expected)
        assert own.get(name) == expected.get(name)


@given(
    process=VARIABLES, platform=VARIABLES, app=APP, plan=VARIABLES, tenant=VARIABLES,
    as_secrets=st.sets(NAMES), writes=WRITES,
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_the_nearest_layer_wins(*, process, platform, app, plan, tenant, as_secrets, writes):
    ours = make_handle("acme", platform=platform, plan=plan, tenant=tenant, as_secrets=as_secrets)
    theirs = make_handle("globex", platform=platform, plan={}, tenant={}, as_secrets=as_secrets)
    expected = merged(process, platform, app, plan, tenant)
    with environ_of(process, dict(app)) as own:
        with bind_tenant(ours):
            assert_reads(own, expected)
            written = {}
            for name, value in writes:
                if value is not None:
                    own[name] = value
                elif own.pop(name, None) is None:
                    continue
                written[name] = value
            assert_reads(own, merged(process, platform, app, plan, tenant, written))
            assert dict(ours.environment) == merged(platform, app, plan, tenant)
        with bind_tenant(theirs):
            assert_reads(own, merged(process, platform, app))
        # Where no tenant is bound, while the app is imported or started, nothing of a tenant's is there.
        assert_reads(own, merged(process, app))


@given(app=APP, writes=WRITES)
@settings(max_examples=100, deadline=None)
def test_what_an_app_writes_while_it_is_imported_is_its_own_layer(app, writes):
    handle = make_handle("acme", platform={"KEY": "platform's"}, plan={}, tenant={}, as_secrets=())
    with environ_of({"MODEL": "the process's"}, dict(app)) as own:
        layer = dict(app)
        for name, value in writes:
            if value is not None:
                own[name] = value
            elif own.pop(name, None) is None:
                continue
            layer[name] = value
        assert_reads(own, merged({"MODEL": "the process's"}, layer))
        with bind_tenant(handle):
            assert_reads(own, merged({"MODEL": "the process's"}, {"KEY": "platform's"}, layer))


@pytest.mark.parametrize("field", ["platform_environment", "plan_environment"])
def test_a_document_cannot_have_another_tenants_secret_opened_as_a_shared_one(field):
    victim = make_state("globex")
    stolen = BOX.encrypt("globex's key", tenant_id=victim.id)
    state = make_state("acme", **{field: EnvironmentLayer(owner=victim.id, secrets={"KEY": stolen})})

    with pytest.raises(SecretUnreadableError):
        _ = TenantHandle(PublishedState(1, "", state), BOX).environment


def test_a_plans_secret_is_not_opened_for_the_platform_or_another_plan():
    token = BOX.encrypt("pro's key", tenant_id=plan_owner("pro"))
    for layer in (
        {"platform_environment": EnvironmentLayer(owner=plan_owner("pro"), secrets={"KEY": token})},
        {"plan_environment": EnvironmentLayer(owner=plan_owner("free"), secrets={"KEY": token})},
        {"secrets": {"KEY": token}},
    ):
        with pytest.raises(SecretUnreadableError):
            _ = TenantHandle(PublishedState(1, "", make_state("acme", **layer)), BOX).environment
