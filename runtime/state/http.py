"""States over HTTP, for teams that keep their tenants elsewhere: JSON documents with ETags, and a stream of changes.

docs/state-sources.md is the protocol. Where the server streams no changes, the list of revisions is asked for at an
interval; then what was published is served after that interval at the latest.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import quote

import httpx
import msgspec
import structlog

from runtime.state.http_documents import read_change, read_document, read_revisions
from runtime.state.source import LiveRevision, SourceUnavailableError, StoredState
from runtime.state.subscription import SourceSubscription

__all__ = ["HttpStateSource", "create_client"]

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 2.0
SILENCE_SECONDS = 30.0
"""How long a stream may say nothing; the protocol asks for a comment every 15 seconds."""
CONCURRENT_READS = 8
REMEMBERED_HOSTS = 4096
NO_STREAM = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_ACCEPTABLE, HTTPStatus.NOT_IMPLEMENTED)
EVENT_STREAM = "text/event-stream"


def create_client(url: str, token: str, *, answer_seconds: float = ANSWER_SECONDS) -> httpx.AsyncClient:
    """Return the client of one source. It follows no redirect, which could carry the token to somebody else."""
    return httpx.AsyncClient(
        base_url=url,
        headers={"authorization": f"Bearer {token}"} if token else {},
        timeout=answer_seconds,
        follow_redirects=False,
        # The address is a setting of ours; what proxies the environment names is for the apps.
        trust_env=False,
    )


class HttpStateSource:
    """Asks a server of the protocol."""

    def __init__(
        self, client: httpx.AsyncClient, *, poll_seconds: float, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self._client = client
        self._poll_seconds = poll_seconds
        self._silence_seconds = silence_seconds
        self._reads = asyncio.Semaphore(CONCURRENT_READS)
        self._by_host: OrderedDict[str, tuple[str, StoredState]] = OrderedDict()
        self._listed: tuple[str, Mapping[str, int]] = ("", {})

    async def fetch_by_host(self, host: str) -> StoredState | None:
        """See ``StateSource``."""
        path = f"/hosts/{quote(host, safe='')}"
        etag, known = self._by_host.get(host, ("", None))
        answer = await self._get(path, etag)
        if answer.status_code == HTTPStatus.NOT_MODIFIED and known is not None:
            return known
        if answer.status_code == HTTPStatus.NOT_FOUND:
            self._by_host.pop(host, None)
            return None
        _expect_ok(answer)
        stored = read_document(answer.content, asked_for=known.tenant_id if known else "")
        self._remember(host, answer.headers.get("etag", ""), stored)
        return stored

    async def fetch_revision_by_host(self, host: str) -> LiveRevision | None:
        """See ``StateSource``; with an ETag the answer is usually 304 and empty."""
        stored = await self.fetch_by_host(host)
        return None if stored is None else LiveRevision(stored.tenant_id, stored.revision)

    async def fetch_by_tenants(self, tenant_ids: Collection[str]) -> list[StoredState]:
        """See ``StateReader``; one request a tenant, several at a time."""
        found = await asyncio.gather(*(self._fetch_tenant(tenant_id) for tenant_id in tenant_ids))
        return [stored for stored in found if stored is not None]

    async def fetch_revisions(self, tenant_ids: Collection[str]) -> Mapping[str, int]:
        """See ``StateReader``."""
        listed = await self.list_revisions()
        return {tenant_id: listed[tenant_id] for tenant_id in tenant_ids if tenant_id in listed}

    async def list_revisions(self) -> Mapping[str, int]:
        """Return the live revision of every tenant there is; raises ``SourceUnavailableError``."""
        etag, known = self._listed
        answer = await self._get("/revisions", etag)
        if answer.status_code == HTTPStatus.NOT_MODIFIED and etag:
            return known
        _expect_ok(answer)
        try:
            listed = read_revisions(answer.content)
        except msgspec.DecodeError as error:
            raise SourceUnavailableError(f"GET /revisions was answered with something else: {error}") from error
        self._listed = answer.headers.get("etag", ""), listed
        return listed

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[SourceSubscription]:
        """See ``StateSource``: a stream where the server has one, else a list that is asked for again and again."""
        timeout = httpx.Timeout(ANSWER_SECONDS, read=self._silence_seconds)
        request = self._client.build_request("GET", "/changes", headers={"accept": EVENT_STREAM}, timeout=timeout)
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            raise _unavailable("/changes", error) from error
        try:
            if answer.status_code in NO_STREAM:
                await answer.aclose()
                yield SourceSubscription(self, self._polled(await self.list_revisions()))
                return
            _expect_ok(answer)
            if not answer.headers.get("content-type", "").startswith(EVENT_STREAM):
                raise SourceUnavailableError("GET /changes was not answered with a stream of events")
            lines = _lines(answer)
            # The server's first line says that it listens; what is published from here on is heard.
            await anext(lines)
            yield SourceSubscription(self, _events(lines))
        finally:
            await answer.aclose()

    async def _polled(self, before: Mapping[str, int]) -> AsyncIterator[list[LiveRevision]]:
        while True:
            await asyncio.sleep(self._poll_seconds)
            now = await self.list_revisions()
            if now is before:
                yield []
                continue
            changed = [LiveRevision(*item) for item in now.items() if before.get(item[0]) != item[1]]
            removed = [LiveRevision(*item) for item in before.items() if item[0] not in now]
            before = now
            yield changed + removed

    async def _fetch_tenant(self, tenant_id: str) -> StoredState | None:
        async with self._reads:
            answer = await self._get(f"/tenants/{quote(tenant_id, safe='')}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        _expect_ok(answer)
        # Under the id that was asked for: another tenant's document is refused by it, and makes this one not seem gone.
        return read_document(answer.content, asked_for=tenant_id)._replace(tenant_id=tenant_id)

    async def _get(self, path: str, etag: str = "") -> httpx.Response:
        try:
            return await self._client.get(path, headers={"if-none-match": etag} if etag else {})
        except httpx.HTTPError as error:
            raise _unavailable(path, error) from error

    def _remember(self, host: str, etag: str, stored: StoredState) -> None:
        if not etag:
            self._by_host.pop(host, None)
            return
        self._by_host[host] = etag, stored
        self._by_host.move_to_end(host)
        if len(self._by_host) > REMEMBERED_HOSTS:
            self._by_host.popitem(last=False)


async def _lines(answer: httpx.Response) -> AsyncIterator[str]:
    try:
        async for line in answer.aiter_lines():
            yield line
    except httpx.HTTPError as error:
        raise _unavailable("/changes", error) from error
    raise SourceUnavailableError("the server ended the stream of changes")


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[list[LiveRevision]]:
    """Yield a notice for each event; a comment, which keeps the line open, is a sign of life."""
    async for line in lines:
        name, _, value = line.partition(":")
        if name == "data":
            try:
                yield [read_change(value)]
            except msgspec.DecodeError:
                log.warning("notice_not_understood", payload=value[:80])
        elif not name and line:
            yield []


def _expect_ok(answer: httpx.Response) -> None:
    if answer.status_code != HTTPStatus.OK:
        raise SourceUnavailableError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code}")


def _unavailable(path: str, error: Exception) -> SourceUnavailableError:
    # The class alone where there is no text, as with time-outs; never the request, which carries the token.
    return SourceUnavailableError(f"{type(error).__name__} at {path}: {error}".removesuffix(": "))
