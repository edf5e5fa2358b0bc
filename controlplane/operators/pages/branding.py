"""How a tenant's chat presents itself: names, colours, font and images."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse

from controlplane.operators.addresses import file_address
from controlplane.operators.pages.tenant_page import TenantPage, tenant_address
from tenants.assets.pipeline.formats import accepted_content_types
from tenants.assets.services.receiving import begin_upload, cancel_upload, finish_upload
from tenants.assets.services.slots import AssetSlot, current_assets, remove_asset
from tenants.contract.errors import DomainError
from tenants.contract.state import AssetRole
from tenants.registry.schema import tenant_schema
from tenants.workspace.forms import BrandingForm
from tenants.workspace.services.branding import get_branding, update_branding

__all__ = ["BrandingPage"]

IMAGES: dict[AssetRole, tuple[str, str]] = {
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
    commands: ClassVar = {
        "branding": "save_branding",
        "upload": "upload",
        "finish": "finish",
        "cancel": "cancel",
        "remove-image": "remove_image",
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page, or take a browser back that the store sends here after an upload by the form."""
        if key := request.GET.get("key"):
            if not self.model_admin.has_change_permission(request):
                raise PermissionDenied
            return self._received(key.rpartition("/")[2])
        return super().get(request)

    def read(self) -> dict[str, Any]:
        """Return the form and the images with their published addresses."""
        places = current_assets(self.tenant)
        images = [self._image(role, title, text, places[role][""]) for role, (title, text) in IMAGES.items()]
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

    def upload(self) -> HttpResponse:
        """Give out the ticket to upload an image with: to a script as JSON, else as a form to choose the file in."""
        request = self.request
        with_script = "application/json" in request.headers.get("Accept", "")
        role = request.POST.get("role", "")
        here = "" if with_script else request.build_absolute_uri(tenant_address(self.tenant.pk, self.tab))
        try:
            ticket = begin_upload(
                self.tenant.pk,
                role=role,
                file_name=request.POST.get("file_name", ""),
                actor=self.actor,
                return_to=here,
            )
        except DomainError as error:
            if with_script:
                return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=error.status)
            messages.error(request, error.message)
            return self.back()
        if not with_script:
            return self.show(ticket=ticket, ticket_role=role)
        upload = {
            "asset": ticket.asset_id,
            "url": ticket.url,
            "fields": ticket.fields,
            "maximum_bytes": ticket.maximum_bytes,
        }
        return JsonResponse({"upload": upload}, status=201)

    def finish(self) -> HttpResponse:
        """Hear from the script that the store has the file; the worker checks and publishes it."""
        return self._received(self.request.POST.get("asset", ""))

    def cancel(self) -> HttpResponse:
        """Hear from the script that the file did not reach the store."""
        if asset_id := self.request.POST.get("asset"):
            cancel_upload(self.tenant.pk, asset_id)
        messages.error(self.request, self.request.POST.get("reason", "") or "The file could not be stored just now.")
        return self.back()

    def remove_image(self) -> HttpResponse:
        """Take an image away; the chat then shows the app's own."""
        role = self.request.POST.get("role", "")
        return self.run(lambda: remove_asset(self.tenant.pk, role, actor=self.actor))

    def _received(self, asset_id: str) -> HttpResponse:
        return self.run(
            lambda: finish_upload(self.tenant.pk, asset_id), done="Received. It is checked and published in a moment."
        )

    def _image(self, role: AssetRole, title: str, text: str, slot: AssetSlot) -> dict[str, Any]:
        return {
            "role": role.value,
            "title": title,
            "help": text,
            "slot": slot,
            "url": file_address(self.tenant, slot.published.url) if slot.published else "",
            "accept": ",".join(accepted_content_types(role)),
        }
