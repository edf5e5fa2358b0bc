"""From a received upload to a published URL: never one that is not there, whatever happens on the way."""

import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from tenants.assets.models import Asset, AssetState
from tenants.assets.services.processing import MAXIMUM_ATTEMPTS, process_upload, requeue_uploads
from tenants.assets.services.uploads import current_assets
from tenants.assets.storage import storage_client
from tenants.assets.tasks import process_asset
from tenants.contract.errors import UnavailableError
from tenants.registry.models import AuditEntry, Publication, Tenant
from tenants.registry.schema import tenant_schema
from tests.running_stack import wait_until
from tests.tenants.assets.pictures import DRAWING, picture

YEAR = "public, max-age=31536000, immutable"


def stored(tenant, asset) -> Asset:
    """Return the row as it is now."""
    with tenant_schema(tenant):
        return Asset.objects.get(pk=asset.pk)


def change(tenant, asset, **values) -> None:
    """Change the row behind the services' back."""
    with tenant_schema(tenant):
        Asset.objects.filter(pk=asset.pk).update(**values)


def manifest(tenant) -> dict[str, dict]:
    """Return the assets of the live publication by role."""
    live = Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication
    return {asset["role"]: asset for asset in live.document.get("assets", [])}


def revision(tenant) -> int:
    """Return the live revision's number."""
    return Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication.revision


@pytest.mark.parametrize(
    ("role", "content", "content_type", "ending"),
    [
        ("logo_light", picture(), "image/png", "png"),
        ("logo_dark", picture("JPEG"), "image/jpeg", "jpg"),
        ("login_image", picture("WEBP"), "image/jpeg", "jpg"),
        ("logo_light", DRAWING, "image/svg+xml", "svg"),
        ("favicon", picture("ICO", (32, 32), sizes=[(32, 32)]), "image/png", "png"),
    ],
)
def test_an_upload_is_published_under_its_hash_with_immutable_caching(  # noqa: PLR0917 - fixtures and the table's columns
    acme, upload, fetch, role, content, content_type, ending
):
    asset = upload(acme, content, role=role, name="wrong.txt")
    assert process_upload(acme.pk, asset.pk) == AssetState.PUBLISHED

    asset = stored(acme, asset)
    response = fetch("assets-public", asset.public_key)
    digest = hashlib.sha256(response.content).hexdigest()
    assert response.status_code == 200
    assert response.headers["Content-Type"] == content_type
    assert response.headers["Cache-Control"] == YEAR
    assert asset.public_key == f"{acme.pk}/{digest[:32]}.{ending}"

    described = manifest(acme)[role]
    assert described["url"] == f"{settings.ENVIRONMENT.assets_base_url}/{asset.public_key}" == asset.url
    assert (described["sha256"], described["size"]) == (digest, len(response.content))
    assert (described["content_type"], described["width"]) == (content_type, asset.width)


def test_opening_a_drawing_by_itself_saves_it_and_opening_a_picture_shows_it(acme, upload, fetch):
    dispositions = []
    for role, content in (("logo_light", DRAWING), ("logo_dark", picture())):
        asset = upload(acme, content, role=role)
        process_upload(acme.pk, asset.pk)
        dispositions.append(fetch("assets-public", stored(acme, asset).public_key).headers["Content-Disposition"])
    assert dispositions == ['attachment; filename="logo_light.svg"', 'inline; filename="logo_dark.png"']


def test_publishing_names_the_uploader_and_touches_no_other_tenant(acme, globex, operator, upload):
    process_upload(acme.pk, upload(acme).pk)
    assert Tenant.objects.get(pk=acme.pk).live_publication.actor == operator.label
    entry = AuditEntry.objects.get(action="asset.publish", tenant_id=acme.pk)
    assert (entry.actor, entry.actor_kind) == (operator.label, operator.kind)
    assert (manifest(globex), revision(globex)) == ({}, 1)


def test_the_same_file_again_makes_no_new_revision(acme, upload):
    first, second = upload(acme), upload(acme)
    process_upload(acme.pk, first.pk)
    before = revision(acme)
    assert process_upload(acme.pk, second.pk) == AssetState.PUBLISHED
    assert revision(acme) == before == 2
    assert stored(acme, first).state == AssetState.REPLACED


def test_the_same_file_of_two_tenants_is_two_objects(acme, globex, upload):
    assets = [(tenant, upload(tenant)) for tenant in (acme, globex)]
    for tenant, asset in assets:
        process_upload(tenant.pk, asset.pk)
    ours, theirs = (stored(tenant, asset).public_key for tenant, asset in assets)
    assert ours != theirs
    assert ours.split("/")[1] == theirs.split("/")[1]


def test_another_tenants_upload_is_not_found(acme, globex, upload):
    assert process_upload(globex.pk, upload(acme).pk) is None


def test_a_refused_file_ends_failed_with_its_reason_and_the_old_one_stays_live(acme, upload):
    live = upload(acme)
    process_upload(acme.pk, live.pk)
    before = manifest(acme)
    bad = upload(acme, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", name="fine.svg")
    assert process_upload(acme.pk, bad.pk) == AssetState.FAILED
    assert "a script (the attribute onload)" in stored(acme, bad).reason
    assert manifest(acme) == before
    assert stored(acme, live).state == AssetState.PUBLISHED
    entry = AuditEntry.objects.get(action="asset.fail", tenant_id=acme.pk)
    assert "onload" in entry.changes["reason"]


def test_of_two_uploads_the_later_one_wins_whichever_is_done_first(acme, upload):
    earlier, later = upload(acme), upload(acme, picture(colour="#000000"))
    assert process_upload(acme.pk, later.pk) == AssetState.PUBLISHED
    before = revision(acme)
    assert process_upload(acme.pk, earlier.pk) == AssetState.REPLACED
    assert current_assets(acme)["logo_light"]["published"] == later
    assert revision(acme) == before


def test_processing_again_changes_nothing(acme, upload):
    asset = upload(acme)
    for _ in range(2):
        assert process_upload(acme.pk, asset.pk) == AssetState.PUBLISHED
    assert revision(acme) == 2
    assert AuditEntry.objects.filter(action="asset.publish", tenant_id=acme.pk).count() == 1


def test_while_the_store_is_away_an_upload_waits_without_counting_attempts(acme, upload, store_down):
    asset = upload(acme)
    store_down(True)
    for _ in range(MAXIMUM_ATTEMPTS + 1):
        with pytest.raises(UnavailableError):
            process_upload(acme.pk, asset.pk)
    assert (stored(acme, asset).state, stored(acme, asset).attempts) == (AssetState.RECEIVED, 0)
    store_down(False)
    assert process_upload(acme.pk, asset.pk) == AssetState.PUBLISHED


def test_an_upload_whose_object_is_gone_says_so(acme, upload):
    asset = upload(acme)
    storage_client().delete_object(Bucket=settings.ENVIRONMENT.assets_private_bucket, Key=asset.private_key)
    assert process_upload(acme.pk, asset.pk) == AssetState.FAILED
    assert "upload it again" in stored(acme, asset).reason


def test_a_file_that_ends_the_worker_each_time_is_given_up(acme, upload):
    asset = upload(acme)
    change(acme, asset, attempts=MAXIMUM_ATTEMPTS)
    assert process_upload(acme.pk, asset.pk) == AssetState.FAILED
    assert "stopped halfway" in stored(acme, asset).reason


def test_the_task_carries_an_upload_to_its_end(acme, upload):
    asset = upload(acme)
    process_asset.apply(args=[str(acme.pk), str(asset.pk)], throw=True)
    assert stored(acme, asset).state == AssetState.PUBLISHED


def test_the_sweep_takes_up_what_nobody_finished_once_in_its_time(acme, globex, upload):
    lost, fresh, done = upload(acme), upload(acme, role="favicon"), upload(globex)
    process_upload(globex.pk, done.pk)
    for tenant, asset in ((acme, lost), (globex, done)):
        change(tenant, asset, due_at=timezone.now() - timedelta(seconds=1))
    assert requeue_uploads() == 1
    assert requeue_uploads() == 0
    assert stored(acme, lost).due_at > timezone.now()
    assert stored(acme, fresh).state == AssetState.RECEIVED


def test_a_worker_killed_between_storing_and_publishing_leaves_work_that_is_finished_once(committed_tenant, upload):
    tenant = committed_tenant
    asset = upload(tenant)
    command = "import sys, django; django.setup(); from tenants.assets.services.processing import process_upload; "
    command += "process_upload(*sys.argv[1:])"
    # The tenant's row is held here, so the worker stops where it would publish: after it stored the object.
    with transaction.atomic():
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
        worker = subprocess.Popen([sys.executable, "-c", command, str(tenant.pk), str(asset.pk)], env=os.environ)
        try:
            wait_until(lambda: objects(tenant), what="the stored object")
        finally:
            worker.kill()
            worker.wait()
    assert (stored(tenant, asset).state, manifest(tenant)) == (AssetState.RECEIVED, {})

    assert process_upload(tenant.pk, asset.pk) == AssetState.PUBLISHED
    assert objects(tenant) == [stored(tenant, asset).public_key]
    assert stored(tenant, asset).attempts == 2
    assert Publication.objects.filter(tenant=tenant).count() == 2


def objects(tenant) -> list[str]:
    """Return the keys of a tenant in the public bucket."""
    bucket = settings.ENVIRONMENT.assets_public_bucket
    listed = storage_client().list_objects_v2(Bucket=bucket, Prefix=f"{tenant.pk}/")
    return [item["Key"] for item in listed.get("Contents", [])]


def test_uploads_processed_at_once_leave_the_latest_published_and_nothing_else(committed_tenant, upload):
    tenant = committed_tenant
    assets = [upload(tenant, picture(colour=f"#{number}{number}0000")) for number in range(6)]

    def process(asset: Asset) -> AssetState | None:
        try:
            return process_upload(tenant.pk, asset.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as workers:
        # Each twice, as when a message is delivered again while it is worked on.
        list(workers.map(process, assets * 2))

    states = [stored(tenant, asset).state for asset in assets]
    assert states == [AssetState.REPLACED] * 5 + [AssetState.PUBLISHED]
    assert manifest(tenant)["logo_light"]["url"] == stored(tenant, assets[-1]).url
