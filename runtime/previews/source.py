"""Where the drafts of previews come from: a table of the registry, as the states of tenants do."""

from typing import LiteralString, NamedTuple, Protocol

from psycopg.rows import args_row

from runtime.database import DatabasePool, answering_within
from runtime.state.postgres import ANSWER_SECONDS, unavailable_on_error

__all__ = ["PostgresPreviews", "PreviewSource", "StoredPreview"]

DRAFT: LiteralString = """
    SELECT member_id::text, sign_in_id::text, version, extract(epoch FROM ends_at - now())::float,
           CASE WHEN version = %s THEN NULL ELSE document END
    FROM registry_preview WHERE tenant_id = %s AND secret_hash = %s AND ends_at > now()
"""


class StoredPreview(NamedTuple):
    """A preview as it is now; ``document`` is None where the asker has that version already."""

    member: str
    sign_in: str
    version: int
    lasts_seconds: float
    document: str | None


class PreviewSource(Protocol):
    """Reads drafts. Raises ``SourceUnavailableError`` when the store does not answer."""

    async def fetch(self, tenant_id: str, digest: str, known_version: int) -> StoredPreview | None:
        """Return a tenant's preview by the digest of its secret, or None where there is none (any more)."""


class PostgresPreviews:
    """Reads through the shared pool. Nothing is kept: a preview is looked at by one person."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool

    async def fetch(self, tenant_id: str, digest: str, known_version: int) -> StoredPreview | None:
        """See ``PreviewSource``."""
        with unavailable_on_error():
            async with self._pool.connection() as connection, answering_within(connection, ANSWER_SECONDS):
                cursor = connection.cursor(row_factory=args_row(StoredPreview))
                await cursor.execute(DRAFT, (known_version, tenant_id, digest))
                return await cursor.fetchone()
