"""A tenant's use as its settings show it: figures, plots, the table and the file of the same numbers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from tenants.portal.storage import Storage
from tenants.usage.charts import Chart, Series, Spark, as_bytes, as_count, as_duration, draw_chart, draw_spark
from tenants.usage.reading import DayOfUse, UsageReport

__all__ = [
    "COLUMNS",
    "DEFAULT_DAYS",
    "GLANCE_DAYS",
    "Figure",
    "charts",
    "chosen_days",
    "figures",
    "glance",
    "periods",
    "rows",
    "table",
]

DEFAULT_DAYS = 30
PERIODS = (7, 30, 90, 365)
GLANCE_DAYS = 7

COLUMNS = (
    "day", "messages", "people", "errors", "tokens", "median_answer_seconds", "answer_seconds_of_95_percent",
    "storage_bytes",
)  # fmt: skip
"""Names of the file's columns; programs read them, so they are in no language."""


@dataclass(frozen=True)
class Figure:
    """One number of the whole period, with what it means."""

    title: str
    text: str
    note: str = ""


def periods() -> list[tuple[int, str]]:
    """Return the numbers of days that can be chosen, as far back as figures are kept, with their names."""
    names = {7: _("7 days"), 30: _("30 days"), 90: _("90 days"), 365: _("12 months")}
    kept = [days for days in PERIODS if days <= settings.ENVIRONMENT.usage_days]
    return [(days, names[days]) for days in kept or PERIODS[:1]]


def chosen_days(asked: str) -> int:
    """Return the number of days that an address asks for, or the usual one."""
    offered = [days for days, _name in periods()]
    return next((days for days in offered if str(days) == asked), min(DEFAULT_DAYS, offered[-1]))


def figures(report: UsageReport, storage: Storage) -> list[Figure]:
    """Return the numbers of a period."""
    found = [
        Figure(_("Messages"), as_count(report.messages), _("sent by people")),
        Figure(_("People"), as_count(report.people), _("different ones, who wrote")),
        _answers(report),
        Figure(_("Errors"), as_count(report.errors), _("failures of the app")),
    ]
    if report.tokens:
        found.append(Figure(_("Tokens"), as_count(report.tokens), _("as the app has recorded them")))
    limit = _("of %(limit)s, now") % {"limit": as_bytes(storage.limit)}
    return [*found, Figure(_("Storage"), as_bytes(storage.used), limit)]


def charts(report: UsageReport) -> list[Chart]:
    """Return the plots of a period, those with nothing to see left out but for the first two."""
    days = report.days

    def plot(title: str, name: str) -> Chart:
        return draw_chart(title, days, [Series(title, [getattr(day, name) for day in days])])

    answers = [
        Series(_("95 of 100 within"), [day.slow_seconds for day in days]),
        Series(_("half within"), [day.median_seconds for day in days]),
    ]
    storage = [Series(_("Storage"), [day.storage_bytes for day in days])]
    optional = [
        draw_chart(_("Time until an answer is done"), days, answers, write=as_duration),
        plot(_("Errors"), "errors"),
        plot(_("Tokens"), "tokens"),
        draw_chart(_("Storage of files"), days, storage, write=as_bytes, binary=True),
    ]
    kept = [chart for chart in optional if not chart.is_empty]
    return [plot(_("Messages"), "messages"), plot(_("People"), "people"), *kept]


def glance(days: Sequence[DayOfUse]) -> Spark:
    """Return the small plot of the last days for the overview."""
    messages = [day.messages for day in days]
    text = _("Messages on each of the last %(days)s days: %(numbers)s") % {
        "days": len(messages),
        "numbers": ", ".join(map(as_count, messages)),
    }
    return draw_spark(messages, text)


def table(report: UsageReport) -> list[tuple[DayOfUse, str, str, str]]:
    """Return the days, the newest first, with the time of their answers and their storage in words."""

    def written(value: float | None, write: Callable[[float], str]) -> str:
        return _("none") if value is None else write(value)

    return [
        (
            day,
            written(day.median_seconds, as_duration),
            written(day.slow_seconds, as_duration),
            written(day.storage_bytes, as_bytes),
        )
        for day in reversed(report.days)
    ]


def rows(report: UsageReport) -> Iterator[tuple[object, ...]]:
    """Yield the file's rows, oldest day first; a number that there is none of is empty."""
    for day in report.days:
        seconds = (day.median_seconds, day.slow_seconds)
        written = ("" if value is None else f"{value:.3f}" for value in seconds)
        storage = "" if day.storage_bytes is None else day.storage_bytes
        yield day.day.isoformat(), day.messages, day.people, day.errors, day.tokens, *written, storage


def _answers(report: UsageReport) -> Figure:
    title = _("An answer takes")
    if report.median_seconds is None or report.slow_seconds is None:
        return Figure(title, _("None"), _("no answers in this time"))
    note = _("half of them; 95 of 100 within %(time)s") % {"time": as_duration(report.slow_seconds)}
    return Figure(title, as_duration(report.median_seconds), note)
