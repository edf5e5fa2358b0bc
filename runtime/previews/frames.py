"""Below ``/_preview/<secret>/`` a tenant's chat is served with a draft in the place of what is live.

Everything of the page is asked for below that prefix, its socket too, so what it is answered is the draft's. The prefix
is taken off and the draft's handle bound; behind here everything is as for any request.
"""

import asyncio
import json
from collections.abc import Callable, Mapping

import msgspec
import structlog

from runtime.asgi import ASGIApp, Receive, Scope, Send
from runtime.middleware.answer import send_notice
from runtime.middleware.resolve import UNAVAILABLE
from runtime.pages import Notice
from runtime.previews.cookies import with_cookies_below
from runtime.previews.handle import PreviewHandle
from runtime.previews.source import PreviewSource, StoredPreview
from runtime.previews.visitor import VISITOR, Visitor, read_visitor, without_cookie
from runtime.state.source import SourceUnavailableError
from runtime.tenancy import TenantHandle, bind_tenant
from tenants.contract.previews import PREFIX, preview_digest
from tenants.contract.secrets import SecretBox

__all__ = ["PreviewFrames"]

log = structlog.get_logger(__name__)

STATE_PATH = "/_live/state"
"""Where the page of a preview asks how its draft is now, when the settings page says that it changed."""
REVIEW_SECONDS = 15.0
"""How long a socket of a preview may outlive the preview when its page asks for nothing."""

OVER = Notice(
    status=404,
    code="preview_not_found",
    title="This preview has ended",
    message="It belongs to the browser in which its changes are typed, and lasts for a while only. "
    "The settings page opens a new one.",
)
_JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


class PreviewFrames:
    """ASGI middleware, called with ``scope["tenant"]`` bound.

    ``describe`` is what open pages are told of a tenant; ``forget`` closes what the code of a preview left behind, by
    its handle. Without a ``source`` there are no previews.
    """

    def __init__(
        self,
        app: ASGIApp,
        source: PreviewSource | None,
        *,
        describe: Callable[[TenantHandle], Mapping[str, object]],
        forget: Callable[[TenantHandle], None],
        master_secret: str,
        secret_box: SecretBox,
        review_seconds: float = REVIEW_SECONDS,
    ) -> None:
        self._app = app
        self._source = source
        self._describe = describe
        self._forget = forget
        self._master_secret = master_secret
        self._secret_box = secret_box
        self._review_seconds = review_seconds
        self._open: dict[tuple[str, str], PreviewHandle] = {}

    def __len__(self) -> int:
        return len(self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope of any kind; what is not below the prefix goes on untouched."""
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        secret, _, path = scope["path"].removeprefix(PREFIX).partition("/")
        if not _is_plain(scope, secret, path):
            await send_notice(scope, send, OVER)
            return
        visitor = read_visitor(scope, scope["tenant"].state, self._master_secret)
        try:
            handle = await self._find(scope["tenant"], secret, visitor)
        except SourceUnavailableError:
            await send_notice(scope, send, UNAVAILABLE)
            return
        if handle is None:
            # One answer for all that is none of the asker's: it says nothing about what there is.
            await send_notice(scope, send, OVER)
            return
        inner = {
            **scope,
            "path": f"/{path}",
            "raw_path": scope["raw_path"].removeprefix(handle.prefix.encode()),
            "headers": without_cookie(scope["headers"]),
            "tenant": handle,
            VISITOR: visitor,
        }
        with bind_tenant(handle):
            if inner["path"] == STATE_PATH and scope["type"] == "http":
                await self._tell(handle, send)
            else:
                await self._app(inner, receive, with_cookies_below(send, handle.prefix))

    async def run(self) -> None:
        """Look again and again whether what is open here has ended, which tells nobody by itself; never returns."""
        while True:
            await asyncio.sleep(self._review_seconds)
            await self.review()

    async def review(self) -> None:
        """Close the previews that have ended: their time is over, or somebody signed out or opened many others."""
        self._close_those_over()
        for place, handle in list(self._open.items()):
            try:
                stored = await self._source.fetch(*place, handle.version) if self._source is not None else None
            except SourceUnavailableError:
                # What cannot be asked for now is asked for next time; nobody opens it until then either.
                return
            if stored is None:
                self._close(place)

    async def _find(self, live: TenantHandle, secret: str, visitor: Visitor | None) -> PreviewHandle | None:
        digest = preview_digest(secret)
        if digest is None or visitor is None or self._source is None:
            return None
        place = live.state.id, digest
        known = self._open.get(place)
        stored = await self._source.fetch(*place, known.version if known else -1)
        if stored is not None and stored.document is None and place not in self._open:
            # Closed while the answer was on its way.
            stored = await self._source.fetch(*place, -1)
        if stored is None:
            self._close(place)
            return None
        if not visitor.is_still(stored.member, stored.sign_in, live.state):
            return None
        try:
            return self._taken(place, live, secret, stored)
        except msgspec.DecodeError as error:
            log.warning("preview_unreadable", tenant=live.state.slug, reason=str(error))
            return None

    def _taken(self, place: tuple[str, str], live: TenantHandle, secret: str, stored: StoredPreview) -> PreviewHandle:
        # Others may have opened it while this request waited for its answer.
        handle = self._open.get(place)
        if handle is None:
            self._close_those_over()
            handle = self._open[place] = PreviewHandle(live, secret, place[1], stored, self._secret_box)
        else:
            handle.take(stored)
        return handle

    def _close_those_over(self) -> None:
        for place in [place for place, handle in self._open.items() if handle.is_over]:
            self._close(place)

    def _close(self, place: tuple[str, str]) -> None:
        if (handle := self._open.pop(place, None)) is not None:
            handle.end()
            self._forget(handle)

    async def _tell(self, handle: TenantHandle, send: Send) -> None:
        body = json.dumps({"revision": handle.revision, **self._describe(handle)}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": _JSON})
        await send({"type": "http.response.body", "body": body})


def _is_plain(scope: Scope, secret: str, path: str) -> bool:
    """Say whether an address is written as pages write it: the gateway must have read it as it is read here.

    One preview within another is none: what stands behind must never find a second prefix to take off.
    """
    return scope.get("raw_path", b"").startswith(f"{PREFIX}{secret}/".encode()) and not f"/{path}".startswith(PREFIX)
