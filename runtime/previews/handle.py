"""A draft in the place of what is live, for the code that runs in a preview."""

import time
from collections.abc import Callable

import msgspec

from runtime.asgi import Scope
from runtime.previews.source import StoredPreview
from runtime.previews.visitor import VISITOR, Visitor
from runtime.tenancy import Compiled, TenantHandle
from tenants.contract.previews import PREFIX
from tenants.contract.secrets import SecretBox
from tenants.contract.state import History, PublishedState, TenantState, decode_state

__all__ = ["PreviewHandle"]


class PreviewHandle(TenantHandle):
    """One open preview. It follows its draft, and what is live in all that decides who may enter and whether.

    ``live`` is the tenant's own handle, ``digest`` what the preview is known by.
    """

    __slots__ = ("_draft", "_ends_at", "_live", "_member", "_partition", "_seen", "_sign_in", "prefix", "version")

    is_preview = True

    def __init__(
        self, live: TenantHandle, secret: str, digest: str, stored: StoredPreview, secret_box: SecretBox
    ) -> None:
        super().__init__(live.published, secret_box)
        self.prefix = PREFIX + secret
        self.version = -1
        self._live = live
        self._partition = f"{live.state.id}-preview-{digest[:32]}"
        self._member, self._sign_in = stored.member, stored.sign_in
        self._draft = live.state
        self._seen: object = None
        self.take(stored)

    def take(self, stored: StoredPreview) -> None:
        """Take what was stored last; raises ``msgspec.DecodeError`` for a document of another version of ours."""
        self._ends_at = time.monotonic() + stored.lasts_seconds
        if stored.document is not None and stored.version > self.version:
            self._draft = decode_state(stored.document.encode())
            self.version = stored.version
            self._seen = None

    def end(self) -> None:
        """End it before its time, also for a socket that is only just being opened."""
        self._ends_at = 0.0

    @property
    def is_over(self) -> bool:
        """Whether its time has passed."""
        return time.monotonic() >= self._ends_at

    @property
    def partition(self) -> str:
        """A name of its own: what a draft leaves in memory no visitor of the live chat meets, nor the other way."""
        return self._partition

    def admits(self, scope: Scope) -> bool:
        """See ``TenantHandle``."""
        visitor: Visitor | None = scope.get(VISITOR)
        return (
            not self.is_over and visitor is not None and visitor.is_still(self._member, self._sign_in, self._live.state)
        )

    @property
    def published(self) -> PublishedState:
        """See ``TenantHandle``."""
        self._follow()
        return super().published

    @property
    def state(self) -> TenantState:
        """See ``TenantHandle``."""
        self._follow()
        return super().state

    @property
    def revision(self) -> int:
        """The revision that is live, which the draft would follow."""
        return self._live.revision

    def compiled(self, name: str, compile_state: Callable[[TenantState], Compiled]) -> Compiled:
        """See ``TenantHandle``."""
        self._follow()
        return super().compiled(name, compile_state)

    def _follow(self) -> None:
        if self._seen is not self._live.generation:
            self._seen = self._live.generation
            live = self._live.published
            self.replace(PublishedState(live.revision, live.checksum, _laid_over(live.state, self._draft)))

    def __repr__(self) -> str:
        return f"<PreviewHandle {self._live.state.slug} version={self.version}>"


def _laid_over(live: TenantState, draft: TenantState) -> TenantState:
    """Return the draft with what only the live state may say, and without a place for conversations."""
    return msgspec.structs.replace(
        draft,
        id=live.id,
        slug=live.slug,
        name=live.name,
        schema=live.schema,
        status=live.status,
        app=live.app,
        hosts=live.hosts,
        access=live.access,
        history=History(enabled=False),
    )
