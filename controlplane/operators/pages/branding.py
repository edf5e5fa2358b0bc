"""How a tenant's chat presents itself: names, colours, font and images."""

from typing import Any, ClassVar

from django.http import HttpResponse

from controlplane.operators.forms import AssetForm
from controlplane.operators.pages.tenant_page import TenantPage
from tenants.assets.services.uploads import current_assets, receive_asset, remove_asset
from tenants.contract.state import AssetRole
from tenants.registry.schema import tenant_schema
from tenants.workspace.forms import BrandingForm
from tenants.workspace.services.branding import get_branding, update_branding

__all__ = ["BrandingPage"]

IMAGES: dict[str, tuple[str, str]] = {
    AssetRole.LOGO_LIGHT: ("Logo, light theme", "Shown on light backgrounds."),
    AssetRole.LOGO_DARK: ("Logo, dark theme", "Shown on dark backgrounds."),
    AssetRole.FAVICON: ("Favicon", "The small picture in the browser's tab."),
    AssetRole.LOGIN_IMAGE: ("Sign-in image", "Beside the sign-in form of tenants whose members sign in."),
}


class BrandingPage(TenantPage):
    """The branding form, and one card for each image with how far its upload is."""

    tab = "branding"
    title = "Branding"
    template_name = "operators/tenant_branding.html"
    commands: ClassVar = {"branding": "save_branding", "upload": "upload", "remove-image": "remove_image"}

    def read(self) -> dict[str, Any]:
        """Return the form and the images with their published addresses."""
        live = self.tenant.live_publication
        published = {asset["role"]: asset for asset in live.document.get("assets", ())} if live else {}
        states = current_assets(self.tenant)
        images = [
            {"role": str(role), "title": title, "help": text, "live": published.get(role), **states.get(role, {})}
            for role, (title, text) in IMAGES.items()
        ]
        return {
            "branding_form": BrandingForm(initial=get_branding()),
            "images": images,
            "working": any(image.get("pending") for image in images),
            "failed_upload": None,
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

    def upload(self) -> HttpResponse:
        """Receive an image; the worker checks and publishes it."""
        form = AssetForm(self.request.POST, self.request.FILES)

        def receive() -> None:
            file = form.cleaned_data["file"]
            receive_asset(
                self.tenant.pk,
                role=form.cleaned_data["role"],
                name=file.name,
                content=file,
                size=file.size,
                actor=self.actor,
            )

        return self.submit("failed_upload", form, receive, done="Received. It is checked and published in a moment.")

    def remove_image(self) -> HttpResponse:
        """Take an image away; the chat then shows the app's own."""
        role = self.request.POST.get("role", "")
        return self.run(lambda: remove_asset(self.tenant.pk, role, actor=self.actor))
