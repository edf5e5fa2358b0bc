"""Streams of changes: each tenant's pages hear of their own, at once and whatever they missed."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from cryptography.fernet import Fernet

from runtime import live
from runtime.live import EVENTS_PATH, LiveStreams, browser_of
from runtime.tenancy import TenantHandle
from tenants.contract.secrets import SecretBox
from tenants.contract.state import Branding, PublishedState, TenantStatus
from tests.runtime.registry import make_state
from tests.runtime.shells import make_config, running_shell, serving
from tests.runtime.waiting import until


class Listener:
    """Reads one stream; each event is its kind, its id and what it says."""

    def __init__(self, response):
        self._lines = response.aiter_lines()

    async def next(self):
        fields = {}
        async with asyncio.timeout(5):
            async for line in self._lines:
                name, _, value = line.partition(":")
                if name:
                    fields[name] = value.strip()
                elif "data" in fields:
                    return fields["event"], fields["id"], json.loads(fields["data"])
                else:
                    fields = {}
        return None

    async def comment(self):
        async with asyncio.timeout(5):
            async for line in self._lines:
                if line.startswith(":"):
                    return line
        return None


@asynccontextmanager
async def listening(port, host, **headers):
    """Follow the changes of the tenant at a host."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with client.stream("GET", EVENTS_PATH, headers={"host": host, **named}) as response:
            assert response.status_code == 200, await response.aread()
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            assert response.headers["cache-control"] == "no-store, no-transform"
            yield Listener(response)


@pytest.fixture
async def port(shell):
    async with serving(shell) as listening_port:
        yield listening_port


async def test_a_change_is_heard_by_its_own_tenants_pages_alone(port, registry):
    acme, globex = registry.add("acme"), registry.add("globex")
    async with listening(port, acme.hosts[0]) as ours, listening(port, globex.hosts[0]) as theirs:
        assert (await ours.next())[2]["name"] == acme.branding.display_name
        assert (await theirs.next())[2]["name"] == globex.branding.display_name

        registry.publish(msgspec.structs.replace(acme, branding=Branding(display_name="Acme Renamed")))
        registry.publish(msgspec.structs.replace(globex, branding=Branding(display_name="Globex Renamed")))

        assert (await ours.next())[2]["name"] == "Acme Renamed"
        assert (await theirs.next())[2]["name"] == "Globex Renamed"


async def test_suspension_and_resumption_are_heard_on_one_stream(shell, port, registry):
    acme = registry.add("acme")
    async with listening(port, acme.hosts[0]) as stream:
        await stream.next()
        registry.publish(msgspec.structs.replace(acme, status=TenantStatus.SUSPENDED))
        kind, _, said = await stream.next()
        assert (kind, said["title"]) == ("suspended", "This assistant is paused")

        async with listening(port, acme.hosts[0]) as late:
            assert (await late.next())[0] == "suspended"

        registry.publish(acme)
        assert (await stream.next())[0] == "state"


@pytest.mark.parametrize("fate", ["host removed", "archived"])
async def test_a_stream_ends_with_a_word_when_its_address_leads_nowhere(shell, port, registry, fate):
    acme = registry.add("acme", hosts=("one.localhost", "two.localhost"))
    async with listening(port, "two.localhost") as stream:
        await stream.next()
        changed = {"hosts": ("one.localhost",)} if fate == "host removed" else {"status": TenantStatus.ARCHIVED}
        registry.publish(msgspec.structs.replace(acme, **changed))

        kind, _, said = await stream.next()
        assert (kind, "two.localhost" in said["message"]) == ("gone", True)
        assert await stream.next() is None


async def test_who_comes_back_hears_what_was_missed_and_nothing_twice(shell, port, registry):
    acme = registry.add("acme")
    async with listening(port, acme.hosts[0]) as stream:
        _, seen, _ = await stream.next()
    async with listening(port, acme.hosts[0], last_event_id=seen) as again:
        registry.publish(msgspec.structs.replace(acme, branding=Branding(display_name="Meanwhile")))
        _, newest, said = await again.next()
        assert (int(newest) > int(seen), said["name"]) == (True, "Meanwhile")
    async with listening(port, acme.hosts[0], last_event_id=seen) as missed:
        assert (await missed.next())[2]["name"] == "Meanwhile"


async def test_a_silent_stream_shows_that_it_lives(shell, port, registry, monkeypatch):
    monkeypatch.setattr(shell.application._streams, "_heartbeat_seconds", 0.05)
    acme = registry.add("acme")
    async with listening(port, acme.hosts[0]) as stream:
        assert await stream.comment() == ": still here"


async def test_browsers_that_left_are_forgotten(shell, port, registry):
    acme, streams = registry.add("acme"), shell.application._streams
    async with listening(port, acme.hosts[0], cookie="a=b; live=cafe"):
        assert len(streams) == 1
        assert streams.hears(acme.id, "cafe")
        assert not streams.hears(acme.id, "other")
        assert not streams.hears(acme.id, "")
    await until(lambda: len(streams) == 0)
    assert streams._streams == {}


async def test_a_process_that_stops_sends_its_streams_away_and_takes_no_new_ones(shell, port, registry):
    acme = registry.add("acme")
    async with listening(port, acme.hosts[0]) as stream:
        await stream.next()
        shell.application.withdraw()
        assert await stream.next() is None
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        refused = await client.get(EVENTS_PATH, headers={"host": acme.hosts[0]})
    assert (refused.status_code, refused.json()["code"]) == (503, "live_unavailable")


async def test_neither_strangers_nor_crowds_hold_a_connection(database_url, registry, monkeypatch):
    acme = registry.add("acme")
    async with running_shell(make_config(database_url)) as shell:
        foreign = await shell.get(acme.hosts[0], EVENTS_PATH, origin="https://evil.example")
        monkeypatch.setattr(live, "MOST_A_TENANT", 0)
        crowded = await shell.get(acme.hosts[0], EVENTS_PATH)
        unknown = await shell.get("nobody.localhost", EVENTS_PATH)

    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin_refused")
    assert (crowded.status_code, crowded.headers["retry-after"]) == (503, "30")
    assert unknown.json()["code"] == "host_unknown"


@pytest.mark.parametrize(
    ("cookie", "browser"),
    [(b"live=cafe", "cafe"), (b"a=1; live=cafe; b=2", "cafe"), (b"olive=x", ""), (b"live", ""), (b"", "")],
)
def test_the_browsers_name_is_read_from_its_cookie(cookie, browser):
    assert browser_of({"headers": [(b"cookie", cookie)]}) == browser


async def test_a_slow_browser_gets_the_newest_alone():
    """Nothing is kept for it: after ten revisions there is one event to send."""
    handle = TenantHandle(PublishedState(1, "", make_state("acme")), SecretBox([Fernet.generate_key().decode()]))
    streams, sent, may_send = LiveStreams(lambda handle: {"n": handle.revision}), [], asyncio.Event()

    async def send(message):
        sent.append(message)
        await may_send.wait()

    async def receive():
        await asyncio.Event().wait()

    scope = {"tenant": handle, "type": "http", "headers": [(b"host", b"acme.localhost")], "path": EVENTS_PATH}
    serving_stream = asyncio.create_task(streams(scope, receive, send))
    await until(lambda: sent)
    for revision in range(2, 12):
        old = handle.state
        handle.replace(msgspec.structs.replace(handle.published, revision=revision))
        streams.on_change(old, handle.state)
    may_send.set()
    await until(lambda: any(b'"n":11' in message.get("body", b"") for message in sent))

    assert sum(b"data:" in message.get("body", b"") for message in sent) == 1
    serving_stream.cancel()


async def test_the_stream_of_a_tenant_that_is_gone_ends_with_a_word():
    handle = TenantHandle(PublishedState(1, "", make_state("acme")), SecretBox([Fernet.generate_key().decode()]))
    streams, sent = LiveStreams(lambda handle: {}), []

    async def send(message):
        sent.append(message)

    async def receive():
        await asyncio.Event().wait()

    scope = {"tenant": handle, "type": "http", "headers": [(b"host", b"acme.localhost")], "path": EVENTS_PATH}
    serving_stream = asyncio.create_task(streams(scope, receive, send))
    await until(lambda: len(sent) == 3)
    streams.on_change(handle.state, None)
    await asyncio.wait_for(serving_stream, 5)

    assert b"event: gone" in sent[-2]["body"]
    assert not sent[-1].get("more_body", False)
