"""A supervisor of two small children, to be run as a process of its own and killed.

`python -m tests.controlplane.supervisor.small_supervisor <directory>`
"""

import asyncio
import os
import sys
from pathlib import Path

from controlplane.supervisor.console import Console
from controlplane.supervisor.processes import Child
from controlplane.supervisor.runner import Runner

SLEEPER = "import time\nwhile True: time.sleep(60)"


async def supervise(directory: Path) -> None:
    """Start the children, say so, and stay."""
    runner = Runner(Console(colour=False), directory / "processes.json", about={})
    user = "nobody" if os.geteuid() == 0 else None
    await runner.start(
        Child("same-user", (sys.executable, "-c", SLEEPER), {}),
        Child("other-user", ("/bin/sleep", "600"), {}, user=user),
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(supervise(Path(sys.argv[1])))
