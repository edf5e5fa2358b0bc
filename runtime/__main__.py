"""``python -m runtime``: the public port and the internal port in one process."""

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog
import uvicorn

from runtime.app import Application, InstallApps, build_app
from runtime.asgi import ASGIApp
from runtime.config import InvalidSettingError, RuntimeConfig, SettingError
from runtime.http_protocol import HttpProtocol
from runtime.logs import configure_logging

log = structlog.get_logger("runtime")

EXIT_FAILED = 1
EXIT_SETTINGS = 2
GRACE_SECONDS = 5
# Longer than the gateway keeps an idle connection (Caddy: two minutes), so that it never reuses one just closed.
KEEP_ALIVE_SECONDS = 150


class BindError(RuntimeError):
    """A port cannot be had; the message is one sentence."""


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: two servers share this process, and one hand stops both."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process' signals alone."""
        yield


def main(install_apps: InstallApps | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns the exit status: 0, 1 (failed) or 2 (settings)."""
    with ExitStack() as sockets:
        try:
            config = RuntimeConfig.from_environment()
            configure_logging(config.log_format)
            _prepare_folders(config)
            public = sockets.enter_context(bind(config.host, config.port))
            internal = sockets.enter_context(bind(config.host, config.internal_port))
            application = build_app(config, install_apps=install_apps)
        except (SettingError, BindError) as error:
            sys.stderr.write(f"{error}\n")
            return EXIT_SETTINGS if isinstance(error, SettingError) else EXIT_FAILED
        # A runner of its own: importing Chainlit replaces asyncio.run. The plain loop: cl.run_sync needs it.
        with asyncio.Runner() as runner:
            return runner.run(serve(config, application, public, internal))


async def serve(config: RuntimeConfig, application: Application, public: socket.socket, internal: socket.socket) -> int:
    """Serve on two bound sockets until a signal comes; the internal port answers first and last."""
    stopping = _stop_on_signals()
    internal_server = Server(server_config(config, application.internal))
    internal_serving = asyncio.create_task(internal_server.serve(sockets=[internal]))
    try:
        await application.start()
    except Exception:
        log.exception("runtime_not_started")
        public.close()
        status = EXIT_FAILED
    else:
        log.info("serving", host=config.host, port=config.port, internal_port=config.internal_port)
        _spare_the_collector()
        public_server = Server(server_config(config, application))
        public_serving = asyncio.create_task(public_server.serve(sockets=[public]))
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait((stop, public_serving, internal_serving), return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        application.withdraw()
        public_server.should_exit = True
        await public_serving
        status = 0
    await application.stop()
    internal_server.should_exit = True
    await internal_serving
    return status


def _spare_the_collector() -> None:
    """Take what the process is made of, some hundred thousand objects of libraries, out of the collector's sight.

    It never becomes garbage, and looking through all of it would hold up every chat for a tenth of a second.
    """
    gc.collect()
    gc.freeze()


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket; raises ``BindError``. Connections wait in it until the server is ready."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol must be named: asyncio turns Nagle's algorithm off (TCP_NODELAY) only on sockets that say TCP, and
    # socket.create_server leaves it out. With it on, each answer waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise BindError(f"The runtime cannot listen on {host} port {port}: {reason}.") from error
    return listener


def server_config(config: RuntimeConfig, app: ASGIApp) -> uvicorn.Config:
    """Return how uvicorn serves an app of ours, on either port."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=HttpProtocol,
        ws="websockets-sansio",
        lifespan="off",  # begun and ended by ``serve``, which knows both servers
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(config.trusted_proxies),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        # Chainlit's messages are small and must not wait; a compressor a socket costs memory and gains little.
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # Engine.IO sends its own
        # The gateway sends many tenants' requests over one connection: none may start in another's context.
        reset_contextvars=True,
    )


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def _prepare_folders(config: RuntimeConfig) -> None:
    if not config.apps_dir.is_dir():
        raise InvalidSettingError("CHAINLIT_APPS_DIR", "a folder that exists")
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidSettingError("RUNTIME_DATA_DIR", "a folder that can be made") from error
    if not os.access(config.data_dir, os.W_OK | os.X_OK):
        raise InvalidSettingError("RUNTIME_DATA_DIR", "a folder this process can write to")


if __name__ == "__main__":
    sys.exit(main())
