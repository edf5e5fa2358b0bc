"""What settings the loaded apps have, told to the control plane, which renders them and runs no app's code."""

import asyncio
import hashlib
from collections.abc import Callable, Collection
from typing import LiteralString

import msgspec
import psycopg
import structlog
from psycopg_pool import PoolTimeout

from runtime.database import DatabasePool, answering_within
from runtime.own_settings import declared_settings

__all__ = ["AppSchemas"]

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 10.0
PAUSE_SECONDS = 5.0

_STORE: LiteralString = """
INSERT INTO registry_appschema AS known (app, schema, digest, seen_at)
SELECT app, schema, digest, now()
FROM jsonb_to_recordset(%s::jsonb) AS seen (app text, schema jsonb, digest text)
ORDER BY app
ON CONFLICT (app) DO UPDATE SET schema = excluded.schema, digest = excluded.digest, seen_at = excluded.seen_at"""

_FORGET: LiteralString = "DELETE FROM registry_appschema WHERE app = ANY(%s)"


class AppSchemas:
    """Stores the JSON Schemas of the apps that this process serves; ``run`` is one task of the process."""

    def __init__(self, pool: DatabasePool, loaded_apps: Callable[[], Collection[str]]) -> None:
        self._pool = pool
        self._loaded_apps = loaded_apps
        self._changed = asyncio.Event()

    def tell(self) -> None:
        """Tell once more, since an app was loaded anew."""
        self._changed.set()

    async def run(self) -> None:
        """Tell at once and whenever something has changed, until it was heard; until cancelled."""
        while True:
            self._changed.clear()
            if await self._store():
                await self._changed.wait()
            else:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _store(self) -> bool:
        loaded = self._loaded_apps()
        schemas = [_row(app) for app in loaded if app in declared_settings]
        without = [app for app in loaded if app not in declared_settings]
        try:
            async with (
                self._pool.connection() as connection,
                answering_within(connection, ANSWER_SECONDS),
                connection.transaction(),
            ):
                await connection.execute(_STORE, (msgspec.json.encode(schemas).decode(),))
                await connection.execute(_FORGET, (without,))
        except psycopg.DataError as error:
            # What the database cannot hold it will not hold later either.
            log.error("app_schemas_refused", error=str(error).splitlines()[0])
        except (psycopg.Error, PoolTimeout, OSError) as error:
            log.warning("app_schemas_not_stored", error=type(error).__name__)
            return False
        return True


def _row(app: str) -> dict[str, object]:
    schema = declared_settings[app].schema
    digest = hashlib.sha256(msgspec.json.encode(schema, order="sorted")).hexdigest()
    return {"app": app, "schema": schema, "digest": digest}
