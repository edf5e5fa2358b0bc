"""Members of a tenant whom one test makes for itself."""

import secrets
from urllib.parse import urlsplit

from tests.clients.outbox import wait_for_link
from tests.clients.settings_client import SettingsClient
from tests.running_stack import RunningStack

__all__ = ["new_member"]

PASSPHRASE = "a passphrase to begin with"


def new_member(stack: RunningStack, tenant: str = "globex") -> tuple[str, str]:
    """Have a tenant's owner invite somebody who accepts; return their address and password."""
    address = f"member-{secrets.token_hex(4)}@{tenant}.example"
    with SettingsClient(stack.port, tenant) as owner:
        owner.sign_in(*stack.sign_in(f"{tenant}_owner"))
        owner.submit("/settings/members/", {"email": address, "name": "", "role": "member"}).raise_for_status()
    invitation = urlsplit(wait_for_link(stack, address)).path
    with SettingsClient(stack.port, tenant) as guest:
        guest.submit(invitation, {"name": "Guest", "password": PASSPHRASE}).raise_for_status()
    return address, PASSPHRASE
