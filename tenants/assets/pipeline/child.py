"""Looking into a file in a process of its own, so that no file can take the worker's memory, time or rights."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import BinaryIO, cast

import structlog

import tenants
from tenants.assets.pipeline.exchange import (
    Answer,
    Fault,
    Limits,
    Order,
    Refusal,
    Success,
    decode_answer,
    read_frame,
    write_frame,
)  # fmt: skip
from tenants.assets.pipeline.prepared import PreparedAsset
from tenants.assets.pipeline.preparing import processing_limit
from tenants.contract.errors import InvalidValueError
from tenants.contract.state import AssetRole

__all__ = ["LIMITS", "ProcessingFaultError", "prepare_in_child"]

log = structlog.get_logger(__name__)

LIMITS = Limits(address_space=1024**3, processor_seconds=30, seconds=100)
"""The largest pictures that are taken need three quarters of the memory and a third of the processor time;
the clock is for a process that waits, and leaves room for a busy machine."""

_START = "import sys; sys.path[:] = sys.argv[1:]; from tenants.assets.pipeline.confinement import main; main()"
_CHECKOUT = Path(tenants.__file__).parent.parent


class ProcessingFaultError(Exception):
    """A fault of ours, not of the file; trying again may help, and its text is for the log alone."""


def prepare_in_child(content: bytes, role: AssetRole, *, name: str = "", limits: Limits = LIMITS) -> PreparedAsset:
    """Do what ``prepare`` does, in a confined process that ends with the call (confinement.py).

    Raises ``InvalidValueError`` as ``prepare`` does, with ``processing_limit`` also where the process was ended by a
    limit, and with ``processing_crashed`` where the file brought it down; ``ProcessingFaultError`` for faults of ours.
    """
    paths = [str(_CHECKOUT), *(entry for entry in sys.path if entry)]
    process = subprocess.Popen(
        # Isolated and without site: nothing of the surroundings is read, and it starts in half the time.
        [sys.executable, "-I", "-S", "-c", _START, *paths],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", env={}, start_new_session=True,
    )  # fmt: skip
    clock = Timer(limits.seconds, _end, [process])
    clock.start()
    try:
        answer = _ask(process, Order(role, name, os.getpid(), limits), content)
        status = process.wait()
    finally:
        clock.cancel()
        clock.join()
        _end(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            # What it never read goes with it.
            with suppress(BrokenPipeError):
                pipe.close()  # type: ignore[union-attr]  # both were asked for
    return _asset(answer, status, role)


def _end(process: "subprocess.Popen[bytes]") -> None:
    # Only as long as it was not waited for is the number this process's.
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _ask(process: "subprocess.Popen[bytes]", order: Order, content: bytes) -> Answer | None:
    """Return the answer, or None when the process ended without one or did not speak as it should."""
    orders, answers = cast("tuple[BinaryIO, BinaryIO]", (process.stdin, process.stdout))
    try:
        write_frame(orders, order)
        write_frame(orders, content)
        orders.close()
    except BrokenPipeError:
        # It ended while it was spoken to; how it ended says why.
        return None
    message = read_frame(answers)
    try:
        return None if message is None else decode_answer(message)
    except ValueError:
        log.exception("the process that looks into files gave an answer that it never gives")
        return None


def _asset(answer: Answer | None, status: int, role: AssetRole) -> PreparedAsset:
    match answer:
        case Refusal(code, message, field):
            raise InvalidValueError(code, message, field=field)
        case Fault(trace):
            raise ProcessingFaultError(trace)
        case None if -status in {signal.SIGKILL, signal.SIGXCPU}:
            raise processing_limit("time or memory")
        case None if status > 0:
            raise ProcessingFaultError(f"the process that looks into files ended with status {status}")
        case None:
            log.error("a file brought down the process that looked into it", role=role, status=status)
            raise InvalidValueError(
                "processing_crashed", "The file cannot be processed; please export it again.", field="content"
            )
        case Success(asset):
            return asset
