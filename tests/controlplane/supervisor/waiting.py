"""Waiting for a condition instead of for time."""

import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["has_ended", "wait_until"]


def wait_until(condition: Callable[[], object], *, seconds: float = 15.0) -> None:
    """Return as soon as the condition holds; fail the test when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)


def has_ended(pid: int) -> bool:
    """Tell whether a process is gone; one that only waits to be reaped by somebody else's init is gone too."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"
