"""Which content coding an answer is sent in (RFC 9110 section 12.5.3), and the codings themselves."""

import gzip
from functools import lru_cache

import brotli

__all__ = ["BROTLI", "GZIP", "IDENTITY", "accepted_encodings", "compress"]

BROTLI, GZIP, IDENTITY = "br", "gzip", "identity"
OFFERED = (BROTLI, GZIP, IDENTITY)
"""What can be sent, the smallest first: the order in which equally welcome codings are chosen."""

UNLISTED_IDENTITY = 0.0005
"""Below the lowest weight that can be written: what is not excluded may be sent, after all that was asked for."""


@lru_cache(maxsize=512)
def accepted_encodings(header: bytes) -> tuple[str, ...]:
    """Return the codings of ``OFFERED`` that an Accept-Encoding header takes, the best first; at least identity.

    A header that is absent or empty takes identity alone. Members that cannot be understood are left out.
    """
    weights = _weights(header.decode("latin-1").lower())
    anything_else = weights.get("*", 0.0)
    wanted = {coding: weights.get(coding, anything_else) for coding in (BROTLI, GZIP)}
    wanted[IDENTITY] = weights.get(IDENTITY, UNLISTED_IDENTITY if "*" not in weights else anything_else)
    # sorted() is stable, so equals stay in the order of OFFERED.
    accepted = sorted((coding for coding in OFFERED if wanted[coding] > 0), key=lambda coding: -wanted[coding])
    # A client that refuses even identity is better served by something it may not want than by nothing.
    return tuple(accepted) or (IDENTITY,)


def compress(body: bytes, coding: str, *, quality: int) -> bytes:
    """Return ``body`` in brotli or gzip. ``quality`` is brotli's, 0 to 11; equal bodies give equal bytes."""
    if coding == BROTLI:
        compressed: bytes = brotli.compress(body, quality=quality)
        return compressed
    return gzip.compress(body, compresslevel=6, mtime=0)


def _weights(header: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for member in header.split(","):
        coding, *parameters = (part.strip() for part in member.split(";"))
        weight = _weight(parameters)
        if coding and weight is not None:
            weights[GZIP if coding == "x-gzip" else coding] = weight
    return weights


def _weight(parameters: list[str]) -> float | None:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                return None
            return weight if 0 <= weight <= 1 else None
    return 1.0
