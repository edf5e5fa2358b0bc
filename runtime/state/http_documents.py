"""What the answers of the HTTP protocol hold (docs/state-sources.md)."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from runtime.state.source import LiveRevision, StoredState
from tenants.contract.state import state_checksum

__all__ = ["read_change", "read_document", "read_revisions"]

# Folders of uploads are named by it.
TenantId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]


class _Document(msgspec.Struct, frozen=True):
    """A tenant's document on the wire; ``state`` stays as it was sent."""

    tenant: TenantId
    revision: int
    state: msgspec.Raw


class _Revisions(msgspec.Struct, frozen=True):
    revisions: dict[str, int]


class _Change(msgspec.Struct, frozen=True):
    tenant: str
    revision: int


_document = msgspec.json.Decoder(_Document)
_revisions = msgspec.json.Decoder(_Revisions)
_change = msgspec.json.Decoder(_Change)


def read_document(content: bytes, *, asked_for: str) -> StoredState:
    """Return the document of a tenant.

    One that is none is handed on as it is, under the id that was asked for: the cache refuses it, and says so.
    """
    try:
        document = _document.decode(content)
    except msgspec.DecodeError:
        return StoredState(asked_for, 0, "", content.decode(errors="replace"))
    state = bytes(document.state)
    return StoredState(document.tenant, document.revision, state_checksum(state), state.decode())


def read_revisions(content: bytes) -> Mapping[str, int]:
    """Return the live revision of each tenant; raises ``msgspec.DecodeError``."""
    return _revisions.decode(content).revisions


def read_change(data: str) -> LiveRevision:
    """Return what an event tells; raises ``msgspec.DecodeError``."""
    change = _change.decode(data)
    return LiveRevision(change.tenant, change.revision)
