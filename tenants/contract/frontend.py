"""The name under which a build of Chainlit's frontend lies on a CDN.

Whoever pushes the files and whoever writes pages that load them work the name out for themselves, from the files at
hand. It holds a hash of all of them, so a page of one build can never find the files of another.
"""

import hashlib
from pathlib import Path

__all__ = ["build_name", "pushed_files"]


def pushed_files(build: Path) -> dict[str, Path]:
    """Return the files of a build that browsers load, by their path below it (``assets/index-….js``), in order."""
    files = sorted(path for path in (build / "assets").rglob("*") if path.is_file() and path.suffix != ".map")
    return {path.relative_to(build).as_posix(): path for path in files}


def build_name(version: str, build: Path) -> str:
    """Return what a build is called: ``<version>-<hash>``, such as ``2.12.3-0a1b2c3d4e5f``.

    ``build`` is the folder with ``index.html`` and ``assets/``. Reads every file: about 10 MB.
    """
    digest = hashlib.sha256()
    for name, path in pushed_files(build).items():
        digest.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"{version}-{digest.hexdigest()[:12]}"
