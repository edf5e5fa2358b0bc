"""Container health checks: exit status 0 is healthy, 1 is not, with one line that says why.

``alive URL``           the process answers: 200, or 503 where it reports that something it depends on is down
``ready URL``           the process answers 200
``fresh FILE SECONDS``  FILE (or FILE with a database suffix) was written within the last SECONDS
"""

import os
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["answers", "is_fresh", "main"]


def answers(url: str, accepted: frozenset[int]) -> str | None:
    """Return None if ``url`` answers one of the accepted statuses within four seconds, else the reason.

    The request carries the platform's host and scheme, as the gateway's do: the control plane knows no other host.
    """
    target = urlsplit(url)
    platform_host = os.environ.get("PLATFORM_HOSTS", "localhost").split(",")[0].strip()
    scheme = urlsplit(os.environ.get("PLATFORM_URL", "http://localhost")).scheme
    connection = HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=4)
    try:
        connection.request("GET", target.path or "/", headers={"Host": platform_host, "X-Forwarded-Proto": scheme})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return f"{url} does not answer: {error}"
    finally:
        connection.close()
    return None if status in accepted else f"{url} answered {status}"


def is_fresh(file: Path, seconds: float) -> str | None:
    """Return None if ``file`` was written within ``seconds``, else the reason.

    Python's dbm picks the suffix by the library that it was built with, so the newest of ``file*`` counts.
    """
    written = [candidate.stat().st_mtime for candidate in file.parent.glob(f"{file.name}*")]
    if not written:
        return f"{file} does not exist"
    age = time.time() - max(written)
    return None if age <= seconds else f"{file} was last written {age:.0f} s ago"


def main(arguments: list[str]) -> int:
    """Run the check that the arguments name; see the module's text."""
    match arguments:
        case ["alive", url]:
            reason = answers(url, frozenset({HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}))
        case ["ready", url]:
            reason = answers(url, frozenset({HTTPStatus.OK}))
        case ["fresh", file, seconds]:
            reason = is_fresh(Path(file), float(seconds))
        case _:
            reason = "usage: healthcheck.py alive URL | ready URL | fresh FILE SECONDS"
    if reason is not None:
        sys.stderr.write(f"{reason}\n")
    return 0 if reason is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
