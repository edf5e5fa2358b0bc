"""Tables of a tenant's schema."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tenants.contract.state import AssetRole
from tenants.registry.actor import Actor, ActorKind

__all__ = ["ROLE_LABELS", "Asset", "AssetState"]

ROLE_LABELS = {
    AssetRole.LOGO_LIGHT: "Logo, light theme",
    AssetRole.LOGO_DARK: "Logo, dark theme",
    AssetRole.FAVICON: "Favicon",
    AssetRole.LOGIN_IMAGE: "Sign-in image",
}


class AssetState(models.TextChoices):
    """How far an upload is: received, then published or failed, and at last replaced or removed."""

    RECEIVED = "received", "Received"
    PUBLISHED = "published", "Published"
    FAILED = "failed", "Failed"
    REPLACED = "replaced", "Replaced"
    REMOVED = "removed", "Removed"


class Asset(models.Model):
    """One upload. The published one of each role is in the tenant's manifest; a failed one keeps its reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    role = models.CharField(max_length=12, choices=[(role.value, label) for role, label in ROLE_LABELS.items()])
    state = models.CharField(max_length=9, choices=AssetState.choices, default=AssetState.RECEIVED)
    reason = models.CharField(max_length=300, blank=True)
    original_name = models.CharField(max_length=120, blank=True)
    private_key = models.CharField(max_length=200)
    public_key = models.CharField(max_length=200, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    uploaded_by = models.CharField(max_length=200)
    uploaded_by_kind = models.CharField(max_length=10)
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
                fields=["role"], condition=models.Q(state="published"), name="assets_asset_one_published"
            )
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="received"), name="assets_asset_received")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} ({self.get_state_display()})"

    @property
    def url(self) -> str:
        """The address in the public bucket, or empty for an upload that never got there."""
        return f"{settings.ENVIRONMENT.assets_base_url}/{self.public_key}" if self.public_key else ""

    @property
    def uploader(self) -> Actor:
        """Who uploaded the file, and so who publishes it."""
        return Actor(ActorKind(self.uploaded_by_kind), self.uploaded_by)
