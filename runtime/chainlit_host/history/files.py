"""Files of conversations: in the private bucket under the tenant's prefix, read through short-lived signed addresses.

The store stays on the inside: an address leads to this runtime, on the tenant's own host, which passes the bytes on.
So a browser asks no other site, the page's content security policy stays as narrow as it is, and an address is worth
nothing on another tenant's host, after its time, or after everyone was signed out.
"""

import hmac
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import IO, Any
from urllib.parse import quote, urlsplit

from chainlit.data.storage_clients.base import BaseStorageClient
from fastapi import HTTPException
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from runtime.chainlit_host.addresses import PublicAddresses
from runtime.object_store import ObjectStore, ObjectStoreError
from runtime.request import find_request
from runtime.tenancy import NoTenantError, TenantHandle, current_handle
from tenants.contract.hosts import InvalidHostError, normalise_host
from tenants.contract.state import TenantState
from tenants.contract.stored_files import STORED_FILES, file_key, file_signature, is_shown_by_browsers, signed_path

__all__ = ["FILE_PATH", "ConversationFiles", "TenantFiles"]

FILE_PATH = f"{STORED_FILES}{{object_path:path}}"
LIFETIME_SECONDS = 3600
PASSED_ON = ("content-length", "content-range", "accept-ranges", "etag", "last-modified")


class ConversationFiles:
    """Files of all tenants, and the route by which they are read."""

    def __init__(self, store: ObjectStore, master_secret: str, addresses: PublicAddresses) -> None:
        self._store = store
        self._master_secret = master_secret
        self._addresses = addresses

    def of(self, handle: TenantHandle) -> "TenantFiles":
        """Return a tenant's files."""
        return TenantFiles(self, handle)

    async def put(self, key: str, content: bytes | IO[bytes], *, size: int, mime: str) -> None:
        """Store a file; raises ``ObjectStoreError``."""
        await self._store.put(key, content, size=size, content_type=mime)

    async def delete(self, key: str) -> None:
        """Remove a file; raises ``ObjectStoreError``."""
        await self._store.delete(key)

    def address(self, handle: TenantHandle, key: str, *, mime: str, name: str) -> str:
        """Return where a file can be read for one to two hours; the same within an hour, so that browsers keep it."""
        path = key.removeprefix(f"{handle.state.id}/")
        until = (int(time.time()) // LIFETIME_SECONDS + 2) * LIFETIME_SECONDS
        return self._base(handle.state) + signed_path(self._key(handle), path, until=until, mime=mime, name=name)

    def _base(self, state: TenantState) -> str:
        """Return scheme and host: those that the page has which asks, for it may load from nowhere else."""
        canonical = urlsplit(self._addresses.of(state))
        request = find_request()
        authority = "" if request is None else request.headers.get("host", "")
        try:
            own = normalise_host(authority) in state.hosts
        except InvalidHostError:
            own = False
        return f"{canonical.scheme}://{authority if own else canonical.netloc}"

    async def answer(self, request: Request) -> Response:
        """Answer a signed address of the bound tenant, a byte range too; everything else is not there."""
        handle = current_handle()
        if handle is None:
            raise NoTenantError
        path, query = request.path_params["object_path"], request.query_params
        until, mime, name = query.get("until", ""), query.get("type", ""), query.get("name", "")
        if not (until.isascii() and until.isdigit() and time.time() < int(until)):
            raise HTTPException(404, "Not found")
        signature = file_signature(self._key(handle), path, int(until), mime, name)
        if not hmac.compare_digest(signature.encode(), query.get("signature", "").encode()):
            raise HTTPException(404, "Not found")
        return await self._stream(f"{handle.state.id}/{path}", request, mime=mime, name=name, until=int(until))

    async def _stream(self, key: str, request: Request, *, mime: str, name: str, until: int) -> Response:
        stack = AsyncExitStack()
        try:
            stored = await stack.enter_async_context(self._store.open(key, byte_range=request.headers.get("range", "")))
        except ObjectStoreError as error:
            raise HTTPException(503, error.message) from error
        if stored is None:
            await stack.aclose()
            raise HTTPException(404, "Not found")
        disposition = "inline" if is_shown_by_browsers(mime) else "attachment"
        headers = {header: stored.headers[header] for header in PASSED_ON if header in stored.headers}
        headers |= {
            "content-disposition": f"{disposition}; filename*=UTF-8''{quote(name, safe='')}",
            "cache-control": f"private, max-age={max(0, until - int(time.time()))}, immutable",
            "x-content-type-options": "nosniff",
        }
        if mime != "application/pdf":
            # Should a browser open it as a page after all: one without scripts, forms and an origin. A PDF has the
            # browser's own viewer around it, which would not start.
            headers["content-security-policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        body = _closing(stored.content, stack)
        close = BackgroundTask(stack.aclose)
        return StreamingResponse(body, stored.status, headers, media_type=mime, background=close)

    def _key(self, handle: TenantHandle) -> str:
        return handle.compiled("file_key", lambda state: file_key(self._master_secret, state))


class TenantFiles(BaseStorageClient):
    """One tenant's files, as Chainlit's data layers and apps use a storage client. Keys are the tenant's own."""

    def __init__(self, files: ConversationFiles, handle: TenantHandle) -> None:
        self._files = files
        self._handle = handle

    def key(self, thread_id: str, element_id: str) -> str:
        """Return the key of an element's content."""
        return f"{self._handle.state.id}/conversations/{thread_id}/{element_id}"

    async def put(self, key: str, content: bytes | IO[bytes], *, size: int, mime: str) -> None:
        """Store ``size`` bytes; raises ``ObjectStoreError``."""
        await self._files.put(key, content, size=size, mime=mime)

    async def remove(self, key: str) -> None:
        """Remove a file; raises ``ObjectStoreError``."""
        await self._files.delete(key)

    def address(self, key: str, *, mime: str = "", name: str = "") -> str:
        """Return where a browser can read a file for a while."""
        return self._files.address(self._handle, key, mime=mime, name=name)

    async def upload_file(
        self,
        object_key: str,
        data: bytes | str,
        mime: str = "application/octet-stream",
        overwrite: bool = True,
        content_disposition: str | None = None,
    ) -> dict[str, Any]:
        """Store a file under a key of the app's choice, below the tenant's prefix."""
        content = data.encode() if isinstance(data, str) else data
        await self.put(self._own(object_key), content, size=len(content), mime=mime)
        return {"object_key": object_key, "url": await self.get_read_url(object_key)}

    async def delete_file(self, object_key: str) -> bool:
        """Remove a file."""
        await self.remove(self._own(object_key))
        return True

    async def get_read_url(self, object_key: str) -> str:
        """Return where a browser can read a file for a while."""
        return self.address(self._own(object_key))

    async def close(self) -> None:
        """Nothing to do: the client is shared by all tenants."""

    def _own(self, key: str) -> str:
        prefix = f"{self._handle.state.id}/"
        if key.startswith(prefix):
            return key
        if key.startswith("/") or ".." in key.split("/"):
            raise ValueError("An object key is a plain path.")
        return f"{prefix}app/{key}"


async def _closing(content: AsyncIterator[bytes], stack: AsyncExitStack) -> AsyncIterator[bytes]:
    async with stack:
        async for chunk in content:
            yield chunk
