"""The report as text."""

import textwrap
from collections.abc import Iterable, Sequence

from bench.figures import Figure
from bench.rows import Row, Subject

__all__ = ["format_number", "render"]

HEADINGS = (
    "measure",
    "unit",
    "ours",
    "installed",
    "equal",
    "bare",
    "x inst.",
    "x equal",
    "x bare",
    "spread",
    "verdict",
)
_LEFT_ALIGNED = {0, 1, 10}


def render(rows: Iterable[Row]) -> str:
    """Return the table of medians, then each budget and note below it."""
    rows = list(rows)
    lines = _aligned([HEADINGS, *(_cells(row) for row in rows)])
    lines.insert(1, "-" * len(lines[0]))
    for row in rows:
        if row.budget or row.note:
            lines += ["", *_remark(row)]
    return "\n".join(lines)


def format_number(value: float) -> str:
    """Return three significant digits, or all digits before the point."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cells(row: Row) -> tuple[str, ...]:
    medians = [_median(row.figures.get(subject)) for subject in Subject]
    ratios = [_ratio(row, subject) for subject in Subject if subject is not Subject.OURS]
    spread = max((figure.spread for figure in row.figures.values()), default=0.0)
    return (row.name, row.unit, *medians, *ratios, f"{spread:.0%}" if spread else "", str(row.verdict))


def _median(figure: Figure | None) -> str:
    return format_number(figure.median) if figure else ""


def _ratio(row: Row, against: Subject) -> str:
    value = row.ratio(against)
    return "" if value is None else f"{value:.2f}"


def _remark(row: Row) -> list[str]:
    text = f"{row.name} ({row.unit})"
    if row.budget:
        text += f": budget {', '.join(map(str, row.budget))}: {row.verdict}"
    if row.note:
        text += f". {row.note}"
    return textwrap.wrap(text, width=118, subsequent_indent="  ")


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADINGS))]
    return [
        "  ".join(
            cell.ljust(width) if column in _LEFT_ALIGNED else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]
