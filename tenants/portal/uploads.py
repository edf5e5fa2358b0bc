"""How far each image is, in the words and fields that the page and its script show."""

from dataclasses import dataclass

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from tenants.assets.models import ROLE_LABELS, Asset
from tenants.assets.pipeline.formats import ROLE_FORMATS, accepted_content_types
from tenants.assets.services.uploads import MAXIMUM_BYTES, RoleAssets, current_assets
from tenants.contract.state import AssetRole
from tenants.registry.models import Tenant

__all__ = ["ImageSlot", "image_slots"]

_PURPOSES = {
    AssetRole.LOGO_LIGHT: "In the chat's header on a light background.",
    AssetRole.LOGO_DARK: "In the chat's header on a dark background.",
    AssetRole.FAVICON: "The small picture in the browser's tab. Best square, 64 pixels or more.",
    AssetRole.LOGIN_IMAGE: "Fills one side of the chat's sign-in page.",
}


@dataclass(frozen=True)
class ImageSlot:
    """The place of one image. ``state`` is empty, received, published or failed."""

    role: str
    title: str
    purpose: str
    accept: str
    limits: str
    state: str
    sentence: str
    url: str
    removable: bool

    def as_json(self) -> dict[str, object]:
        """Return what changes while an upload is on its way."""
        return {
            "role": self.role,
            "title": self.title,
            "state": self.state,
            "sentence": self.sentence,
            "url": self.url,
            "removable": self.removable,
        }


def image_slots(tenant: Tenant) -> list[ImageSlot]:
    """Return the places for images with what is in each now."""
    shown = current_assets(tenant)
    return [_slot(role, shown[role.value]) for role in _PURPOSES]


def _slot(role: AssetRole, assets: RoleAssets) -> ImageSlot:
    published, pending, failed = assets["published"], assets["pending"], assets["failed"]
    state, sentence = _progress(published, pending, failed)
    kinds = [image_format.label for image_format in ROLE_FORMATS[role]]
    return ImageSlot(
        role=role.value,
        title=ROLE_LABELS[role],
        purpose=_PURPOSES[role],
        accept=",".join(accepted_content_types(role)),
        limits=f"{', '.join(kinds[:-1])} or {kinds[-1]}, up to {MAXIMUM_BYTES // 1024**2} MB",
        state=state,
        sentence=sentence,
        url=f"{settings.ENVIRONMENT.assets_base_url}/{published.public_key}" if published else "",
        removable=any((published, pending, failed)),
    )


def _progress(published: Asset | None, pending: Asset | None, failed: Asset | None) -> tuple[str, str]:
    if pending:
        return "received", f"Checking and preparing “{pending.original_name}”…"
    if failed:
        kept = " The one before stays live." if published else ""
        return "failed", f"“{failed.original_name}” was refused. {failed.reason}{kept}"
    if published:
        measure = f"{published.width} by {published.height} pixels, " if published.width and published.height else ""
        return "published", f"Live: {published.original_name}, {measure}{filesizeformat(published.size)}"
    return "empty", "None yet: the app's own is shown."
