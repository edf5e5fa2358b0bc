"""The object store as the runtime uses it: files of conversations and published files, over signed HTTP.

Requests are signed in their query (AWS Signature Version 4, as presigned URLs are) and sent by httpx, so a body is
streamed either way and nothing waits in a thread. Any S3 takes them; addresses are path-style.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import quote

import anyio.to_thread
import httpx
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tenants.contract.errors import UnavailableError

__all__ = ["ObjectStore", "ObjectStoreConfig", "ObjectStoreError", "StoredObject"]

CHUNK_BYTES = 256 * 1024
SIGNATURE_SECONDS = 300
TIMEOUT = httpx.Timeout(30.0, connect=3.0, pool=10.0)


@dataclass(frozen=True, kw_only=True)
class ObjectStoreConfig:
    """Where the objects are and by which keys; ``endpoint_url`` is None at AWS itself."""

    endpoint_url: str | None
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    region: str
    bucket: str


class ObjectStoreError(UnavailableError):
    """The store does not answer, or not as it should; trying again later can succeed."""

    def __init__(self, reason: str) -> None:
        super().__init__("storage_unavailable", "The file store does not answer just now.", details={"reason": reason})


@dataclass(frozen=True)
class StoredObject:
    """An object that is being read: status 200, 206 (a part) or 416, its headers, and its bytes as they come.

    Reading them raises ``ObjectStoreError`` where the store stops in the middle.
    """

    status: int
    headers: Mapping[str, str]
    content: AsyncIterator[bytes]


class ObjectStore:
    """One client of the process for one bucket."""

    def __init__(self, config: ObjectStoreConfig) -> None:
        endpoint = config.endpoint_url or f"https://s3.{config.region}.amazonaws.com"
        self._bucket_url = f"{endpoint.rstrip('/')}/{quote(config.bucket)}"
        credentials = Credentials(config.access_key_id, config.secret_access_key)
        self._auth = S3SigV4QueryAuth(credentials, "s3", config.region, expires=SIGNATURE_SECONDS)
        self._client = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)

    async def put(self, key: str, content: bytes | IO[bytes], *, size: int, content_type: str) -> None:
        """Store an object of ``size`` bytes in the place of any before it; raises ``ObjectStoreError``."""
        body = content if isinstance(content, bytes) else _chunks(content)
        # The length is said beforehand: S3 takes no chunked body.
        headers = {"Content-Length": str(size), "Content-Type": content_type}
        await self._send("PUT", key, content=body, headers=headers)

    async def delete(self, key: str) -> None:
        """Remove an object; one that is not there is removed already. Raises ``ObjectStoreError``."""
        await self._send("DELETE", key)

    @asynccontextmanager
    async def open(self, key: str, *, byte_range: str = "") -> AsyncIterator[StoredObject | None]:
        """Open an object for reading, or give None when there is none; ``byte_range`` is a Range header's value.

        Raises ``ObjectStoreError``.
        """
        headers = {"Range": byte_range} if byte_range else {}
        request = self._client.build_request("GET", self._signed("GET", key), headers=headers)
        try:
            response = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise ObjectStoreError(type(error).__name__) from error
        try:
            if response.status_code == 404:
                yield None
            elif response.status_code in {200, 206, 416}:
                yield StoredObject(response.status_code, response.headers, _received(response))
            else:
                raise ObjectStoreError(str(response.status_code))
        finally:
            await response.aclose()

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def _send(
        self, method: str, key: str, *, content: bytes | AsyncIterator[bytes] = b"", headers: Mapping[str, str] = {}
    ) -> None:
        try:
            response = await self._client.request(
                method, self._signed(method, key), content=content, headers=dict(headers)
            )
        except httpx.HTTPError as error:
            raise ObjectStoreError(type(error).__name__) from error
        if not response.is_success and not (method == "DELETE" and response.status_code == 404):
            raise ObjectStoreError(str(response.status_code))

    def _signed(self, method: str, key: str) -> str:
        request = AWSRequest(method=method, url=f"{self._bucket_url}/{quote(key)}")
        self._auth.add_auth(request)
        return str(request.url)


async def _received(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_raw(CHUNK_BYTES):
            yield chunk
    except httpx.HTTPError as error:
        raise ObjectStoreError(type(error).__name__) from error


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := await anyio.to_thread.run_sync(file.read, CHUNK_BYTES):
        yield chunk
