"""Celery tasks over several domains, which do not know of each other."""

from celery import shared_task

from tenants.assets.services.fleet_storage import fleet_storage
from tenants.registry.models import Tenant
from tenants.usage.services import note_storage

__all__ = ["note_storage_used"]


@shared_task
def note_storage_used() -> None:
    """Write down what every live tenant's files take, for the figures of today."""
    live = list(Tenant.objects.filter(live_publication__isnull=False))
    note_storage({row.tenant.pk: row.used for row in fleet_storage(live)})
