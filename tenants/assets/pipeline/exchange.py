"""What the worker and the process that looks into a file say to each other: a length, then MessagePack.

The worker does not trust what comes back: an answer has a largest length, exact types and known kinds of file.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from tenants.assets.pipeline.formats import FileFormat
from tenants.assets.pipeline.prepared import PreparedAsset
from tenants.contract.state import AssetRole

__all__ = ["Answer", "Fault", "Limits", "Order", "Refusal", "Success", "decode_answer", "encode_answer", "read_frame",
           "read_order", "write_frame"]  # fmt: skip

MAXIMUM_FRAME_BYTES = 96 * 1024**2

_LENGTH = struct.Struct(">I")
_SERVED = {kind.served_type: kind.extension for kind in FileFormat}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take: bytes of address space, seconds of processor time, seconds by the clock."""

    address_space: int
    processor_seconds: int
    seconds: float


class Order(msgspec.Struct, frozen=True):
    """What to do; said before the content, so that everything needed is loaded before the content is there."""

    role: AssetRole
    name: str
    parent: int
    limits: Limits


class Success(msgspec.Struct, frozen=True, tag=True):
    """The file was prepared."""

    asset: PreparedAsset


class Refusal(msgspec.Struct, frozen=True, tag=True):
    """The file was refused: an ``InvalidValueError``."""

    code: str
    message: str
    field: str


class Fault(msgspec.Struct, frozen=True, tag=True):
    """A fault of ours, with its traceback."""

    trace: str


Answer = Success | Refusal | Fault

_encoder = msgspec.msgpack.Encoder()
_orders = msgspec.msgpack.Decoder(Order)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def write_frame(stream: BinaryIO, message: bytes | Order) -> None:
    """Write one message with its length before it."""
    body = message if isinstance(message, bytes) else _encoder.encode(message)
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def read_frame(stream: BinaryIO) -> bytes | None:
    """Return one message, or None when it does not come whole or is larger than any is."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length = _LENGTH.unpack(head)[0]
    if length > MAXIMUM_FRAME_BYTES:
        return None
    body = stream.read(length)
    return body if len(body) == length else None


def read_order(stream: BinaryIO) -> Order | None:
    """Return the order that begins an exchange, or None when the worker is gone before it was said."""
    message = read_frame(stream)
    return None if message is None else _orders.decode(message)


def encode_answer(answer: Answer) -> bytes:
    """Return the message of an answer."""
    return _encoder.encode(answer)


def decode_answer(message: bytes) -> Answer:
    """Return the answer of a message; raises ``ValueError`` for one that no honest process sends."""
    answer = _answers.decode(message)
    if isinstance(answer, Success):
        for file in (answer.asset.file, *answer.asset.renditions):
            if _SERVED.get(file.content_type) != file.extension:
                raise ValueError(f"no kind of file is {file.content_type!r} and ends in {file.extension!r}")
    return answer
