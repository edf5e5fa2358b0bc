"""Where the programs of the embedded services are."""

import shutil
import sysconfig
from pathlib import Path

from controlplane.supervisor.errors import StartError

__all__ = ["find_program", "missing_program"]


def find_program(program: str, *, title: str) -> Path:
    """Find a program that a wheel installed beside this Python, or one on PATH. Raises StartError."""
    installed = Path(sysconfig.get_path("scripts")) / program
    found = shutil.which(installed) or shutil.which(program)
    if found is None:
        raise missing_program(title, installed)
    return Path(found)


def missing_program(title: str, expected: Path) -> StartError:
    """Return the error for a program that should be at `expected`."""
    return StartError(f"The program of {title} is missing ({expected}): install it again with `make clean up`.")
