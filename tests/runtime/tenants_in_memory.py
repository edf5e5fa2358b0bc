"""Handles of tenants without a database, for what asks nothing but which tenant is bound."""

import msgspec
from cryptography.fernet import Fernet

from runtime.tenancy import TenantHandle
from tenants.contract.secrets import SecretBox
from tenants.contract.state import PublishedState
from tests.runtime.registry import make_state

SECRET_BOX = SecretBox([Fernet.generate_key().decode()])


def make_handle(slug="acme", **changes):
    """Return the handle of a new tenant at revision 1."""
    return TenantHandle(PublishedState(1, "", make_state(slug, **changes)), SECRET_BOX)


def publish(handle, **changes):
    """Replace parts of the tenant's state, as a new revision does."""
    state = msgspec.structs.replace(handle.state, **changes)
    handle.replace(PublishedState(handle.revision + 1, "", state))
