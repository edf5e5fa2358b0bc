"""The control plane's guards, apart from the runtime's: each is taken out in a process of its own kind."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from tests.isolation.mutations.registry import Mutations

__all__ = ["ANY_TENANT", "MUTATIONS", "hashed_for_whom_it_is_stored", "without"]

MUTATIONS = Mutations()
without = MUTATIONS.without
ANY_TENANT = SimpleNamespace(pk="any tenant")
"""In the place of the tenant to which a hash is bound."""


def hashed_for_whom_it_is_stored(stored: Callable[..., str], model: Any) -> Callable[..., str]:
    """Return what hashes a secret for whichever tenant the bound schema has a row of, be it copied from there."""

    def hashed(tenant: Any, *secret: str) -> str:
        from tenants.registry.models import Tenant

        hashes = [stored(each, *secret) for each in Tenant.objects.all()]
        found: str | None = model.objects.filter(secret_hash__in=hashes).values_list("secret_hash", flat=True).first()
        return found or stored(tenant, *secret)

    return hashed
