"""Everything of the chat that is a file and no image of its brand."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from tenants.assets.services.slots import AssetSlot
from tenants.contract.roles import Permission
from tenants.contract.state import AssetRole
from tenants.portal.files import Place, Shelf
from tenants.portal.pages import Page, permitted, show
from tenants.portal.storage import read_storage

__all__ = ["files"]


@require_safe
@permitted(Permission.EDIT_FILES)
def files(page: Page) -> HttpResponse:
    """Show avatars, fonts, what changes the page, and files under /public/."""
    shelf = Shelf(page.tenant)
    context = {
        "storage": read_storage(page.tenant),
        "avatars": shelf.of(AssetRole.AVATAR),
        "fonts": shelf.of(AssetRole.FONT),
        "code": [shelf.one(role) for role in (AssetRole.STYLESHEET, AssetRole.SCRIPT, AssetRole.THEME)],
        "public_files": shelf.of(AssetRole.PUBLIC_FILE),
        "blank": {
            role.value: Place(AssetSlot(role=role, name="")) for role in (AssetRole.AVATAR, AssetRole.PUBLIC_FILE)
        },
    }
    return show(page, "portal/files.html", context, section="files")
