"""How the time of answers is kept, and how people are counted without being named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.contract.usage import ANSWER_BOUNDS, answer_bucket, answer_quantile, person_digest

durations = st.floats(min_value=0.05, exclude_min=True, max_value=ANSWER_BOUNDS[-1], allow_nan=False)


def _counted(seconds):
    counts = [0] * (len(ANSWER_BOUNDS) + 1)
    for duration in seconds:
        counts[answer_bucket(duration)] += 1
    return counts


def test_the_bounds_are_what_is_stored_in_rows_of_before():
    assert len(ANSWER_BOUNDS) == 26
    assert (ANSWER_BOUNDS[0], ANSWER_BOUNDS[2], ANSWER_BOUNDS[-1]) == (0.05, 0.1, 289.631)


@given(st.lists(durations, min_size=1, max_size=60), st.sampled_from([0.5, 0.95, 1.0]))
def test_a_quantile_is_at_most_a_bucket_away_from_the_exact_one(seconds, share):
    exact = sorted(seconds)[max(0, -int(-share * len(seconds) // 1) - 1)]
    found = answer_quantile(_counted(seconds), share)
    assert exact / 1.43 <= found <= exact * 1.43


def test_without_answers_there_is_no_quantile():
    assert answer_quantile([], 0.5) is None
    assert answer_quantile([0] * 27, 0.95) is None


def test_what_takes_longer_than_every_bound_is_told_as_the_last_one():
    assert answer_quantile(_counted([4000.0, 5000.0]), 0.5) == ANSWER_BOUNDS[-1]


@pytest.mark.parametrize("person", ["ann@example.com", "", "\ud800", "x" * 100_000])
def test_a_person_is_the_same_every_time_and_another_one_at_each_tenant(person):
    digest = person_digest(b"key", "one", person)
    assert digest == person_digest(b"key", "one", person)
    assert len({digest, person_digest(b"key", "two", person), person_digest(b"other", "one", person)}) == 3
    assert len(digest) == 16
