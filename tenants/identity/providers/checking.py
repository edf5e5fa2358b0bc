"""What a look at a provider's set-up finds without anybody signing in, whatever its kind."""

from dataclasses import dataclass

__all__ = ["Check"]


@dataclass(frozen=True)
class Check:
    """One thing that must be so; ``detail`` says what was found, or what is wrong."""

    title: str
    holds: bool
    detail: str
