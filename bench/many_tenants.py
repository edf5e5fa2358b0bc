"""Thousands of tenants at once: rows as the services write them, without a schema each, which no measure here opens."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec
import psycopg

from bench.ground import Ground, host_of
from tenants.contract.state import TenantState, decode_state, encode_state, state_checksum

__all__ = ["make_states", "many_tenants"]

_PREFIX = "many-"


@dataclass(frozen=True, slots=True)
class _Rows:
    connection: psycopg.Connection

    def write(self, states: Sequence[TenantState]) -> None:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            columns = "(id, name, slug, schema_name, status, app, plan, created_at)"
            with cursor.copy(f"COPY registry_tenant {columns} FROM STDIN") as copy:
                for state in states:
                    copy.write_row(
                        (state.id, state.name, state.slug, state.schema, state.status.value, state.app, "", "now")
                    )
            with cursor.copy("COPY registry_domain (domain, tenant_id, is_primary, verified) FROM STDIN") as copy:
                for state in states:
                    copy.write_row((state.hosts[0], state.id, True, True))
            columns = "(tenant_id, revision, document, checksum, actor, note, created_at)"
            with cursor.copy(f"COPY registry_publication {columns} FROM STDIN") as copy:
                for state in states:
                    document = encode_state(state)
                    copy.write_row((state.id, 1, document.decode(), state_checksum(document), "bench", "", "now"))
            cursor.execute(
                "UPDATE registry_tenant tenant SET live_publication_id = publication.id"
                " FROM registry_publication publication"
                " WHERE publication.tenant_id = tenant.id AND tenant.live_publication_id IS NULL"
            )
        self.connection.execute("ANALYZE registry_tenant, registry_domain, registry_publication")

    def remove(self) -> None:
        chosen = f"SELECT id FROM registry_tenant WHERE slug LIKE '{_PREFIX}%'"  # noqa: S608 - a constant of this module
        with self.connection.transaction():
            self.connection.execute(
                f"UPDATE registry_tenant SET live_publication_id = NULL WHERE slug LIKE '{_PREFIX}%'"  # noqa: S608 - as above
            )
            for table in ("registry_publication", "registry_domain"):
                self.connection.execute(f"DELETE FROM {table} WHERE tenant_id IN ({chosen})")  # noqa: S608 - as above
            self.connection.execute(f"DELETE FROM registry_tenant WHERE slug LIKE '{_PREFIX}%'")  # noqa: S608 - as above


def make_states(ground: Ground, app: str, count: int) -> list[TenantState]:
    """Return ``count`` states, each made from the document that the services published for a real tenant."""
    from tenants.registry.models import Tenant

    real = Tenant.objects.select_related("live_publication").get(pk=ground.tenants(app, 1)[0].pk)
    assert real.live_publication is not None
    model = decode_state(msgspec.json.encode(real.live_publication.document))
    states = []
    for number in range(count):
        slug, name = f"{_PREFIX}{number}", f"Customer {number} of many"
        states.append(
            msgspec.structs.replace(
                model, id=str(uuid.uuid4()), slug=slug, name=name, schema=f"t_many_{number}", hosts=(host_of(slug),),
                branding=msgspec.structs.replace(model.branding, display_name=name),
            )
        )  # fmt: skip
    return states


@contextmanager
def many_tenants(ground: Ground, app: str, count: int) -> Iterator[list[TenantState]]:
    """Let there be ``count`` more tenants of an app until the block ends."""
    states = make_states(ground, app, count)
    with psycopg.connect(ground.postgres.url, autocommit=True) as connection:
        rows = _Rows(connection)
        rows.write(states)
        try:
            yield states
        finally:
            rows.remove()
