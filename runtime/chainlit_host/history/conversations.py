"""Conversations of all tenants: what their data layers share, its beginning and its end."""

from runtime.chainlit_host.addresses import PublicAddresses
from runtime.chainlit_host.history.database import HistoryDatabase
from runtime.chainlit_host.history.files import ConversationFiles
from runtime.chainlit_host.history.layer import TenantDataLayer
from runtime.chainlit_host.history.outbox import Outbox
from runtime.database import DatabasePool
from runtime.object_store import ObjectStore
from runtime.tenancy import TenantHandle

__all__ = ["Conversations"]

CLOSE_SECONDS = 4.0


class Conversations:
    """The data layers of tenants that keep their conversations."""

    def __init__(
        self, pool: DatabasePool, objects: ObjectStore | None, *, master_secret: str, addresses: PublicAddresses
    ) -> None:
        self._database = HistoryDatabase(pool)
        self.outbox = Outbox()
        self.files = ConversationFiles(objects, master_secret, addresses) if objects is not None else None

    def layer_of(self, handle: TenantHandle) -> TenantDataLayer | None:
        """Return a tenant's layer, or None where it keeps no conversations. It changes with the next revision."""
        return handle.compiled("data_layer", lambda _: self._make_layer(handle))

    async def close(self) -> None:
        """Let what waits be stored for a moment."""
        await self.outbox.close(CLOSE_SECONDS)

    def _make_layer(self, handle: TenantHandle) -> TenantDataLayer | None:
        if not handle.state.history.enabled:
            return None
        files = self.files.of(handle) if self.files is not None else None
        return TenantDataLayer(handle, self._database, self.outbox, files)
