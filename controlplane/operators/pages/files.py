"""All of a tenant's files for its operators: what is where, what waits for a word, and how much there may be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from django.http import Http404, HttpResponse

from controlplane.operators.addresses import file_address
from controlplane.operators.checks import tenant_checks
from controlplane.operators.forms import AddFileForm, QuotaForm, RefusalForm
from controlplane.operators.pages.file_page import FilePage
from controlplane.operators.reviewing import reviewed_text
from tenants.assets.models import ROLE_LABELS, Asset, AssetState
from tenants.assets.services.approval import approve_asset, read_waiting, refuse_asset
from tenants.assets.services.checking import Check, request_check
from tenants.assets.services.quota import set_storage_quota, storage_limit, storage_used
from tenants.assets.services.slots import AssetSlot, current_assets
from tenants.contract.errors import DomainError
from tenants.registry.models import Tenant

__all__ = ["FileRow", "FilesPage"]

_BADGES = {
    AssetState.AWAITED: "info",
    AssetState.RECEIVED: "info",
    AssetState.WAITING: "warning",
    AssetState.PUBLISHED: "success",
    AssetState.FAILED: "danger",
}


@dataclass(frozen=True)
class FileRow:
    """One file in one place; ``is_first`` where the place begins, which is named once."""

    asset: Asset
    label: str
    url: str
    is_first: bool

    @property
    def badge(self) -> str:
        """Return the colour of the state's label."""
        return _BADGES[AssetState(self.asset.state)]

    @property
    def state(self) -> str:
        """Return the state in a word or two, with what is being done just now."""
        return str(self.asset.get_step_display() or self.asset.get_state_display())

    @property
    def content_type(self) -> str:
        """Return the media type alone."""
        return self.asset.content_type.partition(";")[0]


class FilesPage(FilePage):
    """Every role and name with what is in it; with ``?review=`` the text of a file that waits."""

    tab = "files"
    title = "Files"
    template_name = "operators/tenant_files.html"
    commands: ClassVar = {
        **FilePage.commands,
        "approve": "approve",
        "refuse": "refuse",
        "quota": "save_quota",
        "check": "check",
    }

    def read(self) -> dict[str, Any]:
        """Return the files, the one under review, and the storage."""
        slots = [slot for named in current_assets(self.tenant).values() for slot in named.values()]
        used, limit = storage_used(self.tenant), storage_limit(self.tenant)
        return {
            "rows": [row for slot in slots for row in _rows(self.tenant, slot)],
            "waiting": [slot.waiting for slot in slots if slot.waiting],
            "working": any(slot.pending for slot in slots),
            "review": self._review(self.request.GET.get("review", "")),
            "refusal_form": RefusalForm(),
            "add_form": AddFileForm(),
            "quota_form": QuotaForm(initial={"megabytes": self.tenant.storage_quota_mb}),
            "used": used,
            "limit": limit,
            "share": round(100 * used / limit) if limit else 100,
            "checks": (checks := tenant_checks(self.tenant.pk)),
            "checking": any(check.report and check.report.is_under_way for check in checks),
            "ticket": None,
        }

    def approve(self) -> HttpResponse:
        """Let a waiting file in."""
        return self.run(
            lambda: approve_asset(self.tenant.pk, self.request.POST.get("asset", ""), actor=self.actor),
            done="Let in. The worker publishes it in a moment.",
        )

    def refuse(self) -> HttpResponse:
        """Keep a waiting file out, with the reason that its uploader reads."""
        form = RefusalForm(self.request.POST)
        return self.submit(
            "refusal_form",
            form,
            lambda: refuse_asset(
                self.tenant.pk,
                self.request.POST.get("asset", ""),
                reason=form.cleaned_data["reason"],
                actor=self.actor,
            ),
            done="Refused. The uploader reads the reason on the settings page.",
        )

    def save_quota(self) -> HttpResponse:
        """Give the tenant a quota of its own, or the platform's again."""
        form = QuotaForm(self.request.POST)
        return self.submit(
            "quota_form",
            form,
            lambda: set_storage_quota(self.tenant.pk, megabytes=form.cleaned_data["megabytes"], actor=self.actor),
            done="Storage quota saved.",
        )

    def check(self) -> HttpResponse:
        """Have the worker do a check; its result is shown here once it is known."""
        try:
            check = Check(self.request.POST.get("check", ""))
        except ValueError as error:
            raise Http404("There is no such check.") from error
        return self.run(lambda: request_check(self.tenant.pk, check, actor=self.actor), done="The worker is at it.")

    def _review(self, asset_id: str) -> dict[str, Any] | None:
        """Return the file to look at with its text, or with why it cannot be read."""
        if not asset_id:
            return None
        try:
            content = read_waiting(self.tenant.pk, asset_id, actor=self.actor)
        except DomainError as error:
            return {"fault": error.message}
        asset = Asset.objects.get(pk=asset_id)
        return {"asset": asset, "label": asset.get_role_display(), "text": reviewed_text(content)}


def _rows(tenant: Tenant, slot: AssetSlot) -> Iterator[FileRow]:
    label = f"{ROLE_LABELS[slot.role]}: {slot.name}" if slot.name else ROLE_LABELS[slot.role]
    assets = [asset for asset in (slot.published, slot.pending, slot.waiting, slot.failed) if asset]
    for number, asset in enumerate(assets):
        url = file_address(tenant, asset.url) if asset.state == AssetState.PUBLISHED else ""
        yield FileRow(asset, label, url, is_first=number == 0)
