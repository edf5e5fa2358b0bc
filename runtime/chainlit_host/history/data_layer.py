"""Seam: ``chainlit.data.get_data_layer``. Never chosen by the process environment, never shared by two tenants.

A preview has none. An app's own ``@cl.data_layer`` comes first; else the tenant's schema keeps the conversations, where
the tenant wants that; else nothing does. It is asked on each request and event, so switching it is seen by the next
one.
"""

import asyncio
from collections.abc import Mapping

import chainlit.data
import structlog
from chainlit.config import config
from chainlit.data.base import BaseDataLayer

from runtime.chainlit_host.history.conversations import Conversations
from runtime.chainlit_host.rebinding import rebind
from runtime.tenancy import TenantHandle, current_handle

__all__ = ["DataLayers"]

log = structlog.get_logger(__name__)


class DataLayers:
    """Finds the tenant's data layer. Those that apps declare are made once a tenant."""

    def __init__(self, conversations: Conversations | None) -> None:
        self._conversations = conversations
        self._layers: dict[str, tuple[Mapping[str, str], BaseDataLayer | None]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def install(self) -> None:
        """Make Chainlit ask here."""
        rebind(chainlit.data.get_data_layer, self.get)

    def get(self) -> BaseDataLayer | None:
        """Return the tenant's layer: made by its app's own factory, or the one of its schema, or None."""
        handle = current_handle()
        if handle is None or handle.is_preview:
            return None
        if config.code.data_layer is None:
            return self._conversations.layer_of(handle) if self._conversations is not None else None
        known = self._layers.get(handle.state.id)
        if known is not None and known[0] == handle.environment:
            return known[1]
        layer: BaseDataLayer | None = config.code.data_layer()
        self._layers[handle.state.id] = handle.environment, layer
        if known is not None:
            self._close_soon(handle, known[1])
        return layer

    async def forget(self, tenant_id: str) -> None:
        """Close a tenant's layer; the next question makes a new one."""
        if known := self._layers.pop(tenant_id, None):
            await _close(known[1])

    async def close(self) -> None:
        """Close every layer; one that fails is logged."""
        layers, self._layers = self._layers, {}
        for _, layer in layers.values():
            await _close(layer)

    def _close_soon(self, handle: TenantHandle, layer: BaseDataLayer | None) -> None:
        log.info("data_layer_replaced", tenant=handle.state.slug)
        task = asyncio.get_running_loop().create_task(_close(layer))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _close(layer: BaseDataLayer | None) -> None:
    if layer is None:
        return
    try:
        await layer.close()
    # An app's layer may fail in any way; the others must still be closed.
    except Exception:
        log.exception("data_layer_close_failed")
