"""How a tenant's chat presents itself: names, colours, font and images."""

from typing import Any, ClassVar

from django.http import HttpResponse

from controlplane.operators.addresses import file_address
from controlplane.operators.pages.file_page import FilePage, accept_of
from tenants.assets.models import ROLE_LABELS
from tenants.assets.services.slots import AssetSlot, current_assets
from tenants.contract.state import AssetRole
from tenants.registry.schema import tenant_schema
from tenants.workspace.forms import BrandingForm
from tenants.workspace.services.branding import get_branding, update_branding

__all__ = ["BrandingPage"]

IMAGES: dict[AssetRole, str] = {
    AssetRole.LOGO_LIGHT: "Shown on light backgrounds.",
    AssetRole.LOGO_DARK: "Shown on dark backgrounds.",
    AssetRole.FAVICON: "The small picture in the browser's tab.",
    AssetRole.LOGIN_IMAGE: "Beside the sign-in form of tenants whose members sign in.",
    AssetRole.OPEN_GRAPH: "Where somebody shares a link to the chat.",
}


class BrandingPage(FilePage):
    """The branding form, and one card for each image with how far its upload is."""

    tab = "branding"
    title = "Branding"
    template_name = "operators/tenant_branding.html"
    commands: ClassVar = {**FilePage.commands, "branding": "save_branding"}

    def read(self) -> dict[str, Any]:
        """Return the form and the images with their published addresses."""
        places = current_assets(self.tenant)
        images = [self._image(role, text, places[role][""]) for role, text in IMAGES.items()]
        return {
            "branding_form": BrandingForm(initial=get_branding()),
            "images": images,
            "working": any(image["slot"].pending for image in images),
            "ticket": None,
        }

    def save_branding(self) -> HttpResponse:
        """Change names, theme, colours and font."""
        with tenant_schema(self.tenant):
            form = BrandingForm(self.request.POST, initial=get_branding())
        return self.submit(
            "branding_form",
            form,
            lambda: update_branding(self.tenant.pk, values=form.values(), actor=self.actor),
        )

    def _image(self, role: AssetRole, text: str, slot: AssetSlot) -> dict[str, Any]:
        return {
            "role": role.value,
            "title": ROLE_LABELS[role],
            "help": text,
            "slot": slot,
            "url": file_address(self.tenant, slot.published.url) if slot.published else "",
            "accept": accept_of(role),
        }
