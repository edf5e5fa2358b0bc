"""Files that other processes may read at any moment, and files that only we may read."""

import os
from pathlib import Path

__all__ = ["write_atomically"]


def write_atomically(path: Path, content: str, *, mode: int = 0o600) -> None:
    """Replace `path` so that a reader sees the old content or the new, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    draft.chmod(mode)  # os.open leaves an existing draft's mode alone and applies the umask
    draft.replace(path)
