"""A tenant's room in the public bucket: counted by what is noted, and never shared by two uploads at once."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.utils import timezone

from tenants.assets.models import Asset, AssetState, StoredObject
from tenants.assets.services.cleaning import clean_tenant
from tenants.assets.services.processing import process_upload
from tenants.assets.services.quota import set_storage_quota, storage_limit, storage_used
from tenants.assets.services.receiving import begin_upload, fetch_remote
from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tests.tenants.assets.pictures import picture
from tests.tenants.assets.rows import change, manifest, noted, objects, stored

pytestmark = pytest.mark.usefixtures("empty_store")

MEGABYTE = 1024**2
NOTING = import_module("tenants.assets.migrations.0003_note_published_objects").Migration


def fill(tenant, size: int) -> None:
    """Note an object of that size."""
    with tenant_schema(tenant):
        StoredObject.objects.create(key=f"{tenant.pk}/filler", sha256="0" * 64, size=size, content_type="image/png")


def test_the_platforms_quota_holds_where_a_tenant_has_none_of_its_own(acme, globex, operator, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, assets_quota_mb=7)
    set_storage_quota(acme.pk, megabytes=3, actor=operator)
    limits = {tenant.slug: storage_limit(Tenant.objects.get(pk=tenant.pk)) for tenant in (acme, globex)}
    assert limits == {"acme": 3 * MEGABYTE, "globex": 7 * MEGABYTE}
    entry = AuditEntry.objects.get(action="tenant.quota", tenant_id=acme.pk)
    assert (entry.actor, entry.changes) == (operator.label, {"storage_quota_mb": [None, 3]})
    with pytest.raises(InvalidValueError, match="at most 1,000,000"):
        set_storage_quota(acme.pk, megabytes=-1, actor=operator)


def test_a_tenant_without_room_is_told_so_with_numbers_before_it_uploads(acme, globex, operator):
    set_storage_quota(acme.pk, megabytes=1, actor=operator)
    fill(acme, MEGABYTE)
    for ask in (begin_upload, lambda *tenant, **values: fetch_remote(*tenant, url="https://x.example/a", **values)):
        with pytest.raises(InvalidValueError, match=r"1\.0.MB of 1\.0.MB are in use") as caught:
            ask(acme.pk, role="favicon", actor=operator)
        assert caught.value.code == "quota_exceeded"
        ask(globex.pk, role="favicon", actor=operator)


def test_a_file_that_does_not_fit_is_refused_and_the_old_one_stays_live(acme, operator, upload):
    set_storage_quota(acme.pk, megabytes=1, actor=operator)
    live = upload(acme)
    process_upload(acme.pk, live.pk)
    fill(acme, MEGABYTE - storage_used(acme) - 1)
    more = upload(acme, picture(colour="#000000"))
    assert process_upload(acme.pk, more.pk) == AssetState.FAILED
    assert "are in use, and this file needs" in stored(acme, more).reason
    assert manifest(acme)["logo_light"]["url"] == live.url or stored(acme, live).state == AssetState.PUBLISHED
    assert objects(acme) <= noted(acme)


def test_what_is_stored_already_needs_no_more_room(acme, operator, upload):
    process_upload(acme.pk, upload(acme).pk)
    set_storage_quota(acme.pk, megabytes=1, actor=operator)
    fill(acme, MEGABYTE - storage_used(acme) - 1)
    assert process_upload(acme.pk, upload(acme, role="logo_dark").pk) == AssetState.PUBLISHED


def test_refused_files_cannot_fill_the_private_bucket(acme, globex, operator, upload):
    set_storage_quota(acme.pk, megabytes=1, actor=operator)
    refused = upload(acme, b"no picture" * 60_000)
    process_upload(acme.pk, refused.pk)
    begin_upload(acme.pk, role="favicon", actor=operator)
    again = upload(acme, b"no picture" * 60_000)
    process_upload(acme.pk, again.pk)
    with pytest.raises(ConflictError, match="fill the room") as caught:
        begin_upload(acme.pk, role="favicon", actor=operator)
    assert caught.value.code == "uploads_too_many"
    begin_upload(globex.pk, role="favicon", actor=operator)
    for asset in (refused, again):
        change(acme, asset, updated_at=timezone.now() - timedelta(days=2))
    assert clean_tenant(acme.pk).uploads == 2
    begin_upload(acme.pk, role="favicon", actor=operator)


def test_uploads_at_once_do_not_share_the_last_of_the_room(committed_tenant, operator, upload):
    tenant = committed_tenant
    set_storage_quota(tenant.pk, megabytes=1, actor=operator)
    first = upload(tenant, role="logo_light")
    process_upload(tenant.pk, first.pk)
    needed = storage_used(tenant)
    fill(tenant, MEGABYTE - storage_used(tenant) - needed - needed // 4)
    # Each fits alone, and no two of them together.
    racing = [
        upload(tenant, picture(colour=f"#{number}{number}0000"), role=role)
        for number, role in enumerate(("logo_light", "logo_dark", "login_image", "avatar"))
        if role != "avatar"
    ]

    def process(asset):
        try:
            return process_upload(tenant.pk, asset.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as workers:
        states = list(workers.map(process, racing))
    assert AssetState.FAILED in states
    assert storage_used(tenant) <= MEGABYTE


def test_files_that_were_published_before_objects_were_noted_are_noted_by_the_migration(acme, globex, upload):
    for tenant in (acme, globex):
        process_upload(tenant.pk, upload(tenant, role="favicon").pk)
    with tenant_schema(acme):
        live = Asset.objects.get(state=AssetState.PUBLISHED)
        StoredObject.objects.all().delete()
        with connection.cursor() as cursor:
            for _ in range(2):
                cursor.execute(NOTING.operations[0].sql)
        assert list(StoredObject.objects.values_list("key", "sha256", "size")) == [
            (live.public_key, live.sha256, live.size)
        ]
