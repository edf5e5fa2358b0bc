"""Below ``/_preview/<secret>/`` a tenant's chat is served with a draft in the place of what is live.

Everything of the page is asked for below that prefix, its socket too, so what it is answered is the draft's. The prefix
is taken off and the draft's handle bound; behind here everything is as for any request.
"""

import json
from collections.abc import Callable, Mapping

import msgspec
import structlog

from runtime.asgi import ASGIApp, Receive, Scope, Send
from runtime.middleware.answer import send_notice
from runtime.middleware.resolve import UNAVAILABLE
from runtime.pages import Notice
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
    ) -> None:
        self._app = app
        self._source = source
        self._describe = describe
        self._forget = forget
        self._master_secret = master_secret
        self._secret_box = secret_box
        self._open: dict[tuple[str, str], PreviewHandle] = {}

    def __len__(self) -> int:
        return len(self._open)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope of any kind; what is not below the prefix goes on untouched."""
        if scope["type"] not in ("http", "websocket") or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        secret, _, path = scope["path"].removeprefix(PREFIX).partition("/")
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
            "raw_path": scope.get("raw_path", scope["path"].encode()).removeprefix(handle.prefix.encode()) or b"/",
            "root_path": handle.prefix,
            "headers": without_cookie(scope["headers"]),
            "tenant": handle,
            VISITOR: visitor,
        }
        with bind_tenant(handle):
            if inner["path"] == STATE_PATH and scope["type"] == "http":
                await self._tell(handle, send)
            else:
                await self._app(inner, receive, send)

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
            self._forget(handle)

    async def _tell(self, handle: TenantHandle, send: Send) -> None:
        body = json.dumps({"revision": handle.revision, **self._describe(handle)}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": _JSON})
        await send({"type": "http.response.body", "body": body})
