"""How use is counted: what the runtime writes down and the control plane reads, in the same measures.

Use is counted by the day, in UTC. The time of an answer is kept as a number of answers in each of ``ANSWER_BOUNDS``,
so that days, tenants and processes can be added up, and quantiles read from the sum.
"""

from bisect import bisect_left
from collections.abc import Sequence
from hashlib import blake2b

__all__ = [
    "ANSWER_BOUNDS", "LONGEST_MODEL_NAME", "PERSON_BYTES", "answer_bucket", "answer_quantile", "person_digest",
]  # fmt: skip

ANSWER_BOUNDS: tuple[float, ...] = tuple(round(0.05 * 2 ** (step / 2), 3) for step in range(26))
"""The upper ends of the buckets in seconds, each √2 times the one before: 50 ms to about five minutes.

One more bucket holds what took longer. They are stored: a change of them needs the old rows converted.
"""

LONGEST_MODEL_NAME = 100
PERSON_BYTES = 16


def answer_bucket(seconds: float) -> int:
    """Return the place of a duration among the ``len(ANSWER_BOUNDS) + 1`` buckets."""
    return bisect_left(ANSWER_BOUNDS, seconds)


def answer_quantile(counts: Sequence[int], share: float) -> float | None:
    """Return the seconds within which that share (0 to 1) of the answers was there; None where there was no answer.

    Within a bucket the answers are taken as spread evenly, so the error is at most the bucket's width (41 %). What
    took longer than the last bound is told as the last bound.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, seen = share * total, 0
    for place, count in enumerate(counts[: len(ANSWER_BOUNDS)]):
        if count and seen + count >= wanted:
            lower = ANSWER_BOUNDS[place - 1] if place else 0.0
            return lower + (ANSWER_BOUNDS[place] - lower) * max(0.0, wanted - seen) / count
        seen += count
    return ANSWER_BOUNDS[-1]


def person_digest(key: bytes, tenant_id: str, person: str) -> bytes:
    """Return ``PERSON_BYTES`` bytes that stand for a person of a tenant: the same always, and no way back to who it is.

    ``key`` is secret, of at most 64 bytes: without it nobody can try names out. The same person has another digest at
    each tenant.
    """
    # Keyed BLAKE2b (RFC 7693) takes half of the time that HMAC with SHA-256 takes.
    message = f"{tenant_id}\0{person}".encode(errors="replace")
    return blake2b(message, key=key, digest_size=PERSON_BYTES).digest()
