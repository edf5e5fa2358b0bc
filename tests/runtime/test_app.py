"""How the parts live together: lifespan, and whose sockets a change closes."""

import asyncio

import msgspec
import pytest

from runtime.app import build_app, may_end_sign_ins, must_reconnect
from runtime.config import InvalidSettingError
from tenants.contract.access import Entry
from tenants.contract.state import AccessMode, AccessPolicy, Branding, TenantStatus
from tests.runtime.probe import ProbeHost
from tests.runtime.registry import make_state
from tests.runtime.shells import make_config

SUSPENDED = TenantStatus.SUSPENDED


@pytest.mark.parametrize(
    ("before", "after", "closes"),
    [
        ({}, {"branding": Branding(display_name="Other")}, False),
        ({}, {"hosts": ("acme.localhost", "new.localhost")}, False),
        ({}, {"status": SUSPENDED}, True),
        ({}, {"status": TenantStatus.ARCHIVED}, True),
        ({"status": SUSPENDED}, {"status": TenantStatus.ARCHIVED}, False),
        ({}, {"access": AccessPolicy(AccessMode.MEMBERS)}, True),
        ({}, {"access": AccessPolicy(sign_out_epoch=1)}, True),
        ({}, {"access": AccessPolicy(allowed_origins=("https://shop.example",))}, False),
        ({"access": AccessPolicy(allowed_origins=("https://shop.example",))}, {"access": AccessPolicy()}, True),
        ({}, {"access": AccessPolicy(networks=("203.0.113.0/24",))}, True),
        ({"access": AccessPolicy(networks=("203.0.113.0/24",))}, {"access": AccessPolicy()}, False),
        (
            {"access": AccessPolicy(networks=("203.0.113.0/24",))},
            {"access": AccessPolicy(networks=("203.0.113.0/24", "192.0.2.0/24"))},
            False,
        ),
        (
            {"access": AccessPolicy(networks=("203.0.113.0/24", "192.0.2.0/24"))},
            {"access": AccessPolicy(networks=("192.0.2.0/24",))},
            True,
        ),
        ({}, {"app": "other"}, True),
        ({}, {"hosts": ("new.localhost",)}, True),
    ],
)
def test_sockets_are_closed_by_what_they_may_not_outlive(before, after, closes):
    old = make_state("acme", **before)
    assert must_reconnect(old, msgspec.structs.replace(old, **after)) is closes


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        ({}, {"ended": {"member": 1}}, True),
        ({}, {"methods": ()}, True),
        ({}, {"session_seconds": 300}, True),
        ({}, {"idle_seconds": 60}, True),
        ({}, {"entry": Entry.DOMAINS, "email_domains": ("acme.example",)}, True),
        ({}, {"email_domains": ("acme.example",)}, False),
        ({}, {"allowed_origins": ("https://shop.example",)}, False),
    ],
)
def test_sign_ins_are_looked_at_again_after_what_may_have_ended_them(before, after, may):
    old = make_state("acme", access=AccessPolicy(AccessMode.MEMBERS, **before))
    new = msgspec.structs.replace(old, access=AccessPolicy(AccessMode.MEMBERS, **after))
    assert may_end_sign_ins(old, new) is may


def test_sockets_of_a_tenant_that_is_gone_are_closed():
    assert must_reconnect(make_state("acme"), None)


async def test_the_lifespan_protocol_starts_and_stops_everything(database_url):
    application = build_app(make_config(database_url), install_apps=ProbeHost)
    to_app, from_app = asyncio.Queue(), asyncio.Queue()
    living = asyncio.create_task(application({"type": "lifespan"}, to_app.get, from_app.put))
    await to_app.put({"type": "lifespan.startup"})
    assert (await from_app.get())["type"] == "lifespan.startup.complete"
    assert application.check().serving
    await to_app.put({"type": "lifespan.shutdown"})
    assert (await from_app.get())["type"] == "lifespan.shutdown.complete"
    await living
    assert not application.check().serving


async def test_apps_that_cannot_start_are_told_to_the_server(database_url):
    class BrokenHost(ProbeHost):
        async def start(self):
            raise RuntimeError("Chainlit's seam is gone")

    application = build_app(make_config(database_url), install_apps=BrokenHost)
    told = []

    async def send(message):
        told.append(message)

    async def receive():
        return {"type": "lifespan.startup"}

    await application({"type": "lifespan"}, receive, send)
    assert told == [{"type": "lifespan.startup.failed", "message": "Chainlit's seam is gone"}]


def test_an_encryption_key_that_is_none_is_named():
    with pytest.raises(InvalidSettingError, match="TENANT_ENCRYPTION_KEYS"):
        build_app(make_config("postgresql://localhost/x", encryption_keys=("nonsense",)), install_apps=ProbeHost)


def test_a_database_address_that_is_none_is_named_and_not_repeated():
    with pytest.raises(InvalidSettingError, match="DATABASE_URL") as refused:
        build_app(make_config("host=x password='hush-hush"), install_apps=ProbeHost)
    assert "hush-hush" not in str(refused.value)
