"""Over HTTP: what is asked, what is believed, and what is never followed or told."""

import json
import re

import msgspec
import pytest
import structlog

from runtime.sources import build_sources
from runtime.state.cache import StateCache
from runtime.state.http import HttpStateSource, create_client
from runtime.state.source import SourceUnavailableError, StateUnreadableError
from tenants.contract.state import AccessMode, AccessPolicy, History
from tests.runtime.shells import make_config
from tests.runtime.state.stores import PAGE, TOKEN, HttpStore, renamed


class Recorded:
    """The example server behind a note of each request and answer; ``answer`` replaces the answers to come."""

    def __init__(self, app):
        self._app = app
        self.seen = []
        self.answer = None

    async def __call__(self, scope, receive, send):
        async def noted(message):
            if message["type"] == "http.response.start":
                self.seen.append((scope["path"], message["status"], dict(scope["headers"])))
            await send(message)

        if self.answer is None:
            await self._app(scope, receive, noted)
            return
        status, headers, body = self.answer
        await noted({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def store():
    kept = HttpStore(streams=True)
    kept.recorded = Recorded(kept.server.app)
    async with kept.open(kept.recorded):
        yield kept


async def test_the_document_that_the_documentation_shows_is_served(store):
    shown = json.loads(re.search(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)[1])
    store.server.publish(shown["state"], shown["tenant"])
    globex = await store.add("globex")
    cache = StateCache(None, refusal=build_sources(_config(store), None).refusal)
    for host in (*shown["state"]["hosts"], *globex.hosts):
        handle = cache.insert(host, await store.source.fetch_by_host(host))
        assert handle.state.slug == (globex.slug if host in globex.hosts else "acme")
    assert cache.by_host("chat.acme.example").state.access.mode is AccessMode.APP


async def test_what_is_known_is_asked_for_by_its_etag_and_answered_without_a_body(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    first = await store.source.fetch_by_host(acme.hosts[0])
    assert await store.source.fetch_by_host(acme.hosts[0]) == first
    await store.source.list_revisions()
    await store.source.fetch_revisions([globex.id])
    assert [status for _, status, _ in store.recorded.seen] == [200, 304, 200, 304]
    await store.save(acme, **renamed("Acme Rockets"))
    assert await store.source.fetch_by_host(acme.hosts[0]) != first


async def test_each_request_carries_the_token(store):
    acme = await store.add("acme")
    await store.source.fetch_by_host(acme.hosts[0])
    assert store.recorded.seen[0][2][b"authorization"] == f"Bearer {TOKEN}".encode()


async def test_a_wrong_token_is_an_outage_and_no_tenant_seems_gone(store):
    acme = await store.add("acme")
    async with create_client(store.url, "wrong token") as client:
        source = HttpStateSource(client, poll_seconds=1)
        with pytest.raises(SourceUnavailableError) as refused:
            await source.fetch_by_tenants([acme.id])
        assert "401" in refused.value.reason
        assert "wrong token" not in refused.value.reason
        with pytest.raises(SourceUnavailableError):
            async with source.subscribe():
                pytest.fail("nothing may be heard without the token")


@pytest.mark.parametrize(
    "answer",
    [
        (302, [(b"location", b"http://127.0.0.1:1/elsewhere")], b""),
        (500, [], b"<html>"),
        (429, [(b"retry-after", b"1")], b""),
        (204, [], b""),
    ],
)
async def test_any_other_status_is_an_outage_and_nothing_is_followed(store, answer):
    acme = await store.add("acme")
    store.recorded.answer = answer
    for question in (
        store.source.fetch_by_host(acme.hosts[0]),
        store.source.fetch_revision_by_host(acme.hosts[0]),
        store.source.fetch_by_tenants([acme.id]),
        store.source.list_revisions(),
    ):
        with pytest.raises(SourceUnavailableError):
            await question
    assert len(store.recorded.seen) == 4


async def test_a_list_of_revisions_that_is_none_is_an_outage(store):
    store.recorded.answer = (200, [], b'{"revisions": "all"}')
    with pytest.raises(SourceUnavailableError):
        await store.source.list_revisions()


async def test_a_stream_that_is_none_is_an_outage(store):
    store.recorded.answer = (200, [(b"content-type", b"text/html")], b"<html>")
    with pytest.raises(SourceUnavailableError):
        async with store.source.subscribe():
            pytest.fail("this is no stream")


async def test_a_stream_that_says_nothing_any_more_is_a_line_that_is_lost(store):
    acme = await store.add("acme")
    async with create_client(store.url, TOKEN) as client:
        source = HttpStateSource(client, poll_seconds=1, silence_seconds=0.3)
        async with source.subscribe() as subscription:
            heard = subscription.notices()
            await store.save(acme, **renamed("Acme Rockets"))
            assert await anext(heard) == [(acme.id, 2)]
            # The example server speaks every 15 seconds, which is too seldom here.
            with pytest.raises(SourceUnavailableError, match="settings cannot be read") as lost:
                await anext(heard)
            assert "ReadTimeout" in lost.value.reason


async def test_an_event_that_is_none_is_told_and_does_no_harm(store):
    globex = await store.add("globex")
    async with store.source.subscribe() as subscription:
        heard = subscription.notices()
        with structlog.testing.capture_logs() as lines:
            for listener in store.server.listeners:
                listener.put_nowait({"tenant": globex.id})
            assert await anext(heard) == []
        assert [line["event"] for line in lines] == ["notice_not_understood"]
        await store.save(globex, **renamed("Globex goes on"))
        assert await anext(heard) == [(globex.id, 2)]


async def test_a_server_that_does_not_answer_in_time_is_an_outage(store):
    async def silent(_scope, receive, _send):
        while (await receive())["type"] != "http.disconnect":
            continue

    acme = await store.add("acme")
    store.recorded._app = silent
    async with create_client(store.url, TOKEN, answer_seconds=0.1) as client:
        with pytest.raises(SourceUnavailableError, match="settings cannot be read") as refused:
            await HttpStateSource(client, poll_seconds=1).fetch_by_host(acme.hosts[0])
    assert "ReadTimeout" in refused.value.reason


async def test_a_server_that_mixes_tenants_up_changes_neither(store):
    acme, globex = await store.add("acme"), await store.add("globex")
    cache = StateCache(None)
    handles = [cache.insert(one.hosts[0], await store.source.fetch_by_host(one.hosts[0])) for one in (acme, globex)]
    documents = store.server.documents
    documents[acme.id] = {**documents[globex.id], "revision": 9}
    with structlog.testing.capture_logs() as lines:
        cache.apply([acme.id, globex.id], await store.source.fetch_by_tenants([acme.id, globex.id]))
    assert [handle.state for handle in handles] == [acme, globex]
    assert [(line["tenant_id"], line["reason"]) for line in lines] == [(acme.id, "the document is another tenant's")]


@pytest.mark.parametrize("tenant", ["../../etc", "", "ACME", "8A6E0804-2BD0-4672-B79D-D97027F9071A"])
async def test_an_id_that_is_no_uuid_is_never_taken(store, tenant):
    acme = await store.add("acme")
    state = msgspec.to_builtins(msgspec.structs.replace(acme, id=tenant))
    store.server.documents[acme.id] = {"tenant": tenant, "revision": 1, "state": state}
    stored = await store.source.fetch_by_host(acme.hosts[0])
    sources = build_sources(_config(store), None)
    with structlog.testing.capture_logs(), pytest.raises(StateUnreadableError):
        StateCache(None, refusal=sources.refusal).insert(acme.hosts[0], stored)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"access": AccessPolicy(mode=AccessMode.MEMBERS)}, "no members are read"),
        ({"history": History(enabled=True)}, "no database"),
    ],
)
async def test_a_tenant_that_asks_for_a_database_is_refused_with_the_reason(store, changes, reason):
    acme = await store.add("acme", **changes)
    globex = await store.add("globex", access=AccessPolicy(mode=AccessMode.APP))
    cache = StateCache(None, refusal=build_sources(_config(store), None).refusal)
    with structlog.testing.capture_logs() as lines, pytest.raises(StateUnreadableError):
        cache.insert(acme.hosts[0], await store.source.fetch_by_host(acme.hosts[0]))
    assert reason in lines[0]["reason"]
    assert cache.insert(globex.hosts[0], await store.source.fetch_by_host(globex.hosts[0])).state == globex


def _config(store):
    from runtime.config import StateLocation

    return make_config("", state_source=StateLocation.parse(store.url))
