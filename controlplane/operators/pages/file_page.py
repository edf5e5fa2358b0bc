"""What the pages share on which an operator brings a tenant's files in and takes them away."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse

from controlplane.operators.pages.tenant_page import TenantPage, tenant_address
from tenants.assets.pipeline.formats import accepted_content_types, accepted_extensions
from tenants.assets.services.receiving import begin_upload, cancel_upload, fetch_remote, finish_upload
from tenants.assets.services.slots import remove_asset
from tenants.contract.errors import DomainError
from tenants.contract.state import AssetRole

__all__ = ["FilePage", "accept_of"]


def accept_of(role: AssetRole) -> str:
    """Return what a file field of a role offers to choose."""
    return ",".join([*accepted_content_types(role), *accepted_extensions(role)])


class FilePage(TenantPage):
    """A tab with tickets for uploads: the file itself goes from the operator's browser to the store."""

    commands: ClassVar = {
        "upload": "upload",
        "fetch": "fetch",
        "finish": "finish",
        "cancel": "cancel",
        "remove-file": "remove_file",
    }

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page, or take a browser back that the store sends here after an upload by the form."""
        if key := request.GET.get("key"):
            if not self.model_admin.has_change_permission(request):
                raise PermissionDenied
            return self._received(key.rpartition("/")[2])
        return super().get(request)

    def upload(self) -> HttpResponse:
        """Give out the ticket to upload a file with: to a script as JSON, else as a form to choose the file in."""
        request = self.request
        with_script = "application/json" in request.headers.get("Accept", "")
        role, name = request.POST.get("role", ""), request.POST.get("name", "")
        here = "" if with_script else request.build_absolute_uri(tenant_address(self.tenant.pk, self.tab))
        try:
            ticket = begin_upload(
                self.tenant.pk,
                role=role,
                name=name,
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
            return self.show(ticket=ticket, ticket_role=role, ticket_accept=accept_of(AssetRole(role)))
        upload: dict[str, Any] = {
            "asset": ticket.asset_id,
            "url": ticket.url,
            "fields": ticket.fields,
            "maximum_bytes": ticket.maximum_bytes,
        }
        return JsonResponse({"upload": upload}, status=201)

    def fetch(self) -> HttpResponse:
        """Have the worker fetch a file from a web address."""
        posted = self.request.POST
        return self.run(
            lambda: fetch_remote(
                self.tenant.pk,
                role=posted.get("role", ""),
                name=posted.get("name", ""),
                url=posted.get("url", ""),
                actor=self.actor,
            ),
            done="The worker fetches it, checks it and publishes it in a moment.",
        )

    def finish(self) -> HttpResponse:
        """Hear from the script that the store has the file; the worker checks and publishes it."""
        return self._received(self.request.POST.get("asset", ""))

    def cancel(self) -> HttpResponse:
        """Hear from the script that the file did not reach the store."""
        if asset_id := self.request.POST.get("asset"):
            cancel_upload(self.tenant.pk, asset_id, actor=self.actor)
        messages.error(self.request, self.request.POST.get("reason", "") or "The file could not be stored just now.")
        return self.back()

    def remove_file(self) -> HttpResponse:
        """Take a file away; where the app has one of its own that is used again."""
        role, name = self.request.POST.get("role", ""), self.request.POST.get("name", "")
        return self.run(lambda: remove_asset(self.tenant.pk, role, name, actor=self.actor))

    def _received(self, asset_id: str) -> HttpResponse:
        return self.run(
            lambda: finish_upload(self.tenant.pk, asset_id, actor=self.actor),
            done="Received. It is checked and published in a moment.",
        )
