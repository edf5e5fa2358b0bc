"""Which part of a file a Range header names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.published.ranges import Part, RangeNotSatisfiableError, requested_part


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", Part(0, 9)),
        ("bytes=90-", Part(90, 99)),
        ("bytes=90-1000", Part(90, 99)),
        ("bytes=-10", Part(90, 99)),
        ("bytes=-1000", Part(0, 99)),
        ("bytes= 5-5 ", Part(5, 5)),
        ("", None),
        ("bytes=-", None),
        ("bytes=9-5", None),
        ("bytes=0-1,5-6", None),
        ("items=0-9", None),
        ("bytes=٣-٤", None),
        ("bytes=0x1-2", None),
    ],
)
def test_one_part_is_understood_and_everything_else_is_the_whole(header, part):
    assert requested_part(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_part_behind_the_end_cannot_be_satisfied(header):
    with pytest.raises(RangeNotSatisfiableError):
        requested_part(header, 100)


@given(st.text(max_size=30) | st.from_regex(r"bytes=\d{0,25}-\d{0,25}", fullmatch=True), st.integers(0, 10**12))
def test_whatever_is_asked_the_part_lies_within_the_file(header, size):
    try:
        part = requested_part(header, size)
    except RangeNotSatisfiableError:
        return
    assert part is None or (0 <= part.first <= part.last < size and 1 <= part.length <= size)
