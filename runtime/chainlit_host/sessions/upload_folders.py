"""The folder of uploads that one process owns, and the removal of what killed processes left behind."""

import fcntl
import os
import shutil
from pathlib import Path
from uuid import uuid4

import structlog

__all__ = ["UploadFolder"]

log = structlog.get_logger(__name__)

_LOCK = "owner.lock"


class UploadFolder:
    """A folder below ``root`` for this process alone.

    Several processes may share ``root``. Each holds a lock in its own folder, which the system takes back when the
    process ends in whatever way; a folder whose lock is free belongs to nobody, and is removed by the next process.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.path = root / uuid4().hex
        self._lock: int | None = None

    def claim(self) -> None:
        """Make the folder, hold its lock, and remove the folders of processes that are gone."""
        # One process cleans at a time, and none while another is between making its folder and locking it.
        self._root.mkdir(parents=True, exist_ok=True)
        turn = os.open(self._root / ".turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(turn, fcntl.LOCK_EX)
            for folder in self._root.iterdir():
                if folder.is_dir() and _is_abandoned(folder):
                    shutil.rmtree(folder, ignore_errors=True)
                    log.info("abandoned_uploads_removed", folder=folder.name)
            self.path.mkdir()
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        finally:
            os.close(turn)

    def remove(self) -> None:
        """Remove the folder with all that is in it and give the lock back."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _is_abandoned(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # Made by something else, or by a process that was killed before it could lock.
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(lock)
