"""The data directory: everything an installation keeps, used by one supervisor at a time."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controlplane.supervisor.errors import StartError

__all__ = ["claim"]


@contextmanager
def claim(directory: Path) -> Iterator[None]:
    """Make the directory if need be and hold it alone until the block ends.

    Raises StartError when it cannot be written or another living supervisor holds it. The kernel drops the lock when
    the process ends in whatever way, so no lock is ever stale.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            directory.chmod(0o711)  # the database server is not root and has to pass through
        with tempfile.TemporaryFile(dir=directory):
            pass
        lock = (directory / "lock").open("a+")
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartError(
            f"The data directory {directory} cannot be written ({reason}): "
            f"choose another one, `DATA_DIR=<path> make up`."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise StartError(
                f"The data directory {directory} is in use by another `make up` (process {holder}): stop that one, "
                f"or choose another directory, `DATA_DIR=<path> make up`."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
