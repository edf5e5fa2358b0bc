"""An app in Chainlit's place that tells for whom it was called: in the request, in a task and in a thread."""

import asyncio
import json

from runtime.request import current_request_id
from runtime.tenancy import current_handle, tenant


class ProbeHost:
    """Serves the probe; notes whose sockets it was asked to close."""

    def __init__(self, config, services):
        self.members = services.members
        self.usage = services.usage
        self.loaded_apps = ["assistant"]
        self.broken_apps = {}
        self.open_transports = 0
        self.unsaved_writes = self.lost_writes = 0
        self.closed = []
        self.closed_for_some = []
        self.on_request = None
        self.seen = []

    async def start(self):
        """Nothing to load."""

    async def stop(self):
        """Nothing to close."""

    async def close_tenant(self, tenant_id, *, keep_pages):
        """Note it."""
        self.closed.append(tenant_id)

    async def close_ended(self, tenant_id):
        """Note it."""
        self.closed_for_some.append(tenant_id)

    def describe(self, handle):
        """Tell the name."""
        return {"name": handle.state.branding.display_name}

    async def asgi(self, scope, receive, send):
        """Answer with what is bound; ``/slow`` takes half a second, ``/fail`` and ``/half`` break."""
        if scope["type"] == "websocket":
            await _serve_socket(receive, send)
            return
        if self.on_request is not None:
            self.seen.append(self.on_request())
        if scope["path"] == "/fail":
            raise RuntimeError("the app broke")
        if scope["path"] == "/slow":
            await asyncio.sleep(0.5)
        body = json.dumps(await _describe(scope)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["path"] == "/half":
            raise RuntimeError("the app broke in the middle")
        await send({"type": "http.response.body", "body": body})


async def _describe(scope):
    return {
        "slug": tenant.slug,
        "name": tenant.name,
        "revision": tenant.revision,
        "request_id": current_request_id(),
        "path": scope["path"],
        "scheme": scope["scheme"],
        "same_handle": scope["tenant"] is current_handle(),
        "in_task": await asyncio.create_task(_slug()),
        "in_thread": await asyncio.to_thread(lambda: tenant.slug),
    }


async def _slug():
    return tenant.slug


async def _serve_socket(receive, send):
    """Answer each text with the tenant's name as it is by then."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        if message["text"] == "fail":
            raise RuntimeError("the app broke")
        await send({"type": "websocket.send", "text": tenant.name})
