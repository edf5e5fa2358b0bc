"""What the bench is doing now, on one line of a terminal."""

import sys

__all__ = ["end_progress", "report_progress"]


def report_progress(text: str) -> None:
    """Replace the line by ``text``; nothing is written where nobody watches."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text[:110]}")
        sys.stderr.flush()


def end_progress() -> None:
    """Remove the line."""
    report_progress("")
