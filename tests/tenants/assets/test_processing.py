"""From a received upload to a published URL: never one that is not there, whatever happens on the way."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tenants.assets.fetching import Fetcher
from tenants.assets.models import Asset, AssetState
from tenants.assets.services.processing import MAXIMUM_ATTEMPTS, process_upload, requeue_uploads
from tenants.assets.services.receiving import UPLOAD_LIFETIME, begin_upload, fetch_remote
from tenants.assets.services.slots import current_assets
from tenants.assets.storage import fetch_private, storage_client
from tenants.assets.tasks import process_asset
from tenants.contract.errors import UnavailableError
from tenants.contract.state import AssetRole
from tenants.registry.models import AuditEntry, Tenant
from tests.tenants.assets.conftest import post
from tests.tenants.assets.pictures import DRAWING, picture
from tests.tenants.assets.remote_site import RemoteSite
from tests.tenants.assets.rows import change, manifest, noted, objects, revision, rows, stored

pytestmark = pytest.mark.usefixtures("empty_store")

YEAR = "public, max-age=31536000, immutable"


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
    asset = upload(acme, content, role=role, file_name="wrong.txt")
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
    bad = upload(acme, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", file_name="fine.svg")
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
    assert current_assets(acme)[AssetRole.LOGO_LIGHT][""].published == later
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


def test_the_sweep_finds_a_file_that_nobody_said_anything_of(acme, operator):
    ticket = begin_upload(acme.pk, role="logo_light", file_name="logo.png", actor=operator)
    assert process_upload(acme.pk, ticket.asset_id) == AssetState.AWAITED
    post(ticket, picture())
    assert process_upload(acme.pk, ticket.asset_id) == AssetState.RECEIVED
    assert process_upload(acme.pk, ticket.asset_id) == AssetState.PUBLISHED


def test_a_file_that_never_comes_is_given_up_when_its_ticket_is_long_expired(acme, operator):
    ticket = begin_upload(acme.pk, role="logo_light", actor=operator)
    [asset] = rows(acme)
    for since, state in ((UPLOAD_LIFETIME, AssetState.AWAITED), (UPLOAD_LIFETIME * 2, AssetState.FAILED)):
        change(acme, asset, created_at=timezone.now() - since)
        assert process_upload(acme.pk, ticket.asset_id) == state
    assert current_assets(acme)[AssetRole.LOGO_LIGHT][""].failed.reason.startswith("The file did not arrive")


def test_an_address_that_may_not_be_asked_fails_with_the_reason(acme, operator):
    asset = fetch_remote(acme.pk, role="logo_light", url="https://127.0.0.1/logo.png", actor=operator)
    assert process_upload(acme.pk, asset.pk) == AssetState.FAILED
    assert stored(acme, asset).reason
    assert manifest(acme) == {}


@pytest.fixture
def fetching_from_here(monkeypatch) -> Callable[[RemoteSite], None]:
    """Return a function that lets the worker fetch from a site on this machine, as it never does otherwise."""

    def allow(site: RemoteSite) -> None:
        lenient = Fetcher(https_only=False, ports=frozenset({site.port}), may_connect=lambda _address: True)
        monkeypatch.setattr("tenants.assets.services.processing.fetch", lenient.fetch)

    return allow


def test_a_file_of_another_site_is_fetched_once_and_kept_as_an_upload(acme, operator, fetching_from_here):
    with RemoteSite(picture()).serving() as site:
        site.answering.set()
        fetching_from_here(site)
        asset = fetch_remote(acme.pk, role="logo_light", url=site.address, actor=operator)
        assert process_upload(acme.pk, asset.pk) == AssetState.PUBLISHED
        kept = stored(acme, asset)
        change(acme, asset, state=AssetState.RECEIVED)
        assert process_upload(acme.pk, asset.pk) == AssetState.PUBLISHED
        assert (site.asked.acquire(blocking=False), site.asked.acquire(blocking=False)) == (True, False)
    assert fetch_private(kept.private_key) == picture()
    assert (kept.original_name, kept.step, kept.reason) == ("hall.png", "", "")
    assert AuditEntry.objects.filter(action="asset.receive", tenant_id=acme.pk).count() == 1


def test_a_site_that_does_not_answer_is_asked_a_few_times_and_then_given_up(acme, operator, fetching_from_here):
    with RemoteSite(b"", status=503).serving() as site:
        site.answering.set()
        fetching_from_here(site)
        asset = fetch_remote(acme.pk, role="logo_light", url=site.address, actor=operator)
        for _ in range(MAXIMUM_ATTEMPTS):
            with pytest.raises(UnavailableError):
                process_upload(acme.pk, asset.pk)
            assert stored(acme, asset).state == AssetState.AWAITED
        assert process_upload(acme.pk, asset.pk) == AssetState.FAILED
    assert "503" in stored(acme, asset).reason


def test_every_size_and_format_is_stored_noted_and_in_the_manifest(acme, upload, fetch):
    asset = upload(acme, picture(size=(900, 600)), role="login_image")
    process_upload(acme.pk, asset.pk)
    described = manifest(acme)["login_image"]
    assert len(described["srcset"]) >= 2
    assert [rendition["width"] for rendition in described["srcset"]] == sorted(
        rendition["width"] for rendition in described["srcset"]
    )
    assert objects(acme) == noted(acme) == set(stored(acme, asset).public_keys)
    for rendition in described["srcset"]:
        response = fetch("assets-public", "/".join(rendition["url"].split("/")[-2:]))
        assert hashlib.sha256(response.content).hexdigest() == rendition["sha256"]
        assert response.headers["Content-Type"] == rendition["content_type"]


def test_a_theme_file_is_in_the_manifest_and_its_variables_in_the_state(acme, globex, upload):
    theme = b'{"variables": {"light": {"--primary": "340 92% 52%"}, "dark": {"--primary": "210 50% 60%"}}}'
    assert process_upload(acme.pk, upload(acme, theme, role="theme", file_name="theme.json").pk) == AssetState.PUBLISHED
    live = Tenant.objects.select_related("live_publication").get(pk=acme.pk).live_publication.document
    assert live["theme"]["light"]["--primary"] == "340 92% 52%"
    assert "theme" in manifest(acme)
    assert "theme" not in globex.live_publication.document


def test_the_sweep_takes_up_what_nobody_finished_once_in_its_time(acme, globex, upload):
    lost, fresh, done = upload(acme), upload(acme, role="favicon"), upload(globex)
    process_upload(globex.pk, done.pk)
    for tenant, asset in ((acme, lost), (globex, done)):
        change(tenant, asset, due_at=timezone.now() - timedelta(seconds=1))
    assert requeue_uploads() == 1
    assert requeue_uploads() == 0
    assert stored(acme, lost).due_at > timezone.now()
    assert stored(acme, fresh).state == AssetState.RECEIVED


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
