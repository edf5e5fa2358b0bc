"""The registry's rows as the runtime finds them, written without the control plane."""

import uuid
from dataclasses import dataclass, field

import msgspec
import psycopg

from tenants.contract.state import (
    STATE_CHANNEL,
    Branding,
    TenantState,
    TenantStatus,
    decode_state,
    encode_state,
    state_checksum,
)


def make_state(slug="acme", **changes):
    """Return a state of a tenant that is reached at ``<slug>.localhost``."""
    fields = {
        "id": str(uuid.uuid4()),
        "slug": slug,
        "name": slug.capitalize(),
        "schema": slug.replace("-", "_"),
        "status": TenantStatus.ACTIVE,
        "app": "assistant",
        "hosts": (f"{slug}.localhost",),
        "branding": Branding(display_name=slug.capitalize()),
    }
    return TenantState(**{**fields, **changes})


@dataclass
class Registry:
    """Writes what it is told, in one transaction each, and removes it all at the end."""

    database_url: str
    _made: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.connection = psycopg.connect(self.database_url, autocommit=True)

    def add(self, slug, **changes):
        """Make a tenant with a domain for each of its hosts and a first publication; return its state."""
        state = make_state(f"{slug}-{uuid.uuid4().hex[:8]}", **changes)
        with self.connection.transaction():
            self.connection.execute(
                "INSERT INTO registry_tenant (id, name, slug, schema_name, status, app, plan, created_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, '', now())",
                (state.id, state.name, state.slug, state.schema, state.status, state.app),
            )
            self._made.append(state.id)
            for host in state.hosts:
                self.add_domain(state, host)
            self.publish(state)
        return state

    def add_domain(self, state, host, *, verified=True):
        self.connection.execute(
            "INSERT INTO registry_domain (domain, tenant_id, is_primary, verified) VALUES (%s, %s, %s, %s)",
            (host, state.id, host == state.hosts[0], verified),
        )

    def publish(self, state, *, notify=True, document=None, **changes):
        """Publish ``state`` with changes as the next revision; return the new state."""
        state = msgspec.structs.replace(state, **changes)
        encoded = encode_state(state) if document is None else document.encode()
        with self.connection.transaction():
            revision = 1 + self.revision_of(state)
            row = self.connection.execute(
                "INSERT INTO registry_publication (tenant_id, revision, document, checksum, actor, note, created_at)"
                " VALUES (%s, %s, %s, %s, 'tests', '', now()) RETURNING id",
                (state.id, revision, encoded.decode(), state_checksum(encoded)),
            ).fetchone()
            self.connection.execute(
                "UPDATE registry_tenant SET live_publication_id = %s WHERE id = %s", (row[0], state.id)
            )
            if notify:
                self.notify(f"{state.id}:{revision}")
        return state

    def rename(self, state, display_name, **options):
        """Publish another display name; return the new state."""
        return self.publish(state, branding=Branding(display_name=display_name), **options)

    def move_domain(self, host, source, destination):
        """Give a tenant's domain to another one, as the control plane does: both are published with it."""
        with self.connection.transaction():
            self.connection.execute(
                "UPDATE registry_domain SET tenant_id = %s, is_primary = false WHERE domain = %s",
                (destination.id, host),
            )
            self.publish(source, hosts=tuple(name for name in source.hosts if name != host))
            self.publish(destination, hosts=(*destination.hosts, host))

    def notify(self, payload):
        self.connection.execute("SELECT pg_notify(%s, %s)", (STATE_CHANNEL, payload))

    def revision_of(self, state):
        row = self.connection.execute(
            "SELECT coalesce(max(revision), 0) FROM registry_publication WHERE tenant_id = %s", (state.id,)
        ).fetchone()
        return row[0]

    def remove(self, state):
        """Delete a tenant, and say so on the channel."""
        revision = self.revision_of(state)
        with self.connection.transaction():
            self._delete(state.id)
            self.notify(f"{state.id}:{revision}")

    def close(self):
        if self.connection.broken:
            self.connection = psycopg.connect(self.database_url, autocommit=True)
        for tenant_id in self._made:
            self._delete(tenant_id)
        self.connection.close()

    def _delete(self, tenant_id):
        for statement in (
            "DELETE FROM usage_tenantday WHERE tenant_id = %s",
            "DELETE FROM usage_modeltokens WHERE tenant_id = %s",
            "DELETE FROM usage_knownperson WHERE tenant_id = %s",
            "UPDATE registry_tenant SET live_publication_id = NULL WHERE id = %s",
            "DELETE FROM registry_publication WHERE tenant_id = %s",
            "DELETE FROM registry_domain WHERE tenant_id = %s",
            "DELETE FROM registry_tenant WHERE id = %s",
        ):
            self.connection.execute(statement, (tenant_id,))


def document_of(state):
    """Return the state after a trip through its JSON."""
    return decode_state(encode_state(state))
