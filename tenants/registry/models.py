"""Tables of the public schema. Rows are changed by the services only, which publish and audit."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django_tenants.models import DomainMixin, TenantMixin

from tenants.contract.state import TenantStatus
from tenants.registry.sealed_columns import SealedTextField

__all__ = [
    "AppSchema", "AuditEntry", "Domain", "EnvironmentRollout", "PlatformVisit", "Preview", "Provisioning",
    "ProvisioningState", "Publication", "ScheduledPublication", "ScheduledState", "SharedVariable", "Tenant",
]  # fmt: skip


class Tenant(TenantMixin):  # type: ignore[misc]  # django-tenants ships no types
    """A customer: owns one Postgres schema and names the app it is served by."""

    class Status(models.TextChoices):
        """Whether the tenant is served; the values are ``TenantStatus``."""

        ACTIVE = TenantStatus.ACTIVE.value, "Active"
        SUSPENDED = TenantStatus.SUSPENDED.value, "Suspended"
        ARCHIVED = TenantStatus.ARCHIVED.value, "Archived"

    # Provisioning creates the schema and compensation drops it; saving or deleting a row never does.
    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    slug = models.CharField("short name", max_length=39, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    app = models.CharField(max_length=64, help_text="The Chainlit project folder that serves this tenant.")
    plan = models.CharField(max_length=40, blank=True)
    storage_quota_mb = models.PositiveIntegerField(
        "storage quota (MB)", null=True, blank=True, help_text="For published files; empty for the platform's own."
    )
    publish_on_save = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whatever is saved is live at once; otherwise it waits until it is published.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    live_publication = models.ForeignKey(
        "Publication", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):  # type: ignore[misc]  # django-tenants ships no types
    """A host name that leads to a tenant, in the form ``normalise_host`` returns; only verified ones resolve."""

    verified = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_primary", "domain"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_primary=True), name="registry_domain_one_primary"
            ),
            models.CheckConstraint(condition=models.Q(domain=Lower("domain")), name="registry_domain_lower"),
        ]

    def __str__(self) -> str:
        return str(self.domain)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row as it is; which domain is primary is decided by the domain services."""
        models.Model.save(self, *args, **kwargs)


class Publication(models.Model):
    """One published TenantState. Rows are never changed: an older document comes back as a new revision."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="publications")
    revision = models.PositiveIntegerField()
    document = models.JSONField()
    checksum = models.CharField(max_length=64)
    actor = models.CharField(max_length=200)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-revision"]
        constraints = [models.UniqueConstraint(fields=["tenant", "revision"], name="registry_publication_revision")]

    def __str__(self) -> str:
        return f"revision {self.revision}"


class ScheduledState(models.TextChoices):
    """What became of a publication that was planned."""

    WAITING = "waiting", "Waiting"
    PUBLISHED = "published", "Published"
    CANCELLED = "cancelled", "Cancelled"
    REFUSED = "refused", "Refused"


class ScheduledPublication(models.Model):
    """When to publish whatever waits at a tenant then. A refused one keeps its reason."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="scheduled_publications")
    publish_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=9, choices=ScheduledState.choices, default=ScheduledState.WAITING)
    reason = models.CharField(max_length=500, blank=True)
    # Who planned it; what a member may is looked up when the time comes.
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=200)
    member_id = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(state="waiting"), name="registry_scheduled_one_waiting"
            )
        ]
        indexes = [
            models.Index(fields=["publish_at"], condition=models.Q(state="waiting"), name="registry_scheduled_due")
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}, {self.publish_at:%d %b %Y, %H:%M}"


class ProvisioningState(models.TextChoices):
    """How far a new tenant is."""

    REQUESTED = "requested", "Requested"
    SCHEMA = "schema", "Schema created"
    SEEDED = "seeded", "Seeded"
    LIVE = "live", "Live"
    FAILED = "failed", "Failed"


class Provisioning(models.Model):
    """The request for a new tenant and how far it is; survives a failure to show the reason and be retried."""

    OPEN_STATES: ClassVar = (ProvisioningState.REQUESTED, ProvisioningState.SCHEMA, ProvisioningState.SEEDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    slug = models.CharField("short name", max_length=39)
    domain = models.CharField(max_length=253)
    app = models.CharField(max_length=64)
    plan = models.CharField(max_length=40, blank=True)
    owner_email = models.EmailField()
    owner_password = models.CharField(max_length=200, help_text="Encoded hash; emptied when the tenant is live.")
    publish_on_save = models.BooleanField(default=True, db_default=True)
    state = models.CharField(max_length=10, choices=ProvisioningState.choices, default=ProvisioningState.REQUESTED)
    reason = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    tenant = models.OneToOneField(
        Tenant, on_delete=models.SET_NULL, null=True, blank=True, related_name="provisioning", editable=False
    )
    requested_by = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["slug"], condition=~models.Q(state="failed"), name="registry_provisioning_slug"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_state_display()})"


class SharedVariable(models.Model):
    """A variable for the apps of many tenants: those of a plan, or every tenant where ``plan`` is empty.

    A secret's ``value`` is a Fernet token, made once when it is set: each tenant's document holds the same one.
    """

    plan = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=128)
    value = SealedTextField(blank=True, only_if="is_secret")
    is_secret = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["plan", "name"]
        constraints = [models.UniqueConstraint(fields=["plan", "name"], name="registry_sharedvariable_name")]

    def __str__(self) -> str:
        return f"{self.name} ({self.plan or 'every tenant'})"


class EnvironmentRollout(models.Model):
    """How far a change of shared variables has come to the tenants it concerns.

    Tenants are published in the order of their ids; ``reached`` is the last one, so a worker that takes over goes on
    from there.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    plan = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=300)
    requested_by = models.CharField(max_length=200)
    total = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    reached = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["updated_at"], condition=models.Q(finished_at=None), name="registry_rollout_unfinished"
            )
        ]

    def __str__(self) -> str:
        return self.note


class Preview(models.Model):
    """A draft that one member looks at in a chat of their own: a tenant's document with changes nobody has saved.

    Plain values name member and sign-in, which are in the tenant's schema. Of the secret in its address a digest is
    kept (``tenants.contract.previews``). Runtimes read this table.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="previews")
    member_id = models.UUIDField()
    sign_in_id = models.UUIDField(db_index=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    version = models.PositiveIntegerField(default=1)
    document = models.TextField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["ends_at"]

    def __str__(self) -> str:
        return f"preview at {self.tenant_id}"


class AppSchema(models.Model):
    """The settings that an app lets each tenant set, as a runtime told when it loaded the app: it writes this table.

    An app without settings has no row. The control plane reads the schema, and runs no app's code.
    """

    app = models.CharField(max_length=64, primary_key=True)
    schema = models.JSONField()
    digest = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.app


class AuditEntry(models.Model):
    """Who changed what, when. Written in the transaction of the change; values of secrets are never in it."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    # Plain values, not foreign keys: the log outlives tenants and people.
    tenant_id = models.UUIDField(null=True, db_index=True)
    tenant_slug = models.CharField(max_length=39, blank=True)
    actor_kind = models.CharField(max_length=10)
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict)
    address = models.CharField("network address", max_length=45, blank=True)
    method = models.CharField("way to sign in", max_length=40, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["tenant_slug", "at", "id"], name="registry_audit_tenant"),
            models.Index(fields=["action", "at", "id"], name="registry_audit_action"),
            models.Index(fields=["method", "at", "id"], name="registry_audit_method"),
            # With the operators of patterns, for what these begin with.
            models.Index(
                fields=["actor", "at", "id"],
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "int8_ops"],
                name="registry_audit_actor",
            ),
            models.Index(
                fields=["address", "at", "id"],
                opclasses=["varchar_pattern_ops", "timestamptz_ops", "int8_ops"],
                name="registry_audit_address",
            ),
        ]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.action} by {self.actor}"


class PlatformVisit(models.Model):
    """An operator who looks at a tenant's settings as its owners see them, for a reason and a while.

    It is begun by a link that works once. The browser that opens the link is given a secret of its own, by which it
    goes on. ``secret_hash`` is of whichever of the two is next.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="platform_visits")
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # Beside the key, for the list outlives the account.
    operator_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=300)
    secret_hash = models.CharField(max_length=64)
    begun_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-begun_at"]

    def __str__(self) -> str:
        return f"{self.operator_name} at {self.tenant_id}"
