"""Where tenants under attack keep their conversations and files: a database of the attack's own, and both buckets."""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg

from controlplane.supervisor.postgres import Postgres
from controlplane.supervisor.seaweedfs import SeaweedFS
from runtime.object_store import ObjectStore, ObjectStoreConfig
from tests.runtime.chainlit_host.history.servers import statements_of_tables

DATABASE = "attacked"
PREVIEWS = """
CREATE TABLE registry_preview (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY, tenant_id uuid NOT NULL, member_id uuid NOT NULL,
    sign_in_id uuid NOT NULL, secret_hash varchar(64) NOT NULL UNIQUE, version integer NOT NULL DEFAULT 1,
    document text NOT NULL, ends_at timestamptz NOT NULL
)
"""


@dataclass
class Stores:
    """A database for all attacks, in which each has schemas of its own."""

    database_url: str
    object_store: dict[str, Any]
    public_store: dict[str, Any]
    tables: str = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def next_prefix(self) -> str:
        """Return what the names of the next attack's schemas begin with."""
        return f"attack{next(self._numbers)}_"

    def create_schemas(self, names: Sequence[str]) -> None:
        """Make schemas with the tables of conversations.

        A connection that nobody has told a schema finds the first one's tables: should a transaction of the runtime
        ever forget to say whose it is, it shows as a leak and not as an outage.
        """
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            for name in names:
                connection.execute(f'CREATE SCHEMA "{name}"')
                connection.execute(f'SET search_path TO "{name}"')
                connection.execute(self.tables)
            # In the place of the public schema's, for the same connections: what a runtime reads of the registry.
            connection.execute(f'SET search_path TO "{names[0]}"')
            connection.execute(PREVIEWS)
            connection.execute(f'ALTER DATABASE "{DATABASE}" SET search_path TO "{names[0]}"')

    async def publish_files(self, contents: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """Put a text of each tenant into the public bucket; takes ids and texts and returns paths, by slug."""
        store, paths = ObjectStore(ObjectStoreConfig(**self.public_store)), {}
        for slug, (tenant_id, text) in contents.items():
            content = text.encode()
            key = f"{tenant_id}/{hashlib.sha256(content).hexdigest()[:32]}.txt"
            await store.put(key, content, size=len(content), content_type="text/plain")
            paths[slug] = f"/_assets/{key}"
        await store.close()
        return paths


@contextmanager
def prepared_stores(postgres: Postgres, seaweedfs: SeaweedFS) -> Iterator[Stores]:
    """Make the database in a running server, and remove it in the end. Django's settings must name that server."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{DATABASE}"')
        try:
            yield Stores(
                replace(postgres, database=DATABASE).url,
                _bucket(seaweedfs, seaweedfs.private_bucket),
                _bucket(seaweedfs, seaweedfs.public_bucket),
                statements_of_tables(),
            )
        finally:
            connection.execute(f'DROP DATABASE "{DATABASE}" WITH (FORCE)')


def _bucket(seaweedfs: SeaweedFS, bucket: str) -> dict[str, Any]:
    return {
        "endpoint_url": seaweedfs.endpoint_url,
        "access_key_id": seaweedfs.access_key_id,
        "secret_access_key": seaweedfs.secret_access_key,
        "region": "us-east-1",
        "bucket": bucket,
    }
