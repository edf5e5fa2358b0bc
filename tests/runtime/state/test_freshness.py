"""What is confirmed, since when, and what is said about it."""

import structlog

from runtime.state.freshness import Freshness


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_nothing_is_confirmed_before_the_first_answer():
    assert Freshness(Clock()).unconfirmed_for("acme") > 10**9


def test_a_tenant_is_confirmed_by_its_own_check_and_by_a_check_of_all():
    clock = Clock()
    freshness = Freshness(clock)
    freshness.start_listening()
    clock.now += 10
    freshness.confirm("acme")
    clock.now += 5
    assert (freshness.unconfirmed_for("acme"), freshness.unconfirmed_for("globex")) == (5, 15)
    freshness.confirm_all()
    assert freshness.unconfirmed_for("acme") == freshness.unconfirmed_for("globex") == 0


def test_an_outage_is_told_once_at_its_beginning_and_once_at_its_end():
    freshness = Freshness(Clock())
    with structlog.testing.capture_logs() as lines:
        freshness.start_listening()
        for _ in range(3):
            freshness.stop_listening("gone")
            freshness.lose_source()
            freshness.serve_stale("gone")
        assert (freshness.listening, freshness.reachable, freshness.stale) == (False, False, True)
        freshness.start_listening()
    assert (freshness.listening, freshness.reachable, freshness.stale) == (True, True, False)
    assert [line["event"] for line in lines] == [
        "listening_for_publications",
        "publications_not_heard",
        "serving_last_known_states",
        "states_confirmed_again",
        "listening_for_publications",
    ]
