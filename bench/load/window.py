"""The measured time of a load: how long it was, and what the server and the load itself spent in it."""

import asyncio
import time
from dataclasses import dataclass

from bench.processes import cpu_seconds

__all__ = ["Window", "measured_window"]


@dataclass(frozen=True, slots=True)
class Window:
    """Seconds of the clock, of the server's processors and of the load's own."""

    seconds: float
    server_cpu: float
    client_cpu: float

    def shares(self) -> dict[str, float]:
        """Return what of one core each side used."""
        return {
            "seconds": self.seconds,
            "server_cpu": self.server_cpu,
            "server_share": self.server_cpu / self.seconds,
            "client_share": self.client_cpu / self.seconds,
        }


async def measured_window(server_pid: int, seconds: float) -> Window:
    """Let ``seconds`` pass on the running loop and say what was spent meanwhile."""
    server_before, client_before, began = cpu_seconds(server_pid), time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    ended = time.perf_counter()
    return Window(ended - began, cpu_seconds(server_pid) - server_before, time.process_time() - client_before)
