"""From the command to the panel and back down: the life of one `make up`."""

import asyncio
import errno
import os
import signal
import sys
import time
from pathlib import Path

from controlplane.supervisor.console import Console
from controlplane.supervisor.credentials import load_secrets
from controlplane.supervisor.data_directory import claim
from controlplane.supervisor.errors import StartError
from controlplane.supervisor.panel import show_panel
from controlplane.supervisor.ports import PortBook, ipv6_loopback_available, is_free
from controlplane.supervisor.preparation import is_marked, mark
from controlplane.supervisor.runner import Runner
from controlplane.supervisor.settings import SupervisorSettings
from controlplane.supervisor.stack import Stack

__all__ = ["check_port", "run"]

_HEALTH_LIMIT_SECONDS = 90.0
_HEALTH_POLL_SECONDS = 0.1


def run(*, port: int | None = None, data_dir: Path | None = None, demo: bool = True, app: Path | None = None) -> int:
    """Run the whole stack until a signal ends it, and return the exit code of the command.

    `app` is the folder of an app to be developed: it gets a demo tenant, and saving its files loads it anew.
    Whatever keeps the stack from starting becomes one sentence on standard error and exit code 1. Call it from the
    main thread.
    """
    started = time.monotonic()
    try:
        settings = SupervisorSettings.from_environment(port=port, data_directory=data_dir, demo=demo, app=app)
        with claim(settings.data_directory):
            check_port(settings.port)
            secrets = load_secrets(settings.data_directory / "secrets.json", settings.inherited)
            stack = Stack(settings, secrets, PortBook(settings.data_directory / "run" / "ports.json"))
            return asyncio.run(_serve(stack, started))
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def check_port(port: int) -> None:
    """Raise StartError when the gateway cannot listen on its port."""
    hosts = ["127.0.0.1", "::1"] if ipv6_loopback_available() else ["127.0.0.1"]
    try:
        free = all(is_free(port, host) for host in hosts)
    except PermissionError:
        raise StartError(
            f"Port {port} is not allowed for this user ({os.strerror(errno.EACCES)}): choose one above 1023, "
            f"`PORT=8001 make up`."
        ) from None
    if not free:
        other = 8001 if port != 8001 else 8002
        raise StartError(f"Port {port} is in use by another program: choose another one, `PORT={other} make up`.")


async def _serve(stack: Stack, started: float) -> int:
    console = Console()
    about: dict[str, object] = {"port": stack.settings.port, "url": stack.settings.platform_url}
    runner = Runner(console, stack.settings.data_directory / "run" / "processes.json", about=about)
    stop = _watch_signals(runner, console)
    bring_up = asyncio.create_task(_bring_up(stack, runner, console, started))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({bring_up, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if bring_up.done():
            bring_up.result()
            await stopped
        return 0
    finally:
        bring_up.cancel()
        stopped.cancel()
        await asyncio.gather(bring_up, stopped, return_exceptions=True)
        await runner.stop()
        if stop.is_set():
            console.say("everything is stopped")


async def _bring_up(stack: Stack, runner: Runner, console: Console, started: float) -> None:
    stack.gather_apps()
    services = stack.services()
    console.say(f"starting {', '.join(service.name for service in services)}")
    await runner.start(*services)
    await _prepare(stack, runner, console)
    applications = stack.applications()
    console.say(f"starting {', '.join(application.name for application in applications)}")
    await runner.start(*applications)
    await _until_healthy(stack)
    show_panel(console, stack.settings, stack.sign_ins(), seconds=time.monotonic() - started)


async def _prepare(stack: Stack, runner: Runner, console: Console) -> None:
    """Migrate and seed, unless the database carries the mark of having been through exactly this."""
    url, wanted = stack.database_url(), stack.preparation_mark()
    if await asyncio.to_thread(is_marked, url, wanted):
        return
    console.say("preparing the database")
    for preparation in stack.preparations():
        await runner.complete(preparation)
    await asyncio.to_thread(mark, url, wanted)


async def _until_healthy(stack: Stack) -> None:
    """Wait until /healthz says that all is well. Raises StartError with its last answer otherwise."""
    deadline = time.monotonic() + _HEALTH_LIMIT_SECONDS
    while not await asyncio.to_thread(stack.healthy):
        if time.monotonic() > deadline:
            answer = await asyncio.to_thread(stack.health)
            said = "does not answer" if answer is None else f"says {answer[1].decode(errors='replace')[:1000]}"
            raise StartError(f"Not everything is well after {_HEALTH_LIMIT_SECONDS:.0f} s: /healthz {said}")
        await asyncio.sleep(_HEALTH_POLL_SECONDS)


def _watch_signals(runner: Runner, console: Console) -> asyncio.Event:
    """Return the event that the first SIGINT, SIGTERM or SIGHUP sets; the second one kills every child at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def received(number: signal.Signals) -> None:
        if stop.is_set():
            console.warn(f"{number.name} again: killing everything")
            runner.kill()
            return
        console.say(f"{number.name}: stopping everything (again to kill)")
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup ignores SIGHUP for us, which stays so: a closed terminal is then no reason to stop.
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, received, number)
    for number in (signal.SIGTTIN, signal.SIGTTOU):  # in the background the terminal must not be able to halt us
        signal.signal(number, signal.SIG_IGN)
    return stop
