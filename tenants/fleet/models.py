"""Tables of the public schema. Each runtime writes its own row by itself (``runtime.heartbeat``)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["RuntimeProcess"]


class RuntimeProcess(models.Model):
    """What a runtime process last said of itself; times are the database's.

    Without an index beside the key: a row is renewed every few seconds, and there are as many as processes.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=100)
    """Its machine and process id."""
    version = models.CharField(max_length=40)
    chainlit_version = models.CharField(max_length=40, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    open_chats = models.PositiveIntegerField()
    """How many chats are connected."""
    loaded_tenants = models.PositiveIntegerField()
    serving = models.BooleanField()
    listening = models.BooleanField()
    """Whether publications are heard."""
    confirmed_at = models.DateTimeField(null=True)
    """When the line of publications last gave a sign of life."""
    behind = models.PositiveIntegerField()
    """How many of its tenants it serves by another revision than the one that is live."""
    heard_tenant = models.UUIDField(null=True)
    heard_revision = models.PositiveIntegerField(null=True)
    heard_at = models.DateTimeField(null=True)
    heard_after_ms = models.FloatField(null=True)
    """How long after its publication was written the newest one was heard of."""

    class Meta:
        ordering = ["name"]
        verbose_name = _("runtime")
        verbose_name_plural = _("runtimes")

    def __str__(self) -> str:
        return self.name
