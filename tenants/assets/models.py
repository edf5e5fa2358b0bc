"""Tables of a tenant's schema."""

import uuid

from django.db import models
from django.db.models.functions import Now

from tenants.assets.addresses import public_url
from tenants.contract.state import AssetRole
from tenants.registry.actor import Actor, ActorKind

__all__ = ["ENDED", "ROLE_LABELS", "UNFINISHED", "Asset", "AssetState", "AssetStep", "StoredObject"]

ROLE_LABELS = {
    AssetRole.LOGO_LIGHT: "Logo, light theme",
    AssetRole.LOGO_DARK: "Logo, dark theme",
    AssetRole.FAVICON: "Favicon",
    AssetRole.LOGIN_IMAGE: "Sign-in image",
    AssetRole.OPEN_GRAPH: "Link preview image",
    AssetRole.AVATAR: "Avatar",
    AssetRole.FONT: "Font",
    AssetRole.STYLESHEET: "Stylesheet",
    AssetRole.SCRIPT: "Script",
    AssetRole.THEME: "Theme file",
    AssetRole.PUBLIC_FILE: "Public file",
}


class AssetState(models.TextChoices):
    """How far an upload is.

    Awaited from the uploader's browser or from another site, received in the private bucket, perhaps waiting for an
    operator to let it in, then published or failed, and at last replaced or removed.
    """

    AWAITED = "awaited", "Awaited"
    RECEIVED = "received", "Received"
    WAITING = "waiting", "Waiting for approval"
    PUBLISHED = "published", "Published"
    FAILED = "failed", "Failed"
    REPLACED = "replaced", "Replaced"
    REMOVED = "removed", "Removed"


UNFINISHED = (AssetState.AWAITED, AssetState.RECEIVED)
"""States in which the worker has still to do something."""

ENDED = (AssetState.FAILED, AssetState.REPLACED, AssetState.REMOVED)
"""States after which nothing comes by itself."""


class AssetStep(models.TextChoices):
    """What is being done with an upload just now; told to people, and decides nothing."""

    FETCHING = "fetching", "Fetching"
    CHECKING = "checking", "Checking"
    STORING = "storing", "Storing"


class Asset(models.Model):
    """One upload. The published one of each role and name is in the manifest; a failed one keeps its reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    role = models.CharField(max_length=12, choices=[(role.value, label) for role, label in ROLE_LABELS.items()])
    name = models.CharField(max_length=200, blank=True, help_text="Which one of the role, where it takes names.")
    alt = models.CharField(max_length=200, blank=True, help_text="What the picture shows, for people who cannot see.")
    state = models.CharField(max_length=9, choices=AssetState.choices, default=AssetState.RECEIVED)
    step = models.CharField(max_length=8, choices=AssetStep.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    original_name = models.CharField(max_length=120, blank=True)
    source_url = models.CharField(max_length=2000, blank=True, help_text="Where the worker fetches the file.")
    private_key = models.CharField(max_length=200)
    public_key = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    renditions = models.JSONField(
        default=list, help_text="Other sizes and formats: key, content_type, sha256, size, width, height of each."
    )
    font = models.JSONField(null=True, help_text="family, weight and style of a font.")
    theme = models.JSONField(null=True, help_text="Variables of a theme file, by theme.")
    colours = models.JSONField(default=list, help_text="The strongest colours of a picture, #rrggbb.")
    uploaded_by = models.CharField(max_length=200)
    uploaded_by_kind = models.CharField(max_length=10)
    approved_by = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Times that processing was begun; a file that ends the worker each time is given up."
    )
    due_at = models.DateTimeField(help_text="When the sweep takes up an upload that nobody has finished.")
    # The database's clock: of two uploads the later one wins, wherever they came in.
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["role", "name"], condition=models.Q(state="published"), name="assets_asset_one_published"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=models.Q(state__in=["awaited", "received"]), name="assets_asset_unfinished"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} ({self.get_state_display()})"

    @property
    def url(self) -> str:
        """The address in the public bucket, where a published file is; empty for an upload that never got so far."""
        return public_url(self.public_key) if self.public_key else ""

    @property
    def public_keys(self) -> tuple[str, ...]:
        """The objects of the public bucket that this file is made of: its own and those of its renditions."""
        return (self.public_key, *(rendition["key"] for rendition in self.renditions)) if self.public_key else ()

    @property
    def waiting_key(self) -> str:
        """Where a file that waits for an operator is kept, privately, as it would be published."""
        return f"{self.private_key}.waiting"

    @property
    def uploader(self) -> Actor:
        """Who uploaded the file, and so who publishes it."""
        return Actor(ActorKind(self.uploaded_by_kind), self.uploaded_by)


class StoredObject(models.Model):
    """One object of this tenant in the public bucket, noted before it is stored and forgotten after it is deleted.

    So every object is known, whatever became of the upload it was made for: storage is counted by these rows, checked
    against them, and cleaned up by them.
    """

    key = models.CharField(primary_key=True, max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=100)
    stored_at = models.DateTimeField(db_default=Now(), db_index=True, help_text="When it was last stored or reused.")

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
