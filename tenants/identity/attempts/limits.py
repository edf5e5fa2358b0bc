"""How many attempts are free, and how long each one beyond them must wait."""

from dataclasses import dataclass

__all__ = [
    "ACCOUNT", "ADDRESS", "MAIL_TO_ACCOUNT", "MAIL_TO_ADDRESS", "PROXY", "SECOND_FACTOR", "SIGN_UP_OF_ACCOUNT",
    "SIGN_UP_OF_ADDRESS", "Limit", "delay",
]  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """``free`` attempts within ``window`` seconds; from then on each must wait, twice as long as the one before.

    The first wait has ``first_delay`` seconds, none has more than ``longest_delay``, which is at most the window.
    """

    name: str
    free: int
    window: float
    first_delay: float
    longest_delay: float


ACCOUNT = Limit("account", free=5, window=3600, first_delay=30, longest_delay=900)
"""Passwords tried for one e-mail address of a tenant, whether or not it is a member's."""
ADDRESS = Limit("address", free=30, window=3600, first_delay=30, longest_delay=900)
"""Passwords tried from one network address at a tenant: many people may share one."""
MAIL_TO_ACCOUNT = Limit("mail-account", free=3, window=3600, first_delay=600, longest_delay=3600)
"""Mails about a forgotten password to one address."""
MAIL_TO_ADDRESS = Limit("mail-address", free=20, window=3600, first_delay=60, longest_delay=900)
"""Mails about forgotten passwords asked for from one network address."""
PROXY = Limit("proxy", free=10, window=3600, first_delay=30, longest_delay=900)
"""Wrong secrets of proxies that came from one network address."""
SECOND_FACTOR = Limit("second-factor", free=5, window=3600, first_delay=30, longest_delay=900)
"""Codes tried for one member, of the authenticator app and for recovery alike."""
SIGN_UP_OF_ACCOUNT = Limit("sign-up-account", free=3, window=3600, first_delay=600, longest_delay=3600)
"""Mails to one address about becoming a member."""
SIGN_UP_OF_ADDRESS = Limit("sign-up-address", free=20, window=3600, first_delay=60, longest_delay=900)
"""Mails about becoming a member asked for from one network address."""


def delay(limit: Limit, attempts: int) -> float:
    """Return how many seconds after the last of ``attempts`` the next one is free."""
    if attempts < limit.free:
        return 0.0
    # The exponent is bounded, since the count comes from outside.
    grown: float = limit.first_delay * 2 ** min(attempts - limit.free, 30)
    return min(grown, limit.longest_delay)
