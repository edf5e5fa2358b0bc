"""What the control plane adds to the figures, and what it removes."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from controlplane.tasks import note_storage_used
from tenants.assets.models import StoredObject
from tenants.registry.schema import tenant_schema
from tenants.usage.models import KnownPerson, ModelTokens, TenantDay, Writer
from tenants.usage.reading import report_use
from tenants.usage.services import note_storage
from tenants.usage.tasks import prune_old_usage
from tests.tenants.usage.rows import use

pytestmark = pytest.mark.django_db


def test_storage_is_noted_beside_what_runtimes_have_counted(acme, globex):
    use(acme, messages=3)
    note_storage({acme.pk: 10, globex.pk: 0})
    note_storage({acme.pk: 2**33})

    [day] = report_use(acme, days=1).days
    assert (day.messages, day.storage_bytes) == (3, 2**33)
    assert report_use(globex, days=1).days[0].storage_bytes == 0


def test_the_storage_of_every_live_tenant_is_noted(acme, globex):
    with tenant_schema(acme):
        StoredObject.objects.create(key=f"{acme.pk}/a.png", size=1234, sha256="0" * 64)
    note_storage_used()

    assert report_use(acme, days=1).days[0].storage_bytes == 1234
    assert report_use(globex, days=1).days[0].storage_bytes == 0


def test_figures_people_and_writers_are_removed_when_they_are_old(acme, settings):
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, usage_days=30)
    use(acme, days_ago=30, messages=1, people=("ann", "bob"), models={"small": 1})
    use(acme, days_ago=31, messages=1, people=("gone",), models={"small": 1})
    use(acme, days_ago=0, messages=1, people=("ann",), models={"small": 1})
    old, new = uuid4(), uuid4()
    now = timezone.now()
    Writer.objects.create(id=old, sequence=1, stored_at=now - timedelta(days=8))
    Writer.objects.create(id=new, sequence=1, stored_at=now)

    prune_old_usage()

    assert TenantDay.objects.filter(tenant=acme).count() == 2
    assert ModelTokens.objects.filter(tenant=acme).count() == 2
    assert {bytes(known.person) for known in KnownPerson.objects.filter(tenant=acme)} == {b"ann", b"bob"}
    assert list(Writer.objects.filter(pk__in=[old, new]).values_list("pk", flat=True)) == [new]
