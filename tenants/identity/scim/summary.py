"""What there is of a directory, in a few numbers."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from tenants.identity.scim.models import ScimGroup, ScimToken

__all__ = ["DirectorySummary", "summarise_directory"]


@dataclass(frozen=True)
class DirectorySummary:
    """Of the bound tenant: how many tokens and groups, and when a directory was last heard of."""

    tokens: int
    groups: int
    heard_at: datetime | None


def summarise_directory() -> DirectorySummary:
    """Return what there is."""
    tokens = ScimToken.objects.all()
    heard_at = tokens.aggregate(at=Max("last_used_at"))["at"]
    return DirectorySummary(tokens.count(), ScimGroup.objects.count(), heard_at)
