"""Start a load in its own process, and what comes back from it."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

__all__ = ["LoadError", "run_load"]

CHECKOUT = Path(__file__).resolve().parent.parent.parent
LIMIT_SECONDS = 300


class LoadError(RuntimeError):
    """A load could not be carried through; the message is what its process said."""


def run_load(module: str, load: Any) -> dict[str, Any]:
    """Run ``python -m <module>`` with a load (a dataclass) as JSON on its input; return the JSON of its output."""
    finished = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps(asdict(load)),
        capture_output=True, text=True, cwd=CHECKOUT, timeout=LIMIT_SECONDS, check=False,
    )  # fmt: skip
    if finished.returncode != 0:
        raise LoadError(f"{module} failed: {finished.stderr.strip()[-2000:]}")
    result: dict[str, Any] = json.loads(finished.stdout)
    return result
