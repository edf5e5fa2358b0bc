"""Plots of figures: what is drawn, and that it stays within the plot."""

from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from tenants.usage.charts import Series, as_bytes, as_count, as_duration, draw_chart, draw_spark
from tenants.usage.reading import DayOfUse


def days(count):
    return [DayOfUse(date(2026, 3, 1) + timedelta(days=number)) for number in range(count)]


def plot(values, **options):
    return draw_chart("Messages", days(len(values)), [Series("Messages", values)], **options)


@given(
    st.lists(st.none() | st.floats(1e-6, 1e13) | st.integers(0, 10**13), min_size=1, max_size=400),
    st.booleans(),
)
def test_every_bar_is_within_the_plot_and_no_higher_than_a_larger_number(values, binary):
    chart = plot(values, binary=binary)

    heights = [sum(part.height for part in bar.parts) for bar in chart.bars]
    for value, height, bar in zip(values, heights, chart.bars, strict=True):
        assert 0 <= height <= 100.01
        assert bool(value) == bool(bar.parts)
        assert 0 <= bar.place <= bar.x < bar.x + bar.width <= 100.01
    ordered = [height for _, height in sorted(zip((value or 0 for value in values), heights, strict=True))]
    assert ordered == sorted(ordered)


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (1, ["1"]),
        (2, ["2", "1"]),
        (7, ["8", "4"]),
        (83, ["100", "50"]),
        (1234, ["2,000", "1,000"]),
        (990_000, ["1 M", "500,000"]),
        (3_400_000_000, ["4,000 M", "2,000 M"]),
    ],
)  # fmt: skip
def test_a_scale_ends_at_a_round_number_and_counts_in_whole_ones(highest, ticks):
    assert [tick.text for tick in plot([0, highest]).ticks] == ticks


def test_sizes_are_scaled_in_their_own_units():
    chart = plot([5 * 1024**2], write=as_bytes, binary=True)
    assert [tick.text.replace("\xa0", " ") for tick in chart.ticks] == ["8.0 MB", "4.0 MB"]


def test_a_bar_says_its_day_and_its_numbers():
    chart = draw_chart("Time", days(2), [Series("slow", [2.0, None]), Series("half", [0.25, None])], write=as_duration)
    assert chart.bars[0].text == "Sunday, 1 March 2026. slow: 2.0 s, half: 250 ms"
    assert chart.bars[1].text == "Monday, 2 March 2026. slow: none, half: none"
    assert not chart.bars[1].parts


def test_a_plot_of_nothing_is_empty_and_can_be_drawn():
    chart = plot([0, 0, None])
    assert chart.is_empty
    assert chart.ticks == []
    assert "nothing in these days" in render_to_string("usage/chart.html", {"chart": chart})


def test_what_is_drawn_is_plain_svg_without_styles_and_escapes_its_texts():
    spark = draw_spark([1, 0, 3], "<script>")
    drawn = render_to_string("usage/spark.html", {"spark": spark}) + render_to_string(
        "usage/chart.html", {"chart": plot([1234567, 3])}
    )
    assert drawn.count('class="plot-bar') == 4
    assert "style=" not in drawn
    assert "<script>" not in drawn
    # Numbers in attributes are numbers whatever the language of the page writes them as.
    assert 'width="37.0%"' in drawn


def test_numbers_read_well():
    assert [as_duration(seconds) for seconds in (0.0625, 1.25, 99.9, 240)] == ["62 ms", "1.2 s", "99.9 s", "4.0 min"]
    assert as_count(1234567) == "1,234,567"
