"""The forms of the chat's page over what a tenant has."""

from collections.abc import Iterator
from urllib.parse import quote

from tenants.assets.services.slots import current_assets
from tenants.contract.state import AssetRole
from tenants.portal.pages import Page
from tenants.registry.models import Tenant
from tenants.workspace.chat_form import ChatEditor
from tenants.workspace.services.chat import chat_fields
from tenants.workspace.services.chat_settings import get_interface

__all__ = ["chat_editor"]


def chat_editor(page: Page) -> ChatEditor:
    """Return the page's forms, as they are sent or as they are now."""
    pictures = list(_pictures(page.tenant))
    return ChatEditor(chat_fields(), get_interface(), pictures=pictures, data=page.posted)


def _pictures(tenant: Tenant) -> Iterator[str]:
    """Yield the paths of the tenant's public files that are pictures, sorted."""
    for name, slot in sorted(current_assets(tenant)[AssetRole.PUBLIC_FILE].items()):
        if slot.published and slot.published.content_type.startswith("image/"):
            yield f"/public/{quote(name)}"
