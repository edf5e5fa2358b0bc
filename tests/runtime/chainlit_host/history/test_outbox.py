"""Writes of a conversation: in order whatever fails, bounded in time and number, and never lost without a word."""

import asyncio
from collections import defaultdict

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from runtime.chainlit_host.history import outbox as module
from runtime.chainlit_host.history.outbox import Lane, Outbox, WriteRefusedError, captured
from tests.runtime.waiting import until

LANE = Lane("acme", "conversation", "one")


class Told:
    """What somebody was told, in order."""

    def __init__(self):
        self.said = []

    async def waiting(self):
        self.said.append("waiting")

    async def saved(self):
        self.said.append("saved")

    async def lost(self, count):
        self.said.append(f"lost {count}")


class Store:
    """Takes what is written, unless it is told to fail."""

    def __init__(self):
        self.taken = []
        self.fails = False

    def put(self, value):
        async def run():
            await asyncio.sleep(0)
            if self.fails:
                raise ConnectionError
            self.taken.append(value)

        return run


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE_SECONDS", 0.002)


async def test_a_write_is_done_when_its_caller_goes_on():
    outbox, store, told = Outbox(), Store(), Told()
    await outbox.write(LANE, store.put(1), what="one", teller=told)
    assert (store.taken, told.said, outbox.waiting) == ([1], [], 0)


async def test_a_caller_goes_on_after_the_first_attempt_and_later_ones_at_once():
    outbox, store, told = Outbox(), Store(), Told()
    store.fails = True
    with structlog.testing.capture_logs() as lines:
        for value in range(3):
            await outbox.write(LANE, store.put(value), what=str(value), teller=told)
        assert (store.taken, outbox.waiting) == ([], 3)
        store.fails = False
        await until(lambda: outbox.waiting == 0)
    assert store.taken == [0, 1, 2]
    assert told.said == ["waiting", "waiting", "waiting", "saved"]
    assert [line["event"] for line in lines] == ["conversation_not_saved", "conversation_saved_after_all"]


async def test_what_is_written_while_somebody_is_told_that_it_waits_is_stored_as_well():
    outbox, store = Outbox(), Store()

    class Slow(Told):
        async def waiting(self):
            await super().waiting()
            if len(self.said) == 1:
                outbox.begin(LANE, store.put("later"), what="later", teller=self)
                await asyncio.sleep(0)

    told, store.fails = Slow(), True
    with structlog.testing.capture_logs():
        outbox.begin(LANE, store.put("first"), what="first", teller=told)
        await until(lambda: told.said == ["waiting", "waiting"])
        store.fails = False
        await until(lambda: outbox.waiting == 0)
    assert (store.taken, told.said[-1]) == (["first", "later"], "saved")


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["fine", "passes", "refused"])), max_size=12))
def test_each_lane_keeps_its_order_and_tells_what_it_loses(writes):
    async def run():
        outbox, taken, told = Outbox(), defaultdict(list), defaultdict(Told)

        def attempt(thread, number, kind):
            failures = 2 if kind == "passes" else 0

            async def store():
                nonlocal failures
                await asyncio.sleep(0)
                if kind == "refused":
                    raise WriteRefusedError("never")
                if failures:
                    failures -= 1
                    raise ConnectionError
                taken[thread].append(number)

            return store

        for number, (thread, kind) in enumerate(writes):
            lane = Lane("acme", "conversation", thread)
            outbox.begin(lane, attempt(thread, number, kind), what=str(number), teller=told[thread])
        await until(lambda: outbox.waiting == 0)
        for thread in "ab":
            own = [(number, kind) for number, (name, kind) in enumerate(writes) if name == thread]
            assert taken[thread] == [number for number, kind in own if kind != "refused"]
            lost = [said for said in told[thread].said if said.startswith("lost")]
            assert len(lost) == sum(kind == "refused" for _, kind in own)

    with structlog.testing.capture_logs():
        asyncio.run(run())


async def test_a_lane_that_stands_holds_up_no_other():
    outbox, store, broken = Outbox(), Store(), Store()
    broken.fails = True
    with structlog.testing.capture_logs():
        await outbox.write(LANE, broken.put(1), what="one", teller=Told())
        await outbox.write(LANE._replace(thread_id="two"), store.put(2), what="two", teller=Told())
        assert store.taken == [2]
        broken.fails = False
        await until(lambda: outbox.waiting == 0)


async def test_what_waits_too_long_is_given_up_and_told():
    outbox, store, told = Outbox(patience_seconds=0.01), Store(), Told()
    store.fails = True
    with structlog.testing.capture_logs() as lines:
        await outbox.write(LANE, store.put(1), what="step 1", teller=told)
        await until(lambda: outbox.waiting == 0)
    assert (told.said, outbox.lost) == (["waiting", "lost 1"], 1)
    assert [line["what"] for line in lines if line["event"] == "conversation_write_lost"] == ["step 1"]


async def test_a_tenant_that_fills_its_places_leaves_others_theirs():
    outbox, store, told = Outbox(capacity={"conversation": 8, "files": 8}), Store(), Told()
    store.fails = True
    with structlog.testing.capture_logs():
        for number in range(5):
            lane = Lane("acme", "conversation", str(number))
            await outbox.write(lane, store.put(number), what=str(number), teller=told)
        await until(lambda: told.said == ["waiting"] * 2 + ["lost 1"] * 3)
        other = Told()
        await outbox.write(Lane("globex", "conversation", "one"), store.put("globex"), what="one", teller=other)
        assert other.said == ["waiting"]
        store.fails = False
        await until(lambda: outbox.waiting == 0)
    assert store.taken.count("globex") == 1
    assert outbox.lost == 3


async def test_a_process_that_ends_tries_once_more_and_names_what_it_loses():
    outbox, store, broken = Outbox(), Store(), Store()
    store.fails = broken.fails = True
    with structlog.testing.capture_logs() as lines:
        await outbox.write(LANE, store.put(1), what="one", teller=Told())
        await outbox.write(LANE._replace(thread_id="two"), broken.put(2), what="two", teller=Told())
        store.fails = False
        await outbox.close(0.1)
    assert store.taken == [1]
    assert [line["what"] for line in lines if line["event"] == "conversation_write_lost"] == ["two"]


async def test_a_person_who_cannot_be_told_keeps_nothing_from_being_stored():
    class Gone(Told):
        async def waiting(self):
            raise ConnectionError

        saved = waiting

    outbox, store = Outbox(), Store()
    store.fails = True
    with structlog.testing.capture_logs():
        await outbox.write(LANE, store.put(1), what="one", teller=Gone())
        store.fails = False
        await until(lambda: outbox.waiting == 0)
    assert store.taken == [1]


def test_values_are_read_when_they_are_given():
    given = [1]
    later = captured(list, given)
    given.append(2)
    assert later() == [1]
    refused = captured(int, "no number")
    with pytest.raises(WriteRefusedError, match="no number"):
        refused()
