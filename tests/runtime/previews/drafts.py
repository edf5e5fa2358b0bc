"""Previews as tests make them: a member's token as the control plane gives it, and a place where drafts are kept."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from runtime.previews.source import StoredPreview
from tenants.contract.previews import PREVIEW_COOKIE, preview_digest
from tenants.contract.state import TenantState
from tenants.contract.tokens import SignedIn, create_member_token, signing_key

__all__ = ["Maker", "MemoryPreviews"]


@dataclass
class Maker:
    """A member by one sign-in, who may look at what they type."""

    state: TenantState
    master_secret: str
    member: str = field(default_factory=lambda: str(uuid4()))
    sign_in: str = field(default_factory=lambda: str(uuid4()))
    email: str = "ann@example.com"
    method: str = "password"

    @property
    def token(self) -> str:
        """What the previews' cookie holds."""
        person = SignedIn(
            sign_in=self.sign_in,
            member=self.member,
            email=self.email,
            name="Ann",
            role="owner",
            method=self.method,
            auth_time=int(time.time()),
        )
        return create_member_token(person, key=signing_key(self.master_secret, self.state), state=self.state)

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies of their browser below the prefix of previews."""
        return {PREVIEW_COOKIE: self.token}

    def row(self, secret: str, document: object, **changes: Any) -> dict[str, Any]:
        """Return a preview of theirs as it is stored."""
        row = {
            "tenant_id": self.state.id,
            "digest": preview_digest(secret),
            "member": self.member,
            "sign_in": self.sign_in,
            "version": 1,
            "lasts_seconds": 3600.0,
            "document": json.dumps(document),
        }
        return {**row, **changes}


class MemoryPreviews:
    """A ``PreviewSource`` that holds what it is told."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}

    def keep(self, row: dict[str, Any]) -> None:
        """Take a row of ``Maker.row``, in the place of an earlier one."""
        self._rows[row["tenant_id"], row["digest"]] = time.monotonic() + row["lasts_seconds"], row

    def drop(self, tenant_id: str, digest: str) -> None:
        """Remove a preview, as a sign-out does."""
        self._rows.pop((tenant_id, digest), None)

    async def fetch(self, tenant_id: str, digest: str, known_version: int) -> StoredPreview | None:
        ends_at, row = self._rows.get((tenant_id, digest), (0.0, {}))
        lasts = ends_at - time.monotonic()
        if lasts <= 0:
            return None
        document = None if row["version"] == known_version else row["document"]
        return StoredPreview(row["member"], row["sign_in"], row["version"], lasts, document)
