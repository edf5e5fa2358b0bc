"""How far each image is, in the words and fields that the page and its script show."""

from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat

from tenants.assets.models import ROLE_LABELS
from tenants.assets.pipeline.formats import MAXIMUM_BYTES, ROLE_FORMATS, accepted_content_types
from tenants.assets.services.slots import AssetSlot, current_assets
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
    """The place of one image. ``state`` is empty, received, waiting, published or failed."""

    role: str
    title: str
    purpose: str
    accept: str
    limits: str
    maximum_bytes: int
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
    return [_slot(role, shown[role][""]) for role in _PURPOSES]


def _slot(role: AssetRole, slot: AssetSlot) -> ImageSlot:
    state, sentence = _progress(slot)
    kinds = [image_format.label for image_format in ROLE_FORMATS[role]]
    return ImageSlot(
        role=role.value,
        title=ROLE_LABELS[role],
        purpose=_PURPOSES[role],
        accept=",".join(accepted_content_types(role)),
        limits=f"{', '.join(kinds[:-1])} or {kinds[-1]}, up to {MAXIMUM_BYTES[role] // 1024**2} MB",
        maximum_bytes=MAXIMUM_BYTES[role],
        state=state,
        sentence=sentence,
        url=slot.published.url if slot.published else "",
        removable=not slot.is_empty,
    )


def _progress(slot: AssetSlot) -> tuple[str, str]:
    published = slot.published
    if slot.pending:
        step = slot.pending.get_step_display() or "Waiting for its turn"
        return "received", f"{step}: “{slot.pending.original_name}”…"
    if slot.failed:
        kept = " The one before stays live." if published else ""
        return "failed", f"“{slot.failed.original_name}” was refused. {slot.failed.reason}{kept}"
    if slot.waiting:
        return "waiting", f"“{slot.waiting.original_name}” waits for an operator to let it in."
    if published:
        measure = f"{published.width} by {published.height} pixels, " if published.width and published.height else ""
        return "published", f"Live: {published.original_name}, {measure}{filesizeformat(published.size)}"
    return "empty", "None yet: the app's own is shown."
