"""What the runtime's parts share of the process: made once, used for every tenant, never one a tenant."""

from dataclasses import dataclass

from runtime.database import DatabasePool
from runtime.members import MemberDirectory

__all__ = ["Services"]


@dataclass(frozen=True, kw_only=True)
class Services:
    """Handed to the apps' host when it is made. ``pool`` is None where there is no database."""

    members: MemberDirectory
    pool: DatabasePool | None = None
