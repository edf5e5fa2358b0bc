"""What one process counts, and that it stays small."""

import threading

import pytest

from runtime.tenancy import NoTenantError, bind_tenant, tenant
from runtime.usage import TenantUsage, UsageCounter, counting, use_usage_counter
from runtime.usage.counting import MOST_MODELS, OTHER_MODELS
from tests.runtime.tenants_in_memory import make_handle

MIDNIGHT = 20_000 * 86_400.0


@pytest.fixture
def counter():
    counter = UsageCounter("only for tests", clock=lambda: MIDNIGHT)
    use_usage_counter(counter)
    yield counter
    use_usage_counter(None)


def test_each_tenant_and_day_is_counted_by_itself():
    now = MIDNIGHT - 1
    counter = UsageCounter("only for tests", clock=lambda: now)
    counter.count_message("one", "ann")
    counter.count_message("one", "ann")
    counter.count_message("two", "ann")
    now = MIDNIGHT
    counter.count_message("one", "bob")

    batch = counter.take()
    assert {key: (counts.messages, len(counts.people)) for key, counts in batch.items()} == {
        ("one", 19_999): (2, 1), ("two", 19_999): (1, 1), ("one", 20_000): (1, 1),
    }  # fmt: skip


def test_a_batch_stays_as_it_was_taken_until_it_is_stored(counter):
    counter.count_error("one")
    batch = counter.take()
    counter.count_error("one")

    assert counter.take() is batch
    assert batch["one", 20_000].errors == 1
    counter.stored()
    assert counter.take()["one", 20_000].errors == 1
    counter.stored()
    assert counter.take() is None
    assert counter.waiting == 0


def test_people_who_wait_are_bounded_in_all_and_for_each_tenant(counter, monkeypatch):
    monkeypatch.setattr(counting, "MOST_PEOPLE", 8)
    for number in range(5):
        counter.count_message("loud", f"person {number}")
    counter.count_message("quiet", "ann")

    batch = counter.take()
    assert len(batch["loud", 20_000].people) == 2
    assert len(batch["quiet", 20_000].people) == 1
    assert batch["loud", 20_000].messages == 5
    assert counter.uncounted_people == 3

    # What is stored makes room again.
    counter.stored()
    counter.count_message("loud", "somebody else")
    assert len(counter.take()["loud", 20_000].people) == 1


def test_an_app_that_names_ever_new_models_has_their_tokens_counted_as_others(counter):
    for number in range(MOST_MODELS + 10):
        TenantUsage("one").record(tokens=1, model=f"model {number}")

    tokens = counter.take()["one", 20_000].tokens
    assert len(tokens) == MOST_MODELS + 1
    assert tokens[OTHER_MODELS] == 10


@pytest.mark.parametrize("tokens", [-1, 1.5, True, "12", 10**9 + 1])
def test_tokens_that_are_no_number_of_tokens_are_refused(counter, tokens):
    with pytest.raises(ValueError, match="whole number"):
        TenantUsage("one").record(tokens=tokens)
    assert counter.take() is None


def test_the_name_of_a_model_is_made_fit_to_be_stored(counter):
    TenantUsage("one").record(tokens=3, model=" large\0 \ud800" + "x" * 500)
    [name] = counter.take()["one", 20_000].tokens
    assert name.startswith("large ?xxx")
    assert len(name) == 100


def test_threads_count_together(counter):
    def work():
        for _ in range(500):
            counter.count_message("one", "ann")
            TenantUsage("one").record(tokens=2)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = counter.take()["one", 20_000]
    assert (counts.messages, counts.tokens, len(counts.people)) == (4000, {"": 8000}, 1)


def test_app_code_records_for_the_tenant_that_is_bound(counter):
    one, two = make_handle("one"), make_handle("two")
    with bind_tenant(one):
        tenant.usage.record(tokens=5, model="small")
    with bind_tenant(two):
        tenant.usage.record(tokens=7, model="small")

    batch = counter.take()
    assert batch[one.state.id, 20_000].tokens == {"small": 5}
    assert batch[two.state.id, 20_000].tokens == {"small": 7}
    with pytest.raises(NoTenantError):
        tenant.usage.record(tokens=1)


def test_where_nothing_is_kept_recording_does_nothing():
    use_usage_counter(None)
    TenantUsage("one").record(tokens=5)
