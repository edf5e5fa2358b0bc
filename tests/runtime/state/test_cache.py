"""The maps behind every request: what goes in, what comes out, and how big they may become."""

import msgspec
import pytest
import structlog
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from runtime.state import cache as cache_module
from runtime.state.cache import StateCache
from runtime.state.source import LiveRevision, StateUnreadableError, StoredState
from tenants.contract.secrets import SecretBox
from tenants.contract.state import encode_state
from tests.runtime.registry import make_state


@pytest.fixture
def cache():
    return make_cache()


def make_cache():
    return StateCache(SecretBox([Fernet.generate_key().decode()]))


def stored(state, revision=1):
    """Return a state as a source gives it."""
    return StoredState(state.id, revision, "", encode_state(state).decode())


def changed(state, **changes):
    return msgspec.structs.replace(state, **changes)


def test_a_handle_stays_the_same_through_revisions(cache):
    acme = make_state("acme")
    handle = cache.insert("acme.localhost", stored(acme))
    cache.apply([acme.id], [stored(changed(acme, app="other"), 2)])
    assert cache.by_host("acme.localhost") is cache.by_tenant(acme.id) is handle
    assert (handle.revision, handle.state.app) == (2, "other")


def test_an_answer_that_comes_late_does_not_bring_an_old_revision_back(cache):
    acme = make_state("acme")
    handle = cache.insert("acme.localhost", stored(acme, 7))
    assert cache.insert("acme.localhost", stored(changed(acme, app="old"), 6)) is handle
    assert (handle.revision, handle.state.app) == (7, "assistant")


def test_a_database_that_was_restored_from_a_backup_is_followed(cache):
    acme = make_state("acme")
    handle = cache.insert("acme.localhost", stored(acme, 7))
    cache.apply([acme.id], [stored(changed(acme, app="old"), 5)])
    assert (handle.revision, handle.state.app) == (5, "old")


def test_only_tenants_that_are_loaded_are_applied(cache):
    cache.apply([], [stored(make_state("acme"))])
    assert len(cache) == 0


def test_callbacks_hear_old_and_new_and_one_that_fails_keeps_nothing_from_the_next(cache):
    acme, told = make_state("acme"), []

    def fail(_old, _new):
        raise RuntimeError("listener")

    cache.on_change += [fail, lambda old, new: told.append((old.app, new.app))]
    cache.insert("acme.localhost", stored(acme))
    with structlog.testing.capture_logs() as lines:
        cache.apply([acme.id], [stored(changed(acme, app="other"), 2)])
    assert told == [("assistant", "other")]
    assert [line["event"] for line in lines] == ["state_listener_failed"]


def test_a_refused_document_is_told_once_and_names_the_field_but_no_value(cache):
    acme = make_state("acme")
    handle = cache.insert("acme.localhost", stored(acme))
    broken = StoredState(acme.id, 2, "", '{"environment": {"KEY": "hush-hush", "OTHER": 1}}')
    with structlog.testing.capture_logs() as lines:
        cache.apply([acme.id], [broken])
        cache.apply([acme.id], [broken])
    assert handle.revision == 1
    assert len(lines) == 1
    assert "environment" in lines[0]["reason"]
    assert "hush-hush" not in str(lines)


def test_a_tenant_that_could_not_be_loaded_is_told_of_once_a_revision(cache):
    acme = make_state("acme")
    with structlog.testing.capture_logs() as lines:
        for revision in (1, 1, 1, 2):
            with pytest.raises(StateUnreadableError):
                cache.insert("acme.localhost", StoredState(acme.id, revision, "", "{}"))
    assert [line["revision"] for line in lines] == [1, 2]
    assert cache.insert("acme.localhost", stored(acme, 3)).state == acme


def test_the_document_of_another_tenant_is_refused(cache):
    acme, globex = make_state("acme"), make_state("globex")
    with pytest.raises(StateUnreadableError):
        cache.insert("acme.localhost", StoredState(acme.id, 1, "", encode_state(globex).decode()))
    assert cache.by_host("acme.localhost") is None


def test_headers_and_unknown_hosts_are_bounded(cache, monkeypatch):
    monkeypatch.setattr(cache_module, "MAXIMUM_HEADERS", 8)
    monkeypatch.setattr(cache_module, "MAXIMUM_UNKNOWN_HOSTS", 8)
    handle = cache.insert("acme.localhost", stored(make_state("acme")))
    for port in range(100):
        cache.remember_header(b"acme.localhost:%d" % port, handle)
        cache.remember_unknown(f"{port}.localhost")
    assert sum(cache.by_header(b"acme.localhost:%d" % port) is handle for port in range(100)) <= 8
    assert sum(cache.is_unknown(f"{port}.localhost") for port in range(100)) <= 8


def test_anything_published_makes_unknown_hosts_be_asked_for_again(cache):
    cache.remember_unknown("new.localhost")
    cache.hear([LiveRevision("someone", 3)])
    assert not cache.is_unknown("new.localhost")


HOSTS = ["one.localhost", "two.localhost", "three.localhost"]
CHANGES = st.lists(st.tuples(st.sampled_from(["acme", "globex"]), st.sets(st.sampled_from(HOSTS))), max_size=20)


@given(CHANGES)
def test_whatever_is_published_a_host_only_leads_to_a_tenant_that_lists_it(changes):
    cache = make_cache()
    states = {slug: make_state(slug, hosts=tuple(HOSTS)) for slug in ("acme", "globex")}
    for number, (slug, hosts) in enumerate(changes, start=2):
        state = states[slug] = changed(states[slug], hosts=tuple(sorted(hosts)))
        for host in HOSTS:
            if handle := cache.insert(host, stored(state, number)):
                cache.remember_header(host.encode(), handle)
            found, by_header = cache.by_host(host), cache.by_header(host.encode())
            assert found is None or host in found.state.hosts
            assert by_header is None or by_header is found
