"""Stock Chainlit, started by path with ``installed`` or ``equal``, a port and the app's main file.

``installed`` is ``chainlit run -h`` as ``pip install chainlit`` gives it: of what uvicorn can make use of, only what
Chainlit itself depends on can be imported. ``equal`` is the same command with uvicorn set as the runtime sets it.
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

# uvicorn takes these by itself when they can be imported (uvicorn[standard]).
ACCELERATORS = ("httptools", "uvloop", "websockets")
EQUAL_SETTINGS: dict[str, Any] = {
    "loop": "asyncio",
    "http": "httptools",
    "ws": "websockets-sansio",
    "access_log": False,
    "server_header": False,
    "ws_per_message_deflate": False,
    "ws_ping_interval": None,
    "reset_contextvars": True,
}


def required_by(package: str) -> set[str]:
    """Return the names of all that is installed together with a package, extras left out."""
    found: set[str] = set()
    waiting = [package]
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            requirements = requires(name) or []
        except PackageNotFoundError:  # for another system or another Python
            continue
        found.add(name)
        for requirement in requirements:
            match = re.match(r"[A-Za-z0-9._-]+", requirement)
            if match and "extra ==" not in requirement:
                waiting.append(match.group())
    return found


def hide_what_chainlit_does_not_install() -> None:
    """Let imports of other accelerators fail, though this environment has them."""
    installed = required_by("chainlit")
    for name in ACCELERATORS:
        if name not in installed:
            sys.modules[name] = None  # type: ignore[assignment]  # the import system's own way to refuse a name


def set_uvicorn_equal() -> None:
    """Give uvicorn our settings over those of the chainlit command."""
    import uvicorn

    configure = uvicorn.Config

    def configure_equal(app: Any, **settings: Any) -> uvicorn.Config:
        return configure(app, **{**settings, **EQUAL_SETTINGS})

    uvicorn.Config = configure_equal  # type: ignore[assignment,misc]  # the one place where chainlit gets it


if __name__ == "__main__":
    mode, port, main_file = sys.argv[1:4]
    if mode == "installed":
        hide_what_chainlit_does_not_install()
    else:
        set_uvicorn_equal()
    from chainlit.cli import cli

    cli(["run", main_file, "-h", "--host", "127.0.0.1", "--port", port])
