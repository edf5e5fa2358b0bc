"""What the runtime's parts share of the process: made once, used for every tenant, never one a tenant."""

from collections.abc import Callable
from dataclasses import dataclass, field

from redis.asyncio import ConnectionPool

from runtime.database import DatabasePool
from runtime.members import Members
from runtime.object_store import ObjectStore
from runtime.published.files import PublishedFiles
from runtime.usage import UsageCounter

__all__ = ["Services"]


@dataclass(frozen=True, kw_only=True)
class Services:
    """Handed to the apps' host when it is made. ``pool`` is None where there is no database.

    ``hears_changes`` says whether a tenant's open page, by tenant id and the name of its browser, is told of changes.

    ``objects`` is None where no store is named; conversations are then kept without their files.
    """

    members: Members
    pool: DatabasePool | None = None
    hears_changes: Callable[[str, str], bool] = lambda tenant_id, browser: False
    objects: ObjectStore | None = None
    redis: ConnectionPool | None = None
    """The pool behind ``tenant.redis``; None where no Redis is set."""
    usage: UsageCounter | None = None
    """Counts what tenants are used; None where there is no database to keep it."""
    published: PublishedFiles = field(default_factory=lambda: PublishedFiles(None))
    """Tenants' published files; without a store there are none at this runtime."""
