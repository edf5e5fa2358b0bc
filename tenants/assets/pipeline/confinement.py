"""The process that looks into one file, from its first line: it gives up everything, then takes the file.

Whoever takes over a decoder finds a process without files, sockets, children, environment or rights: it may compute
for a while, and write one answer to a pipe whose other end trusts nothing (exchange.py).
"""

import codecs
import ctypes
import os
import resource
import signal
import sys
import traceback
from typing import NoReturn

from tenants.assets.pipeline.exchange import (
    Answer,
    Fault,
    Limits,
    Order,
    Refusal,
    Success,
    encode_answer,
    read_frame,
    read_order,
    write_frame,
)  # fmt: skip
from tenants.assets.pipeline.preparing import prepare, preparer_of, processing_limit
from tenants.assets.pipeline.vector import ENCODINGS
from tenants.contract.errors import InvalidValueError

__all__ = ["main"]

# Encodings that files may be in and that libraries use as they read them.
_CODECS = ("ascii", "hex", "latin-1", "mac_roman", "utf-8-sig", "utf-16-be", "utf-16-le", *ENCODINGS)

_NOBODY = 65534
_STANDARD_STREAMS = 3
# linux/prctl.h
_SET_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38
_MESSAGE_BYTES = 10_000

_REFUSAL = processing_limit("memory")
# Made beforehand, since there will be no memory to make it.
_NO_MEMORY_LEFT = encode_answer(Refusal(_REFUSAL.code, _REFUSAL.message, _REFUSAL.field))


def main() -> NoReturn:
    """Take an order and a file from standard input, and write the answer to standard output."""
    order = read_order(sys.stdin.buffer)
    if order is None:
        sys.exit(1)
    preparer_of(order.role)
    for codec in _CODECS:
        codecs.lookup(codec)
    confine(order.limits, parent=order.parent)
    try:
        content = read_frame(sys.stdin.buffer)
        if content is None:
            sys.exit(1)
        message = encode_answer(_answer(order, content))
    except MemoryError:
        message = _NO_MEMORY_LEFT
    write_frame(sys.stdout.buffer, message)
    # Nothing is left to be cleaned up, and cleaning up runs code.
    os._exit(0)


def confine(limits: Limits, *, parent: int) -> None:
    """Give up rights, files and time beyond the limits, for ever; end with the worker, whatever becomes of it."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, sys.stderr.fileno())
    os.close(silence)
    _become_nobody()
    _end_with(parent)
    for limit, value in (
        (resource.RLIMIT_AS, limits.address_space),
        (resource.RLIMIT_CPU, limits.processor_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        # The pipes are open already; with no number left, neither a file nor a socket can be opened any more.
        (resource.RLIMIT_NOFILE, _STANDARD_STREAMS),
    ):
        resource.setrlimit(limit, (value, value))


def _become_nobody() -> None:
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except PermissionError:
        # A root without the right to change users, as in some containers, has no more rights than a user has.
        return


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        system = ctypes.CDLL(None, use_errno=True)
        for option, value in ((_SET_DEATH_SIGNAL, signal.SIGKILL), (_SET_NO_NEW_PRIVILEGES, 1)):
            if system.prctl(option, value, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        # The worker ended before it could be watched.
        os._exit(1)


def _answer(order: Order, content: bytes) -> Answer:
    try:
        return Success(prepare(content, order.role, name=order.name))
    except InvalidValueError as refusal:
        return Refusal(refusal.code, refusal.message, refusal.field)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the worker raises it, with this traceback
        return Fault(traceback.format_exc()[-_MESSAGE_BYTES:])
