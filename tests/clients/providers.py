"""Identity providers that a test adds to a tenant, and that are gone after it, however it went."""

from tests.clients.settings_client import SettingsClient
from tests.running_stack import RunningStack

__all__ = ["remove_provider"]


def remove_provider(stack: RunningStack, tenant: str, provider_id: str) -> None:
    """Have a tenant's owner remove a provider that is still there."""
    page = f"/settings/access/providers/{provider_id}/"
    with SettingsClient(stack.port, tenant) as owner:
        owner.sign_in(*stack.sign_in(f"{tenant}_owner"))
        if owner.get(page).status_code == 200:
            owner.submit(f"{page}remove/", {}, page=page).raise_for_status()
