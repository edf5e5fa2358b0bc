"""What was saved at a tenant and waits to be published.

Only a tenant that does not publish whatever is saved has any. Its draft is what its rows make beyond what is served.
Publishing and discarding it are ``services.drafts``.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec

from tenants.contract.roles import Permission
from tenants.contract.state import TenantState, encode_state, state_checksum
from tenants.registry.differences import Change, document_changes
from tenants.registry.models import Publication, Tenant
from tenants.registry.services.publishing import compile_tenant, draft_rules, hold_draft

__all__ = ["Draft", "read_draft"]


@dataclass(frozen=True)
class Draft:
    """What a tenant's rows would publish: ``served`` meanwhile, and ``drafted``. Their difference is what waits.

    ``checksum`` names the drafted state: who decides over a draft names the one that they saw.
    """

    served: TenantState
    drafted: TenantState
    checksum: str

    @cached_property
    def changes(self) -> list[Change]:
        """What waits, in words; secrets are named and never shown."""
        return document_changes(_document(self.served), _document(self.drafted))

    @property
    def permissions(self) -> frozenset[Permission]:
        """What publishing or discarding it takes, beside the permission to publish."""
        return frozenset().union(*(rules.permissions(self.served, self.drafted) for rules in draft_rules()))

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return encode_state(self.served) == encode_state(self.drafted)


def read_draft(tenant: Tenant) -> Draft | None:
    """Return what waits at a tenant, or None where nothing does: whatever is saved is live at once, or nothing was.

    Enters the tenant's schema itself.
    """
    live = Publication.objects.filter(pk=tenant.live_publication_id).first()
    if tenant.publish_on_save or live is None:
        return None
    drafted = compile_tenant(tenant)
    served = hold_draft(tenant, msgspec.convert(live.document, TenantState), drafted)
    draft = Draft(served, drafted, state_checksum(encode_state(drafted)))
    return None if draft.is_empty else draft


def _document(state: TenantState) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(encode_state(state))
    return document
