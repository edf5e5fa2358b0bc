"""Bring Chainlit into the process without letting it read or write anything of ours.

While it is imported Chainlit creates folders and a config.toml below ``CHAINLIT_APP_ROOT`` and reads an ``.env`` file
of the current directory. Both are pointed elsewhere: nothing it finds there outlives the import, because every use of
these paths is replaced.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from runtime.chainlit_host.process.event_loop import make_loops_reentrant
from runtime.config import RuntimeConfig

__all__ = ["ChainlitImportedError", "import_chainlit", "withdraw_platform_secrets"]

PLATFORM_SECRETS = frozenset(
    {
        "DATABASE_URL", "REDIS_URL", "RUNTIME_MASTER_SECRET", "RUNTIME_STATE_TOKEN", "SECRET_KEY",
        "TENANT_ENCRYPTION_KEYS",
    }
)  # fmt: skip
PLATFORM_SECRET_PREFIXES = ("DEMO_", "S3_")


class ChainlitImportedError(RuntimeError):
    """Chainlit was imported too early, so it has already taken its paths and settings from this process."""

    def __init__(self) -> None:
        super().__init__("Chainlit is imported already; runtime.chainlit_host.install must come first, and only once.")


def import_chainlit(config: RuntimeConfig) -> None:
    """Import Chainlit and its server in a prepared process; platform secrets leave the environment first."""
    if "chainlit" in sys.modules:
        raise ChainlitImportedError
    config.data_dir.mkdir(parents=True, exist_ok=True)
    withdraw_platform_secrets()
    make_loops_reentrant()
    with (
        TemporaryDirectory(prefix="chainlit-", dir=config.data_dir) as root,
        _environment(CHAINLIT_APP_ROOT=root, CHAINLIT_ENV_FILE=os.devnull),
    ):
        # Imported for the effect: the modules are in place for the seams.
        import chainlit.server
        import chainlit.socket  # noqa: F401 - as above


def withdraw_platform_secrets() -> None:
    """Take the platform's own secrets out of the process environment; ``RuntimeConfig`` holds what is needed.

    Removed rather than hidden: then no child process inherits them, no C library reads them, and ``os.environb`` has
    them no more than ``os.environ``, whether a tenant is bound or not.
    """
    for name in list(os.environ):
        if name in PLATFORM_SECRETS or name.startswith(PLATFORM_SECRET_PREFIXES):
            del os.environ[name]


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
