"""``python -m bench.markdown RESULTS.json ... DOCUMENT.md``: put the figures of a run into a document.

The table stands between two marks of the document, and is replaced there. Several results are put one after another,
for a run whose parts were measured one by one.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.rows import Subject
from bench.table import format_number

__all__ = ["into_document", "markdown_table"]

MARKS = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
HEADINGS = ("Measure", "Ours", "÷ installed", "÷ equal", "÷ bare", "Budget", "")
OTHERS = (Subject.INSTALLED, Subject.EQUAL, Subject.BARE)


class NoMarksError(ValueError):
    """The document has no place for the table."""


def markdown_table(reports: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows of reports, as ``Row.as_json`` writes them, as a Markdown table with ratios."""
    lines: list[tuple[str, ...]] = [HEADINGS, ("---",) + ("---:",) * 4 + ("---",) * 2]
    lines += [_cells(row) for report in reports for row in report["rows"]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def into_document(document: str, table: str) -> str:
    """Return the document with the table between its marks; raises ``NoMarksError``."""
    filled, count = MARKS.subn(lambda marks: f"{marks[1]}{table}{marks[2]}", document)
    if count != 1:
        raise NoMarksError("The document must have one place between <!-- figures --> and <!-- end of figures -->.")
    return filled


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    ours = row["figures"].get(Subject.OURS)
    ratios = (row["ratios"].get(subject) for subject in OTHERS)
    return (
        f"{row['name']} ({row['unit']})",
        format_number(ours["median"]) if ours else "",
        *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        ", ".join(row["budget"]),
        row["verdict"],
    )


def _main(arguments: list[str]) -> None:
    *results, document = map(Path, arguments)
    reports = [json.loads(path.read_text(encoding="utf-8")) for path in results]
    document.write_text(into_document(document.read_text(encoding="utf-8"), markdown_table(reports)), encoding="utf-8")


if __name__ == "__main__":
    _main(sys.argv[1:])
