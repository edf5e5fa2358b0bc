"""Check a password against Django's encoded hashes, without Django.

Formats (django.contrib.auth.hashers, Django 5.2): ``argon2$argon2id$v=19$m=...,t=...,p=...$salt$hash`` and
``pbkdf2_sha256$iterations$salt$hash``.
"""

import asyncio
import base64
import hashlib
import hmac

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["PasswordChecker"]

# Django's own cost, so that a missing member takes as long as a present one.
_hasher = PasswordHasher(time_cost=2, memory_cost=102_400, parallelism=8)
CONCURRENT_CHECKS = 2
"""Each argon2 check takes 100 MiB of memory and a core; more at once would starve the chats."""


class PasswordChecker:
    """Checks passwords in threads, a few at a time, in about the same time whether the member exists or not."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(CONCURRENT_CHECKS)
        self._nobody = f"argon2{_hasher.hash('the password of nobody')}"

    async def matches(self, password: str, encoded: str | None) -> bool:
        """Say whether the password belongs to the hash; None stands for a member that is not there."""
        async with self._slots:
            matched = await asyncio.to_thread(_verify, password, encoded or self._nobody)
        return matched and encoded is not None


def _verify(password: str, encoded: str) -> bool:
    algorithm, _, rest = encoded.partition("$")
    if algorithm == "argon2":
        return _verify_argon2(password, f"${rest}")
    if algorithm == "pbkdf2_sha256":
        return _verify_pbkdf2(password, rest)
    return False


def _verify_argon2(password: str, encoded: str) -> bool:
    try:
        return _hasher.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False


def _verify_pbkdf2(password: str, encoded: str) -> bool:
    try:
        iterations, salt, expected = encoded.split("$")
        rounds = int(iterations)
    except ValueError:
        return False
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), rounds)
    return hmac.compare_digest(base64.b64encode(digest).decode("ascii"), expected)
