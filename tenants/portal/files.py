"""The places for a tenant's files, in the words and fields that the pages and their script show."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.template.defaultfilters import filesizeformat

from tenants.assets.models import ROLE_LABELS, Asset
from tenants.assets.pipeline.formats import (
    MAXIMUM_BYTES,
    ROLE_FORMATS,
    FileFormat,
    accepted_content_types,
    accepted_extensions,
    listed,
)
from tenants.assets.services.slots import AssetSlot, current_assets
from tenants.contract.state import AssetRole
from tenants.portal.theme_values import ThemeValue, theme_values
from tenants.registry.models import Tenant

__all__ = ["IMAGE_ROLES", "Place", "Shelf", "in_words"]

IMAGE_ROLES = (
    AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK, AssetRole.FAVICON, AssetRole.LOGIN_IMAGE, AssetRole.OPEN_GRAPH,
)  # fmt: skip
"""What the branding page shows; all other roles are on the page of files."""

_LOGOS = frozenset({AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK})
_PICTURES = frozenset({*IMAGE_ROLES, AssetRole.AVATAR})
_DESCRIBED = _PICTURES - {AssetRole.FAVICON}

_PURPOSES = {
    AssetRole.LOGO_LIGHT: "In the chat's header on a light background.",
    AssetRole.LOGO_DARK: "In the chat's header on a dark background.",
    AssetRole.FAVICON: "The small picture in the browser's tab and on a phone's home screen. Best square, 512 pixels.",
    AssetRole.LOGIN_IMAGE: "Fills one side of the chat's sign-in page.",
    AssetRole.OPEN_GRAPH: "Shown where somebody shares a link to the chat. Best 1200 by 630 pixels.",
    AssetRole.STYLESHEET: "Rules for the chat's page, after the app's own.",
    AssetRole.SCRIPT: "Runs on the chat's page, in the browser of everyone who opens it.",
    AssetRole.THEME: "Variables in the form of Chainlit's theme.json. The colours under Branding come on top.",
}
_FACES = {"regular": "Regular", "italic": "Italic", "bold": "Bold", "bold_italic": "Bold italic"}
_FORMAT_LABELS = {known.content_type: known.label for known in FileFormat}


@dataclass(frozen=True)
class Place:
    """One place for a file. ``state`` is empty, pending, waiting, failed or published."""

    slot: AssetSlot

    @property
    def role(self) -> AssetRole:
        """What the file is for."""
        return self.slot.role

    @property
    def name(self) -> str:
        """Which one of the role, where the role takes names."""
        return self.slot.name

    @property
    def key(self) -> str:
        """What the script finds the place by."""
        return f"{self.role}/{self.name}"

    @property
    def element_id(self) -> str:
        """The id of the place in the page: names may hold what an id may not."""
        return f"place-{self.role}-{self.name.encode().hex()}"

    @property
    def title(self) -> str:
        """What people call the place."""
        if self.role is AssetRole.FONT:
            return _FACES[self.name]
        return self.name or ROLE_LABELS[self.role]

    @property
    def purpose(self) -> str:
        """Where its file is shown."""
        return _PURPOSES.get(self.role, "")

    @property
    def published(self) -> Asset | None:
        """The live file."""
        return self.slot.published

    @property
    def is_picture(self) -> bool:
        """Whether the file can be shown as it is."""
        if self.role is AssetRole.PUBLIC_FILE:
            return bool(self.published and self.published.content_type.startswith("image/"))
        return self.role in _PICTURES

    @property
    def is_described(self) -> bool:
        """Whether there is a picture whose description people would miss."""
        return self.role in _DESCRIBED and self.published is not None

    @property
    def state(self) -> str:
        """How far the newest upload is, or what there is where none is under way."""
        if self.slot.pending:
            return "pending"
        if self.slot.failed:
            return "failed"
        if self.slot.waiting:
            return "waiting"
        return "published" if self.slot.published else "empty"

    @property
    def step(self) -> str:
        """What is being done with a pending file just now; empty while it waits for its turn."""
        return self.slot.pending.step if self.slot.pending else ""

    @property
    def mark(self) -> str:
        """Another text whenever the place looks another way."""
        shown = (self.slot.published, self.slot.waiting, self.slot.failed)
        marks = [f"{asset.pk}" if asset else "" for asset in shown]
        return "/".join([self.state, *marks, self.slot.published.alt if self.slot.published else ""])

    @property
    def sentence(self) -> str:
        """How things stand, in one or two sentences."""
        slot = self.slot
        if slot.pending:
            return f"{slot.pending.get_step_display() or 'Waiting for its turn'}: “{slot.pending.original_name}”"
        if slot.failed:
            kept = " The one before stays live." if slot.published else ""
            return f"“{slot.failed.original_name}” was refused. {slot.failed.reason}{kept}"
        if slot.waiting:
            kept = " The one before stays live until then." if slot.published else ""
            return f"“{slot.waiting.original_name}” waits for an operator's approval.{kept}"
        if slot.published:
            return f"Live: {slot.published.original_name}, {self.measure}"
        if self.role in _LOGOS:
            return "None yet: the other theme's logo is shown, or else the app's own."
        return "None yet: the app's own is shown." if self.role in IMAGE_ROLES else "None yet."

    @property
    def measure(self) -> str:
        """How large the live file is."""
        asset = self.slot.published
        if asset is None:
            return ""
        pixels = f"{asset.width} by {asset.height} pixels, " if asset.width and asset.height else ""
        return f"{pixels}{filesizeformat(asset.size)}"

    @property
    def format_label(self) -> str:
        """The kind of the live file as people know it."""
        content_type = self.slot.published.content_type.partition(";")[0] if self.slot.published else ""
        return _FORMAT_LABELS.get(content_type, content_type)

    @property
    def renditions(self) -> str:
        """In which other sizes and formats the live picture is there, in a sentence; empty for none."""
        asset = self.slot.published
        if asset is None or not asset.renditions:
            return ""
        widths = sorted({rendition["width"] for rendition in asset.renditions})
        if self.role is AssetRole.FAVICON:
            return f"Also in {_row([str(width) for width in widths])} pixels."
        own = asset.content_type
        labels = dict.fromkeys(
            _FORMAT_LABELS.get(rendition["content_type"], rendition["content_type"])
            for rendition in asset.renditions
            if rendition["content_type"] != own
        )
        sizes = len({*widths, asset.width})
        in_sizes = f", {sizes} sizes" if sizes > 1 else ""
        return f"Also as {_row(sorted(labels))}{in_sizes}." if labels else f"In {sizes} sizes."

    @property
    def theme(self) -> dict[str, list[ThemeValue]]:
        """The variables that the live theme file sets, by theme."""
        uploaded = self.slot.published.theme if self.slot.published else None
        return {name: theme_values(uploaded[name]) for name in ("light", "dark") if uploaded and uploaded.get(name)}

    @property
    def accept(self) -> str:
        """What the file field offers to choose."""
        return ",".join([*accepted_content_types(self.role), *accepted_extensions(self.role)])

    @property
    def maximum_bytes(self) -> int:
        """How large an upload may be."""
        return MAXIMUM_BYTES[self.role]

    @property
    def limits(self) -> str:
        """Which files are taken, in words."""
        kinds = "Pictures, text, code, PDF, sound, video and fonts"
        if self.role is not AssetRole.PUBLIC_FILE:
            kinds = listed(ROLE_FORMATS[self.role])
        return f"{kinds}, up to {in_words(self.maximum_bytes)}"

    def as_json(self) -> dict[str, object]:
        """Return what the script follows while an upload is on its way."""
        return {
            "key": self.key,
            "title": self.title,
            "state": self.state,
            "step": self.step,
            "sentence": self.sentence,
            "mark": self.mark,
        }


@dataclass(frozen=True)
class Shelf:
    """All places of a tenant."""

    tenant: Tenant

    @cached_property
    def _slots(self) -> dict[AssetRole, dict[str, AssetSlot]]:
        return current_assets(self.tenant)

    def of(self, role: AssetRole) -> list[Place]:
        """Return the places of a role."""
        return [Place(slot) for slot in self._slots[role].values()]

    def one(self, role: AssetRole) -> Place:
        """Return the place of a role that takes no names."""
        return Place(self._slots[role][""])

    @property
    def images(self) -> list[Place]:
        """The places of the branding page."""
        return [self.one(role) for role in IMAGE_ROLES]

    @property
    def all(self) -> list[Place]:
        """Every place."""
        return [place for role in AssetRole for place in self.of(role)]

    def colours(self, theme: str) -> list[str]:
        """Return the strongest colours of the logo that a theme shows."""
        roles = (AssetRole.LOGO_LIGHT, AssetRole.LOGO_DARK)
        for role in roles if theme == "light" else reversed(roles):
            published = self.one(role).published
            if published and published.colours:
                return list(published.colours)
        return []


def in_words(size: int) -> str:
    """Return a limit of bytes as people say it."""
    return f"{size // 1024**2} MB" if size >= 1024**2 else f"{size // 1024} KB"


def _row(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
