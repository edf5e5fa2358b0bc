"""Open pages are told of every change of their tenant, as server-sent events on one connection a browser.

A stream always says how its tenant is now, never how it came to be so: whoever was away for ten revisions hears of the
newest alone, and nothing is kept for anybody who is slow. What is said is what the tenant's page shows to anyone.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from runtime.asgi import Headers, Receive, Scope, Send
from runtime.middleware.answer import send_notice
from runtime.middleware.networks import network_allows, network_refused
from runtime.middleware.resolve import SUSPENDED, single_host, unknown_host
from runtime.pages import Notice
from runtime.tenancy import TenantHandle
from tenants.contract.hosts import normalise_host
from tenants.contract.state import TenantState, TenantStatus

__all__ = ["EVENTS_PATH", "LiveStreams", "browser_of"]

EVENTS_PATH = "/_live/events"
BROWSER_COOKIE = "live"
"""A random name that the page's script gives its browser: by it a socket is known to belong to a page that listens."""

HEARTBEAT_SECONDS = 20.0
"""Shorter than the least time after which proxies and mobile networks drop a silent connection."""

RECONNECT_MILLISECONDS = 1000
MOST_A_TENANT = 20_000

TOO_MANY = Notice(
    status=503,
    code="live_unavailable",
    title="Not just now",
    message="Changes cannot be followed at the moment; the page itself works.",
    retry_after=30,
)
FOREIGN = Notice(
    status=403,
    code="origin_refused",
    title="Not from there",
    message="Only a page of this address can follow its changes.",
)
_HEADERS: Headers = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # no-transform: a proxy that compressed the stream would hold events back.
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
]

Describe = Callable[[TenantHandle], Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Event:
    """One event as bytes; ``identity`` is what a browser that comes back says it has seen."""

    identity: str
    body: bytes
    is_last: bool = False


class Stream:
    """One connected browser."""

    __slots__ = ("browser", "gone", "host", "left", "opened_by", "woken")

    def __init__(self, host: str, scope: Scope) -> None:
        self.host = host
        self.browser = browser_of(scope)
        self.opened_by = scope
        self.woken = asyncio.Event()
        self.left = False
        self.gone = False

    async def await_leaving(self, receive: Receive) -> None:
        """Return when the browser has gone."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left = True
        self.woken.set()

    async def wait(self, seconds: float) -> bool:
        """Wait until there is something to say; False when the time passed first."""
        try:
            async with asyncio.timeout(seconds):
                await self.woken.wait()
        except TimeoutError:
            return False
        self.woken.clear()
        return True


class LiveStreams:
    """The ASGI app of ``EVENTS_PATH``, called with ``scope["tenant"]``; ``describe`` returns what pages are told."""

    def __init__(self, describe: Describe, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._describe = describe
        self._heartbeat_seconds = heartbeat_seconds
        self._streams: dict[str, set[Stream]] = {}
        self._closing = False

    def __len__(self) -> int:
        return sum(map(len, self._streams.values()))

    def on_change(self, old: TenantState, new: TenantState | None) -> None:
        """Wake a tenant's streams; those whose tenant or host is gone say so and end."""
        for stream in self._streams.get(old.id, ()):
            stream.gone = new is None or new.status is TenantStatus.ARCHIVED or stream.host not in new.hosts
            stream.woken.set()

    def hears(self, tenant_id: str, browser: str) -> bool:
        """Say whether a browser follows a tenant's changes here."""
        return bool(browser) and any(stream.browser == browser for stream in self._streams.get(tenant_id, ()))

    def close(self) -> None:
        """End all streams, so that browsers turn to another process; new ones are refused."""
        self._closing = True
        for streams in self._streams.values():
            for stream in streams:
                stream.woken.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ``http`` scope until the browser leaves."""
        handle: TenantHandle = scope["tenant"]
        streams = self._streams.setdefault(handle.state.id, set())
        headers = dict(scope["headers"])
        refusal = TOO_MANY if self._closing or len(streams) >= MOST_A_TENANT else _refusal(headers)
        if refusal is not None:
            await send_notice(scope, send, refusal)
            return
        stream = Stream(normalise_host(single_host(scope["headers"]).decode("ascii")), scope)
        streams.add(stream)
        leaving = asyncio.create_task(stream.await_leaving(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self._feed(handle, stream, headers.get(b"last-event-id", b"").decode("latin-1"), send)
        finally:
            leaving.cancel()
            streams.discard(stream)
            if not streams and self._streams.get(handle.state.id) is streams:
                del self._streams[handle.state.id]

    async def _feed(self, handle: TenantHandle, stream: Stream, seen: str, send: Send) -> None:
        await _send_part(send, b"retry: %d\n\n" % RECONNECT_MILLISECONDS)
        while not (stream.left or self._closing):
            event = self._event(handle, stream)
            if event.identity != seen:
                await _send_part(send, event.body)
                seen = event.identity
            if event.is_last:
                break
            if not await stream.wait(self._heartbeat_seconds):
                await _send_part(send, b": still here\n\n")
        await send({"type": "http.response.body", "body": b""})

    def _event(self, handle: TenantHandle, stream: Stream) -> Event:
        if stream.gone:
            notice = unknown_host(stream.host)
            return _event("gone", "gone", {"title": notice.title, "message": notice.message}, is_last=True)
        if not network_allows(handle, stream.opened_by):
            notice = network_refused(stream.opened_by)
            return _event("refused", "refused", {"title": notice.title, "message": notice.message}, is_last=True)
        return handle.compiled("live_event", lambda state: self._compile(handle, state))

    def _compile(self, handle: TenantHandle, state: TenantState) -> Event:
        revision = handle.revision
        if state.status is not TenantStatus.ACTIVE:
            said = {"revision": revision, "title": SUSPENDED.title, "message": SUSPENDED.message}
            return _event(str(revision), "suspended", said)
        return _event(str(revision), "state", {"revision": revision, **self._describe(handle)})


def browser_of(scope: Scope) -> str:
    """Return the name that the page's script gave its browser, or an empty text."""
    for name, value in scope["headers"]:
        if name == b"cookie" and BROWSER_COOKIE.encode() in value:
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(BROWSER_COOKIE)
            except CookieError:
                return ""
            return morsel.value if morsel else ""
    return ""


def _refusal(headers: Mapping[bytes, bytes]) -> Notice | None:
    """Refuse pages of other origins: they could read nothing, but would hold a connection."""
    origin, host = headers.get(b"origin"), headers.get(b"host", b"")
    return FOREIGN if origin is not None and origin.partition(b"://")[2].lower() != host.lower() else None


def _event(identity: str, kind: str, said: Mapping[str, object], *, is_last: bool = False) -> Event:
    body = f"id: {identity}\nevent: {kind}\ndata: {json.dumps(said, separators=(',', ':'))}\n\n"
    return Event(identity, body.encode(), is_last)


async def _send_part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
