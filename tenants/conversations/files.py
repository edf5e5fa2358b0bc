"""Files of conversations, which the runtime stores: where a browser reads them for a while, and deleting them.

Keys stand in rows that an app's code can write. So only those below the tenant's own folders are believed.
"""

import time
from collections.abc import Iterable

from django.conf import settings

from tenants.assets.storage import delete_private
from tenants.contract.state import TenantState
from tenants.contract.stored_files import file_key, signed_path
from tenants.registry.models import Tenant

__all__ = ["FileAddresses", "delete_files"]

FOLDERS = ("conversations", "app")
"""Below the tenant's prefix: what elements hold, and what an app's code has stored itself."""

READABLE_SECONDS = 15 * 60
_AT_ONCE = 1000
"""So many objects S3 deletes in one call."""


class FileAddresses:
    """Addresses of one tenant's files, as its live state has them signed."""

    def __init__(self, state: TenantState) -> None:
        self._prefixes = _prefixes(state.id)
        self._tenant_prefix = f"{state.id}/"
        self._key = file_key(settings.ENVIRONMENT.runtime_master_secret, state)
        self._until = int(time.time()) + READABLE_SECONDS

    def path(self, object_key: str | None, *, mime: str, name: str) -> str:
        """Return path and query at which the file is read on the tenant's host, or nothing for a key of elsewhere."""
        if not object_key or not object_key.startswith(self._prefixes):
            return ""
        path = object_key.removeprefix(self._tenant_prefix)
        return signed_path(self._key, path, until=self._until, mime=mime, name=name)


def delete_files(tenant: Tenant, object_keys: Iterable[str]) -> int:
    """Delete files of a tenant's conversations and return how many; raises ``UnavailableError``."""
    own = sorted({key for key in object_keys if key.startswith(_prefixes(str(tenant.pk)))})
    for start in range(0, len(own), _AT_ONCE):
        delete_private(own[start : start + _AT_ONCE])
    return len(own)


def _prefixes(tenant_id: str) -> tuple[str, ...]:
    return tuple(f"{tenant_id}/{folder}/" for folder in FOLDERS)
