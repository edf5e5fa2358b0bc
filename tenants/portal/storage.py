"""How much of its storage a tenant uses, in words."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat

from tenants.assets.services.quota import storage_limit, storage_used
from tenants.registry.models import Tenant

__all__ = ["Storage", "read_storage"]

_NEARLY_FULL = 0.9


@dataclass(frozen=True)
class Storage:
    """Bytes that are used and that there are."""

    used: int
    limit: int

    @property
    def is_full(self) -> bool:
        """Whether nothing more is taken."""
        return self.used >= self.limit

    @property
    def nearly_full(self) -> int:
        """From how many bytes on people should hear of it."""
        return int(self.limit * _NEARLY_FULL)

    @property
    def sentence(self) -> str:
        """How much is used, and what can be done where that is all."""
        numbers = f"{filesizeformat(self.used)} of {filesizeformat(self.limit)} used"
        return f"{numbers}. The storage is full: nothing more can be uploaded." if self.is_full else numbers

    def as_json(self) -> dict[str, object]:
        """Return what the script shows."""
        return {"used": self.used, "limit": self.limit, "sentence": self.sentence, "full": self.is_full}


def read_storage(tenant: Tenant) -> Storage:
    """Return how much of its storage a tenant uses."""
    return Storage(storage_used(tenant), storage_limit(tenant))
