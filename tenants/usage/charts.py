"""Figures as pictures: bars by day, drawn on the server as SVG in percent, so that they fit any width.

A picture says nothing that is not in the table beside it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.template.defaultfilters import filesizeformat
from django.utils.dateformat import format as format_date

from tenants.usage.reading import DayOfUse

__all__ = ["Chart", "Series", "Spark", "as_bytes", "as_count", "as_duration", "draw_chart", "draw_spark"]

BAR_SHARE = 0.74
"""How much of a day's place its bar takes; the rest is air."""
MOST_DAYS_WITH_AIR = 120
SMALLEST_PERCENT = 1.2
"""How high the bar of the smallest number is: what was there must be seen."""
TOPS = (1, 2, 4, 6, 8, 10)
"""First digits of the top of a scale; the half of all but the first is a whole number too."""
BINARY_TOPS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


@dataclass(frozen=True)
class Series:
    """Numbers by day; None where there is none. ``title`` names them in the legend and in the bars' texts."""

    title: str
    values: Sequence[float | None]


@dataclass(frozen=True)
class Part:
    """One rectangle of a bar; all numbers in percent of the plot."""

    series: int
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day: where its place and its rectangles are, and what they say."""

    place: float
    place_width: float
    x: float
    width: float
    parts: Sequence[Part]
    text: str


@dataclass(frozen=True)
class Tick:
    """A line across the plot with its number, or a day below it."""

    at: float
    text: str
    anchor: str = "start"


@dataclass(frozen=True)
class Chart:
    """A plot to be drawn by ``usage/chart.html``."""

    title: str
    summary: str
    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    days: Sequence[Tick]
    legend: Sequence[str] = ()

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to see."""
        return not any(bar.parts for bar in self.bars)


@dataclass(frozen=True)
class Spark:
    """A plot as small as a word, to be drawn by ``usage/spark.html``."""

    text: str
    bars: Sequence[Bar] = field(repr=False)


def as_count(number: float) -> str:
    """Return a number of things."""
    return f"{number:,.0f}"


def as_bytes(number: float) -> str:
    """Return a size."""
    return str(filesizeformat(number))


def as_duration(seconds: float) -> str:
    """Return how long something took, in the unit that reads best."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.1f} min"


def draw_chart(
    title: str,
    days: Sequence[DayOfUse],
    series: Sequence[Series],
    *,
    write: Callable[[float], str] = as_count,
    binary: bool = False,
) -> Chart:
    """Return the plot of one or more series over the same days; the first stands behind those after it."""
    highest = max((value for one in series for value in one.values if value), default=0)
    top = _top(highest, binary=binary)
    bars = [_bar(number, len(days), _texts(day.day, series, number, write), series, top) for number, day in _each(days)]
    halves = (1.0,) if top == 1 and write is as_count else (1.0, 0.5)
    ticks = [Tick(100 - 100 * share, _short(top * share, write)) for share in halves] if highest else []
    summary = f"{title}: {_written(highest, write)}"
    return Chart(title, summary, bars, ticks, _day_ticks([day.day for day in days]), _legend(series))


def draw_spark(values: Sequence[int], text: str) -> Spark:
    """Return the small plot of some numbers, with the words that say the same."""
    top = max(values, default=0) or 1
    series = [Series("", list(values))]
    return Spark(text, [_bar(number, len(values), "", series, top) for number in range(len(values))])


def short_day(day: date) -> str:
    """Return a day as it is written below a plot."""
    return format_date(day, "j M")


def _each(days: Sequence[DayOfUse]) -> enumerate[DayOfUse]:
    return enumerate(days)


def _bar(number: int, count: int, text: str, series: Sequence[Series], top: float) -> Bar:
    place_width = 100 / count
    width = place_width * (BAR_SHARE if count <= MOST_DAYS_WITH_AIR else 1)
    place = number * place_width
    parts = [
        Part(index, round(100 - height, 2), round(height, 2))
        for index, one in enumerate(series)
        if (value := one.values[number])
        for height in [max(SMALLEST_PERCENT, 100 * value / top)]
    ]
    x = place + (place_width - width) / 2
    return Bar(round(place, 3), round(place_width, 3), round(x, 3), round(width, 3), parts, text)


def _texts(day: date, series: Sequence[Series], number: int, write: Callable[[float], str]) -> str:
    said = []
    for one in series:
        value = one.values[number]
        said.append(f"{one.title}: {'none' if value is None else write(value)}")
    return f"{format_date(day, 'l, j F Y')}. {', '.join(said)}"


def _written(highest: float, write: Callable[[float], str]) -> str:
    return f"at most {write(highest)} on a day" if highest else "nothing in these days"


def _short(number: float, write: Callable[[float], str]) -> str:
    """Return a number of the scale, which has little room beside the plot."""
    if write is not as_count or number < 1_000_000:
        return write(number)
    millions = number / 1_000_000
    return f"{millions:,.0f} M" if millions % 1 == 0 else f"{millions:,.1f} M"


def _legend(series: Sequence[Series]) -> Sequence[str]:
    return [one.title for one in series] if len(series) > 1 else ()


def _top(highest: float, *, binary: bool) -> float:
    """Return the round number at which the scale ends."""
    if highest <= 0:
        return 1
    base = 1024 if binary else 10
    unit = float(base ** math.floor(math.log(highest, base)))
    return next(digit * unit for digit in (BINARY_TOPS if binary else TOPS) if digit * unit >= highest * 0.9999)


def _day_ticks(days: Sequence[date]) -> list[Tick]:
    if len(days) < 3:
        return [Tick(0, short_day(day)) for day in days[:1]]
    middle = len(days) // 2
    return [
        Tick(0, short_day(days[0])),
        Tick(round(100 * (middle + 0.5) / len(days), 2), short_day(days[middle]), "middle"),
        Tick(100, short_day(days[-1]), "end"),
    ]
