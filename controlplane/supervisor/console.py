"""Lines on the terminal: each child's output behind its name, and what the supervisor itself has to say."""

import io
import os
import sys
from collections.abc import Mapping
from typing import TextIO

__all__ = ["SUPERVISOR", "Console", "wants_colour"]

SUPERVISOR = "up"
"""The name before the supervisor's own lines."""

_RESET, _BOLD, _DIM, _RED = "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m"
_PALETTE = tuple(f"\x1b[{code}m" for code in (36, 33, 32, 35, 34, 96, 93, 92, 95, 94))


def wants_colour(stream: TextIO, environment: Mapping[str, str] | None = None) -> bool:
    """Tell whether to colour: on a terminal, unless NO_COLOR is set (https://no-color.org) or the terminal is dumb."""
    values = os.environ if environment is None else environment
    return stream.isatty() and not values.get("NO_COLOR") and values.get("TERM") != "dumb"


class Console:
    """Writes whole lines, `name │ text`, with the names aligned and each in its own colour."""

    def __init__(self, stream: TextIO | None = None, *, colour: bool | None = None, width: int = 12) -> None:
        self._stream = sys.stdout if stream is None else stream
        if isinstance(self._stream, io.TextIOWrapper):
            self._stream.reconfigure(errors="replace")  # a terminal that lacks a character shows the rest of the line
        self._gone = False
        self.colour = wants_colour(self._stream) if colour is None else colour
        self._width = width
        self._colours: dict[str, str] = {SUPERVISOR: _BOLD}

    def line(self, name: str, text: str) -> None:
        """Write one line of a child's output."""
        padded = name.ljust(self._width)
        if self.colour:
            colour = self._colours.setdefault(name, _PALETTE[(len(self._colours) - 1) % len(_PALETTE)])
            end = _RESET if "\x1b" in text else ""  # a child's colour must not run into the next line
            self.write(f"{colour}{padded}{_RESET} {_DIM}│{_RESET} {text}{end}")
        else:
            self.write(f"{padded} │ {text}")

    def say(self, text: str) -> None:
        """Write what the supervisor has to say."""
        self.line(SUPERVISOR, text)

    def warn(self, text: str) -> None:
        """Write what the supervisor has to say about something that went wrong."""
        self.line(SUPERVISOR, f"{_RED}{text}{_RESET}" if self.colour else text)

    def emphasise(self, text: str) -> str:
        """Return text in bold where there is colour."""
        return f"{_BOLD}{text}{_RESET}" if self.colour else text

    def write(self, text: str) -> None:
        """Write text and a line end; a reader that went away (`make up | head`) must not stop the stack."""
        if self._gone:
            return
        try:
            self._stream.write(f"{text}\n")
            self._stream.flush()
        except (OSError, ValueError):
            self._gone = True
