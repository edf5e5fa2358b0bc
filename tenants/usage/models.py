"""Tables of the public schema. The runtimes add to them by themselves (``runtime.usage.storing``)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.contract.usage import LONGEST_MODEL_NAME, PERSON_BYTES
from tenants.registry.models import Tenant

__all__ = ["KnownPerson", "ModelTokens", "TenantDay", "Writer"]


def _tenant() -> "models.ForeignKey[Tenant, Tenant]":
    # Without a constraint in the database: to check it would lock the tenant's row, for which edits wait and which
    # they hold. Runtimes add rows of tenants there are, and rows go with their tenant.
    return models.ForeignKey(
        Tenant, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False, editable=False
    )


class TenantDay(models.Model):
    """What a tenant was used on one day (UTC)."""

    tenant = _tenant()
    day = models.DateField(db_index=True)
    messages = models.BigIntegerField(default=0)
    people = models.BigIntegerField(default=0)
    """How many different people wrote."""
    errors = models.BigIntegerField(default=0)
    tokens = models.BigIntegerField(default=0)
    answers = ArrayField(models.BigIntegerField(), default=list)
    """How many answers took how long: ``tenants.contract.usage.ANSWER_BOUNDS``."""
    storage_bytes = models.BigIntegerField(null=True)
    """What its published files took when they were last looked at on that day."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day"], name="usage_tenantday_once")]

    def __str__(self) -> str:
        return f"{self.tenant_id} on {self.day}"


class ModelTokens(models.Model):
    """Tokens of one language model that a tenant used on one day, as far as its app tells."""

    tenant = _tenant()
    day = models.DateField(db_index=True)
    model = models.CharField(max_length=LONGEST_MODEL_NAME, blank=True)
    tokens = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "day", "model"], name="usage_modeltokens_once")]

    def __str__(self) -> str:
        return f"{self.model} on {self.day}"


class KnownPerson(models.Model):
    """That somebody wrote, and on which days last: enough to count each person once a day and once a month.

    ``person`` is a digest (``tenants.contract.usage.person_digest``), from which nobody learns who it is.
    """

    tenant = _tenant()
    person = models.BinaryField(max_length=PERSON_BYTES)
    last_day = models.DateField(db_index=True)
    earlier_day = models.DateField(null=True)
    """The day before ``last_day`` on which they wrote: a process that stores late, at midnight, counts them once."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "person"], name="usage_knownperson_once")]
        indexes = [models.Index(fields=["tenant", "last_day"], name="usage_knownperson_active")]

    def __str__(self) -> str:
        return f"somebody at {self.tenant_id}"


class Writer(models.Model):
    """A runtime process and the number of its last batch: one that is offered again is not counted again."""

    id = models.UUIDField(primary_key=True)
    sequence = models.BigIntegerField()
    stored_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.id}: {self.sequence}"
