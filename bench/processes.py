"""What a process and its children use, read from /proc (proc(5))."""

import os
from contextlib import suppress
from pathlib import Path

__all__ = ["cpu_seconds", "resident_bytes"]

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and its descendants, ended ones too; a tick is 10 ms on Linux.

    Raises ``FileNotFoundError`` when there is no such process.
    """
    ticks = _cpu_ticks(pid)
    for each in _descendants(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since: its parent's times have it now
            ticks += _cpu_ticks(each)
    return ticks / _TICKS_A_SECOND


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and its living descendants."""
    pages = _resident_pages(pid)
    for each in _descendants(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
            pages += _resident_pages(each)
    return pages * _PAGE_BYTES


def _cpu_ticks(pid: int) -> int:
    # The name, in brackets, may itself hold blanks and brackets: the fields are counted after the last one.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))  # utime, stime, and those of children that were waited for


def _resident_pages(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1])


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):  # threads and processes end while they are listed
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                for child in map(int, (task / "children").read_text().split()):
                    found += [child, *_descendants(child)]
    return found
