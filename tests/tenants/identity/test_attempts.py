"""Counting attempts: the same in Redis and in a process, and without end when Redis goes and comes."""

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from controlplane.supervisor.ports import choose_port
from tenants.identity.attempts.counter import SECONDS_WITHOUT_REDIS, AttemptCounter
from tenants.identity.attempts.limits import Limit
from tenants.identity.attempts.memory import MOST_KEYS, MemoryAttempts
from tenants.identity.attempts.shared import RedisAttempts

LIMIT = Limit("tests", free=3, window=100, first_delay=10, longest_delay=40)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["redis", "process"])
def attempts(request):
    if request.param == "process":
        return MemoryAttempts()
    valkey = request.getfixturevalue("valkey")
    with redis.Redis.from_url(valkey.url) as client:
        client.flushdb()
    return RedisAttempts(valkey.url)


def take(attempts, now, key="ann", name=None):
    return attempts.take(key, LIMIT, attempt=name or str(now), now=now)


def test_some_attempts_are_free_and_each_later_one_waits_longer(attempts):
    assert [take(attempts, now) for now in (0, 1, 2)] == [0, 0, 0]
    assert take(attempts, 3) == 9  # 10 seconds after the third
    assert take(attempts, 12) == 0
    assert take(attempts, 12) == 20
    assert take(attempts, 32) == 0
    assert take(attempts, 32) == 40
    assert take(attempts, 72) == 0
    assert take(attempts, 72) == 40  # the longest
    assert take(attempts, 3, key="bob") == 0


def test_an_attempt_that_had_to_wait_is_not_counted(attempts):
    for now in (0, 1, 2):
        take(attempts, now)
    for _ in range(50):
        assert take(attempts, 5) == 7
    assert take(attempts, 12) == 0


def test_what_is_outside_the_window_counts_no_more(attempts):
    for now in (0, 1, 2):
        take(attempts, now)
    assert [take(attempts, now) for now in (103, 104, 105)] == [0, 0, 0]


def test_one_attempt_or_all_are_taken_back(attempts):
    for now in (0, 1, 2):
        take(attempts, now, name=f"attempt {now}")
    attempts.give_back("ann", attempt="attempt 1")
    assert take(attempts, 3) == 0
    attempts.forget("ann")
    assert [take(attempts, now) for now in (4, 5, 6)] == [0, 0, 0]


@given(st.lists(st.tuples(st.floats(0, 60), st.sampled_from(["ann", "bob"])), max_size=25))
def test_both_ways_of_counting_agree(valkey, steps):
    with redis.Redis.from_url(valkey.url) as client:
        client.flushdb()
    shared, own, now = RedisAttempts(valkey.url), MemoryAttempts(), 1_700_000_000.0
    for number, (pause, key) in enumerate(steps):
        now += round(pause, 3)
        waits = [take(counted, now, key=key, name=str(number)) for counted in (shared, own)]
        assert waits[0] == pytest.approx(waits[1], abs=0.01)


def test_a_process_keeps_only_so_many_accounts():
    attempts = MemoryAttempts()
    for number in range(MOST_KEYS + 10):
        take(attempts, 0, key=f"account {number}")
    assert len(attempts._attempts) == MOST_KEYS


def test_attempts_are_counted_while_redis_is_away_and_the_log_says_so_once(valkey):
    clock = Clock()
    counter = AttemptCounter(RedisAttempts(f"redis://127.0.0.1:{choose_port()}/0"), clock=clock)
    with capture_logs() as logs:
        for _ in range(3):
            for _ in range(LIMIT.free):
                counter.take("tenant", LIMIT, "ann")
            clock.now += SECONDS_WITHOUT_REDIS
        _, wait = counter.take("tenant", LIMIT, "ann")
        assert wait > 0
        assert counter.take("another tenant", LIMIT, "ann")[1] == 0
        assert counter.take("tenant", LIMIT, "bob")[1] == 0
        assert [entry["event"] for entry in logs] == ["attempts counted in this process alone"]

        counter._shared = RedisAttempts(valkey.url)
        clock.now += SECONDS_WITHOUT_REDIS
        counter.take("tenant", LIMIT, "ann")
        assert logs[-1]["event"] == "attempts counted in redis again"


def test_two_processes_count_together(valkey):
    with redis.Redis.from_url(valkey.url) as client:
        client.flushdb()
    clock = Clock()
    one, other = (AttemptCounter(RedisAttempts(valkey.url), clock=clock) for _ in range(2))
    for counter in (one, other, one):
        assert counter.take("tenant", LIMIT, "ann")[1] == 0
    assert other.take("tenant", LIMIT, "ann")[1] > 0
