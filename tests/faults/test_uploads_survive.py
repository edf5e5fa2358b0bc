"""A worker is killed at each step of an upload, and what it left is finished: nothing is lost, nothing is a dead link.

Real Celery workers, Postgres, Valkey and SeaweedFS; a gate before the store stops a worker where the test wants it.
"""

import dataclasses
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from tenants.assets.models import AssetState, AssetStep
from tenants.assets.services.cleaning import clean_tenant
from tenants.assets.services.processing import process_upload
from tenants.assets.services.receiving import fetch_remote, finish_upload
from tenants.contract.errors import UnavailableError
from tenants.registry.actor import SYSTEM
from tenants.registry.models import Tenant
from tests.faults.gated_store import Gate, GatedStore
from tests.faults.upload_ground import PRIVATE, PUBLIC, UploadGround
from tests.running_stack import wait_until
from tests.tenants.assets.pictures import picture
from tests.tenants.assets.remote_site import RemoteSite
from tests.tenants.assets.rows import manifest, noted, objects

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]


@pytest.fixture
def queue(valkey) -> Iterator[redis.Redis]:
    """The broker with empty queues."""
    with redis.Redis.from_url(settings.ENVIRONMENT.redis_url) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def ground(seaweedfs, queue, committed_tenant) -> Iterator[UploadGround]:
    """A tenant, workers and a gate before the store."""
    with GatedStore(seaweedfs.endpoint_url).serving() as store:
        yield UploadGround(committed_tenant, store, seaweedfs.endpoint_url)


@pytest.mark.parametrize(
    ("request_held", "step"),
    [
        pytest.param({"method": "GET", "bucket": PRIVATE}, "", id="before it has the file"),
        pytest.param({"method": "GET", "bucket": PRIVATE, "after": True}, "", id="when it has the file"),
        pytest.param({"method": "PUT", "bucket": PUBLIC}, AssetStep.STORING, id="before it stores the file"),
        pytest.param(
            {"method": "PUT", "bucket": PUBLIC, "after": True}, AssetStep.STORING, id="when it has stored the file"
        ),
        pytest.param(
            {"method": "HEAD", "bucket": PUBLIC}, AssetStep.STORING, id="before it looks whether the file is there"
        ),
        pytest.param(
            {"method": "PUT", "bucket": PUBLIC, "skip": 1}, AssetStep.STORING, id="before it stores another size"
        ),
        pytest.param(
            {"method": "HEAD", "bucket": PUBLIC, "skip": 1, "after": True}, AssetStep.STORING, id="between two sizes"
        ),
    ],
)
def test_a_worker_killed_at_a_step_leaves_work_that_another_finishes(ground, request_held, step):
    asset = ground.send()
    with ground.store.held(Gate(**request_held)) as gate, ground.worker() as worker:
        gate.wait_reached()
        assert (ground.state(asset), ground.step(asset)) == (AssetState.RECEIVED, step)
        worker.kill()
        worker.wait()
    assert manifest(ground.tenant) == {}
    assert objects(ground.tenant) <= noted(ground.tenant)
    with ground.worker():
        assert ground.sweep() == 1
        ground.wait_published(asset)
    ground.assert_published_once(asset)


def test_a_worker_killed_while_it_looks_into_the_file_leaves_work_that_another_finishes(ground):
    asset = ground.send(picture(size=(7000, 5500)))
    with ground.worker() as worker:
        wait_until(lambda: ground.step(asset) == AssetStep.CHECKING, what="the step", seconds=60)
        worker.kill()
        worker.wait()
    assert (ground.state(asset), manifest(ground.tenant)) == (AssetState.RECEIVED, {})
    with ground.worker():
        ground.sweep()
        ground.wait_published(asset)
    ground.assert_published_once(asset)


def test_a_worker_killed_before_it_notes_the_files_leaves_work_that_another_finishes(ground):
    asset = ground.send()
    with transaction.atomic(), ground.worker():
        # Noting needs the tenant's row.
        Tenant.objects.select_for_update(of=("self",)).get(pk=ground.tenant.pk)
        wait_until(lambda: ground.step(asset) == AssetStep.STORING, what="the step", seconds=60)
    assert objects(ground.tenant) == noted(ground.tenant) == set()
    with ground.worker():
        ground.sweep()
        ground.wait_published(asset)
    ground.assert_published_once(asset)


def test_a_worker_killed_before_it_publishes_leaves_work_that_another_finishes(ground):
    asset = ground.send()
    with transaction.atomic(), ground.worker():
        with ground.store.held(Gate("PUT", PUBLIC)) as gate:
            gate.wait_reached()
            # Everything is noted; publishing needs the tenant's row once more.
            Tenant.objects.select_for_update(of=("self",)).get(pk=ground.tenant.pk)
        wait_until(lambda: objects(ground.tenant) == noted(ground.tenant), what="all stored sizes", seconds=60)
    assert (ground.state(asset), manifest(ground.tenant)) == (AssetState.RECEIVED, {})
    with ground.worker():
        ground.sweep()
        ground.wait_published(asset)
    ground.assert_published_once(asset)


def test_a_worker_killed_while_it_fetches_a_file_leaves_work_that_another_finishes(ground):
    with RemoteSite(picture(size=(900, 600))).serving() as site:
        asset = fetch_remote(ground.tenant.pk, role="login_image", url=site.address, actor=SYSTEM)
        with ground.worker(fetching_from=site.port) as worker:
            site.asked.acquire()
            assert (ground.state(asset), ground.step(asset)) == (AssetState.AWAITED, AssetStep.FETCHING)
            worker.kill()
            worker.wait()
        site.answering.set()
        with ground.worker(fetching_from=site.port):
            ground.sweep()
            ground.wait_published(asset)
    ground.assert_published_once(asset)


def test_a_browser_that_goes_away_after_it_has_posted_loses_nothing(ground):
    asset = ground.send(told=False)
    assert ground.state(asset) == AssetState.AWAITED
    with ground.worker():
        ground.sweep()
        ground.wait_published(asset)
    ground.assert_published_once(asset)


def test_a_message_that_the_broker_lost_is_sent_again(ground, queue):
    asset = ground.send()
    queue.flushdb()
    with ground.worker():
        ground.sweep()
        ground.wait_published(asset)
    ground.assert_published_once(asset)


def test_a_message_delivered_many_times_to_two_workers_publishes_once(ground, queue):
    asset = ground.send()
    for _ in range(4):
        finish_upload(ground.tenant.pk, asset.pk, actor=SYSTEM)
        ground.sweep()
    with ground.worker(), ground.worker():
        ground.wait_published(asset)
        wait_until(lambda: not queue.llen("celery"), seconds=60, what="an empty queue")
    ground.assert_published_once(asset)


def test_of_two_uploads_that_race_for_a_place_the_later_one_wins(ground):
    earlier = ground.send(picture(size=(900, 600), colour="#111111"))
    later = ground.send(picture(size=(900, 600), colour="#222222"))
    # The first of the two that stores anything is held until the other one is done.
    with ground.store.held(Gate("PUT", PUBLIC)) as gate, ground.worker(), ground.worker():
        gate.wait_reached()
        wait_until(
            lambda: {ground.state(earlier), ground.state(later)} != {AssetState.RECEIVED},
            seconds=60,
            what="the other upload",
        )
        gate.opened.set()
        ground.wait_published(later)
        wait_until(lambda: ground.state(earlier) == AssetState.REPLACED, seconds=60, what="the earlier upload")
    ground.assert_no_dead_link()
    assert ground.state(later) == AssetState.PUBLISHED


def test_a_store_that_goes_away_halfway_is_waited_for(ground):
    asset = ground.send()
    with ground.store.held(Gate("PUT", PUBLIC, skip=1)) as gate, ground.worker() as worker:
        gate.wait_reached()
        ground.store.go_away()
        gate.opened.set()
        wait_until(lambda: ground.step(asset) == "", seconds=60, what="an upload that is put off")
        worker.kill()
        worker.wait()
    assert (ground.state(asset), manifest(ground.tenant)) == (AssetState.RECEIVED, {})
    ground.store.come_back()
    with ground.worker():
        ground.sweep()
        ground.wait_published(asset)
    ground.assert_published_once(asset)


@contextmanager
def beside(work: Callable[[], object]) -> Iterator[None]:
    """Do something beside the test, on a database connection of its own, and see it end well."""
    failures: list[Exception] = []

    def run() -> None:
        try:
            work()
        except (UnavailableError, AssertionError) as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        thread.join(60)
    assert not thread.is_alive()
    assert not failures


@pytest.fixture
def through_the_gate(ground, settings) -> None:
    """Let the test's own process ask the store through the gate too."""
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, s3_endpoint_url=ground.store.address)


@pytest.mark.usefixtures("through_the_gate")
def test_a_file_uploaded_while_the_clean_up_deletes_it_is_stored_anew(ground):
    ground.make_unused(ground.send())
    again = ground.send()
    with ground.store.held(Gate("POST", PUBLIC)) as gate, beside(lambda: clean_tenant(ground.tenant.pk)):
        gate.wait_reached()
        # The clean-up holds the tenant, so the upload waits before it notes the same keys.
        with beside(lambda: process_upload(ground.tenant.pk, again.pk)):
            wait_until(lambda: ground.step(again) == AssetStep.STORING, what="the step", seconds=60)
            gate.opened.set()
    ground.assert_live_and_whole(again)


@pytest.mark.usefixtures("through_the_gate")
def test_a_file_that_an_upload_has_noted_is_not_cleaned_up(ground):
    ground.make_unused(ground.send())
    again = ground.send()
    with ground.store.held(Gate("PUT", PUBLIC)) as gate, beside(lambda: process_upload(ground.tenant.pk, again.pk)):
        gate.wait_reached()
        assert clean_tenant(ground.tenant.pk).objects == 0
        gate.opened.set()
    ground.assert_live_and_whole(again)


def test_a_clean_up_killed_between_the_store_and_the_database_is_repeated(ground):
    ground.make_unused(ground.send())
    before = noted(ground.tenant)
    command = "import sys, django; django.setup(); from tenants.assets.services.cleaning import clean_tenant; "
    command += "clean_tenant(sys.argv[1])"
    environment = {**os.environ, "S3_ENDPOINT_URL": ground.store.address}
    with ground.store.held(Gate("POST", PUBLIC, after=True)) as gate:
        process = subprocess.Popen([sys.executable, "-c", command, str(ground.tenant.pk)], env=environment)
        gate.wait_reached()
        process.kill()
        process.wait()
    assert (objects(ground.tenant), noted(ground.tenant)) == (set(), before)
    # The same file uploaded now finds its row, and stores its object all the same.
    again = ground.send()
    assert process_upload(ground.tenant.pk, again.pk) == AssetState.PUBLISHED
    ground.assert_live_and_whole(again)
    clean_tenant(ground.tenant.pk)
    ground.assert_live_and_whole(again)
