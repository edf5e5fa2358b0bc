"""The way to the worker: a message after commit, and none for what was rolled back."""

import json
from base64 import b64decode

import pytest
import redis
from django.conf import settings

from tests.tenants.assets.conftest import Upload


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
