"""The control plane under attack: its ASGI application under uvicorn, as the supervisor starts it.

Orders come as lines of JSON on a port of their own, which no attack knows. ``mutation`` in the settings names one guard
that is taken out before anything is served.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import uvicorn
from asgiref.sync import sync_to_async

from controlplane.asgi import application
from tests.isolation.control_plane.issuing import issue
from tests.isolation.control_plane.mutations import MUTATIONS

__all__ = ["main"]


async def _obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        issued = await sync_to_async(issue)(**json.loads(line))
        writer.write(json.dumps(issued).encode() + b"\n")
        await writer.drain()
    writer.close()


async def _serve(settings: dict[str, Any]) -> None:
    control = await asyncio.start_server(_obey, "127.0.0.1", settings["control_port"])
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=settings["port"],
        # The attacker is the gateway's visitor: from where it says to come counts as what the gateway says.
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        access_log=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=5,
    )
    async with control:
        await uvicorn.Server(config).serve()


def main(path: Path) -> None:
    """Serve until the process is told to end."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    if name := settings.get("mutation"):
        MUTATIONS[name].undo()
    asyncio.run(_serve(settings))
