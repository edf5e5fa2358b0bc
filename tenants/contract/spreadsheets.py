"""Lines of CSV that people open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable

__all__ = ["csv_line"]

_FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")


def csv_line(cells: Iterable[object]) -> str:
    """Return one line with its end; None is an empty cell.

    Cells that a spreadsheet would take for a formula begin with an apostrophe (OWASP, CSV injection).
    """
    line = io.StringIO()
    csv.writer(line).writerow([_cell("" if cell is None else str(cell)) for cell in cells])
    return line.getvalue()


def _cell(text: str) -> str:
    is_formula = text[:1] in {"\t", "\r", "\n"} or text.lstrip()[:1] in _FORMULA
    return f"'{text}" if text and is_formula else text
