"""Files with some bytes changed, for tests that try many of them."""

import random

__all__ = ["spoiled"]


def spoiled(content: bytes, seed: int, times: int, *, kept: int = 4) -> bytes:
    """Return the content with bytes changed, cut out and doubled; the first ``kept``, which tell its kind, stay."""
    chance = random.Random(seed)  # noqa: S311 - spreading, not secrecy
    result = bytearray(content)
    for _ in range(times):
        at = chance.randrange(kept, max(len(result), kept + 1))
        match chance.randrange(6):
            case 0:
                del result[at : at + chance.randrange(1, 8)]
            case 1:
                result[at:at] = result[at : at + chance.randrange(1, 8)]
            case _:
                result[at : at + 1] = bytes([chance.randrange(256)])
    return bytes(result)
