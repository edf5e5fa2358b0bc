"""The way to the worker: a message after commit, and none for what was rolled back."""

import json
from base64 import b64decode
from datetime import timedelta

import pytest
import redis
from celery import current_app
from django.conf import settings
from django.utils import timezone

from tenants.assets.models import StoredObject
from tenants.assets.services.processing import process_upload
from tenants.assets.tasks import clean_assets, clean_tenant_assets
from tenants.registry.schema import tenant_schema
from tests.tenants.assets.conftest import Upload
from tests.tenants.assets.rows import noted, objects

pytestmark = pytest.mark.usefixtures("empty_store")


@pytest.fixture
def broker(valkey):
    """The broker's store, with an empty queue."""
    with redis.Redis.from_url(settings.ENVIRONMENT.redis_url) as client:
        client.delete("celery")
        yield client
        client.delete("celery")


def messages(broker) -> list[tuple[str, list[str]]]:
    """Return the name and arguments of each waiting message."""
    waiting = [json.loads(message) for message in broker.lrange("celery", 0, -1)]
    return [(message["headers"]["task"], json.loads(b64decode(message["body"]))[0]) for message in waiting]


def test_an_upload_is_sent_to_the_worker_after_commit(acme, upload: Upload, broker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        asset = upload(acme)
        assert messages(broker) == []
    assert messages(broker) == [("tenants.assets.tasks.process_asset", [str(acme.pk), str(asset.pk)])]


def test_the_clean_up_is_one_message_for_each_tenant_that_has_anything_old(acme, globex, upload: Upload, broker):
    for tenant in (acme, globex):
        process_upload(tenant.pk, upload(tenant).pk)
    with tenant_schema(acme):
        StoredObject.objects.update(stored_at=timezone.now() - timedelta(days=2))
    clean_assets()
    assert messages(broker) == [("tenants.assets.tasks.clean_tenant_assets", [str(acme.pk)])]
    clean_tenant_assets(str(acme.pk))
    assert noted(acme) == objects(acme) != set()


def test_beat_sweeps_and_cleans_by_tasks_that_exist():
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {"tenants.assets.tasks.resume_assets", "tenants.assets.tasks.clean_assets"} <= scheduled
    current_app.loader.import_default_modules()
    assert scheduled <= set(current_app.tasks)
