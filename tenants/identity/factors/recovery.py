"""Recovery codes: ten that somebody keeps on paper, for when the device is lost. Each works once.

A code has 80 random bits, so its hash needs neither salt nor slowness: nobody can go through so many. The hash is bound
to its owner all the same, so that a row copied to somebody else is worth nothing.
"""

import secrets
from hashlib import sha256

__all__ = ["CODES", "create_codes", "hash_code", "normalise_code", "write_codes"]

CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz023456789"
"""32 signs: without i, l and 1, which look alike, and without o, which is read as 0."""
SIGNS, GROUP = 16, 4
_READ_AS = str.maketrans("o", "0")


def create_codes() -> list[str]:
    """Return new codes as they are shown: four groups of four signs."""
    return [_grouped("".join(secrets.choice(ALPHABET) for _ in range(SIGNS))) for _ in range(CODES)]


def normalise_code(text: str) -> str:
    """Return what somebody typed as the code it may be, or nothing where it can be none: in any case, with any gaps."""
    signs = "".join(sign for sign in text.lower().translate(_READ_AS) if sign not in "- \t")
    return _grouped(signs) if len(signs) == SIGNS and set(signs) <= set(ALPHABET) else ""


def hash_code(code: str, *, owner: str) -> str:
    """Return what is kept of a code in its normal form; ``owner`` names whose it is, and where (64 hex digits)."""
    return sha256(f"recovery code\x00{owner}\x00{code}".encode()).hexdigest()


def write_codes(codes: list[str], *, place: str, account: str) -> str:
    """Return the codes as a text to keep."""
    lines = [f"Recovery codes for {account} at {place}", "", *codes, "", "Each works once, in the place of a code."]
    return "\n".join([*lines, ""])


def _grouped(signs: str) -> str:
    return "-".join(signs[place : place + GROUP] for place in range(0, SIGNS, GROUP))
