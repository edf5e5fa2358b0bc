"""Cleaning up: what nothing names goes after its grace, and no published address is ever without its object."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tenants.assets.models import Asset, AssetState, StoredObject
from tenants.assets.services.cleaning import Cleaned, clean_tenant, tenants_to_clean
from tenants.assets.services.processing import process_upload
from tenants.assets.services.slots import remove_asset
from tenants.assets.storage import MissingObjectError, private_size, put_public
from tenants.contract.errors import UnavailableError
from tenants.registry.models import Publication
from tenants.registry.schema import tenant_schema
from tenants.registry.services.revisions import restore_revision
from tests.tenants.assets.pictures import picture
from tests.tenants.assets.rows import manifest, noted, objects, stored

pytestmark = pytest.mark.usefixtures("empty_store")


def age(tenant, *, hours: float = 25) -> None:
    """Let the tenant's objects and uploads be that much older."""
    with tenant_schema(tenant):
        StoredObject.objects.update(stored_at=timezone.now() - timedelta(hours=hours))
        Asset.objects.update(updated_at=timezone.now() - timedelta(hours=hours))


def forget_revisions(tenant) -> None:
    """Keep the live revision alone."""
    live = Publication.objects.filter(tenant=tenant).latest("revision")
    Publication.objects.filter(tenant=tenant).exclude(pk=live.pk).delete()


def published(tenant, upload, colour: str, **options) -> Asset:
    """Upload and publish a picture of that colour."""
    asset = upload(tenant, picture(colour=colour), **options)
    assert process_upload(tenant.pk, asset.pk) == AssetState.PUBLISHED
    return stored(tenant, asset)


def test_a_file_stays_while_a_kept_revision_names_it_and_goes_with_it(acme, globex, upload):
    theirs = published(globex, upload, "#111111")
    old, new = published(acme, upload, "#111111"), published(acme, upload, "#222222")
    for tenant in (acme, globex):
        age(tenant)
    assert clean_tenant(acme.pk).objects == 0
    assert objects(acme) == {*old.public_keys, *new.public_keys}

    forget_revisions(acme)
    cleaned = clean_tenant(acme.pk)
    assert cleaned.objects == len(set(old.public_keys))
    assert cleaned.bytes >= old.size
    assert objects(acme) == noted(acme) == set(new.public_keys)
    assert objects(globex) == set(theirs.public_keys)


def test_a_young_file_stays_whatever_names_it(acme, upload):
    published(acme, upload, "#111111")
    remove_asset(acme.pk, "logo_light", actor=stored_uploader(acme))
    forget_revisions(acme)
    before = objects(acme)
    age(acme, hours=23)
    assert clean_tenant(acme.pk) == Cleaned()
    assert objects(acme) == before != set()


def stored_uploader(tenant):
    with tenant_schema(tenant):
        return Asset.objects.first().uploader


def test_a_file_on_its_way_is_held_by_its_row_however_long_it_takes(acme, upload, monkeypatch):
    asset = upload(acme)
    with monkeypatch.context() as patched:
        # The worker stops after it has stored everything.
        patched.setattr("tenants.assets.services.processing.publish", lambda *_: AssetState.RECEIVED)
        process_upload(acme.pk, asset.pk)
    age(acme)
    kept = objects(acme)
    assert clean_tenant(acme.pk) == Cleaned()
    assert objects(acme) == kept != set()
    assert process_upload(acme.pk, asset.pk) == AssetState.PUBLISHED


def test_nothing_is_published_whose_object_was_cleaned_up_meanwhile(acme, upload, monkeypatch):
    asset = upload(acme)
    real = put_public

    def lost(key, *values, **options):
        real(key, *values, **options)
        with tenant_schema(acme):
            StoredObject.objects.filter(key=key).delete()

    with monkeypatch.context() as patched:
        patched.setattr("tenants.assets.services.objects.put_public", lost)
        with pytest.raises(UnavailableError):
            process_upload(acme.pk, asset.pk)
    assert manifest(acme) == {}
    assert process_upload(acme.pk, asset.pk) == AssetState.PUBLISHED


def test_storing_the_same_file_again_makes_its_object_young(acme, upload):
    published(acme, upload, "#111111")
    remove_asset(acme.pk, "logo_light", actor=stored_uploader(acme))
    forget_revisions(acme)
    age(acme)
    again = published(acme, upload, "#111111")
    remove_asset(acme.pk, "logo_light", actor=again.uploader)
    forget_revisions(acme)
    assert clean_tenant(acme.pk).objects == 0
    assert objects(acme) == set(again.public_keys)


def test_a_restored_revision_keeps_its_files(acme, operator, upload):
    old = published(acme, upload, "#111111")
    published(acme, upload, "#222222")
    restore_revision(acme.pk, 2, actor=operator)
    forget_revisions(acme)
    age(acme)
    clean_tenant(acme.pk)
    assert objects(acme) == set(old.public_keys)
    assert manifest(acme)["logo_light"]["sha256"] == old.sha256


def test_the_upload_of_a_live_file_is_kept_and_others_go_after_their_grace(acme, upload):
    live, refused = published(acme, upload, "#111111"), upload(acme, b"no picture")
    process_upload(acme.pk, refused.pk)
    assert clean_tenant(acme.pk).uploads == 0
    age(acme)
    assert clean_tenant(acme.pk).uploads == 1
    assert private_size(live.private_key) == len(picture(colour="#111111"))
    with pytest.raises(MissingObjectError):
        private_size(refused.private_key)
    assert stored(acme, refused).private_key == ""
    assert clean_tenant(acme.pk).uploads == 0


def test_while_the_store_is_away_nothing_is_forgotten(acme, upload, store_down):
    asset = published(acme, upload, "#111111")
    remove_asset(acme.pk, "logo_light", actor=asset.uploader)
    forget_revisions(acme)
    age(acme)
    store_down(True)
    with pytest.raises(UnavailableError):
        clean_tenant(acme.pk)
    assert noted(acme) == set(asset.public_keys)
    store_down(False)
    assert clean_tenant(acme.pk).objects == len(set(asset.public_keys))
    assert objects(acme) == noted(acme) == set()


def test_many_objects_go_in_batches(acme, seaweedfs, monkeypatch):
    monkeypatch.setattr("tenants.assets.services.cleaning._BATCH", 3)
    keys = {f"{acme.pk}/{number:032x}.png" for number in range(8)}
    for key in keys:
        put_public(key, b"x", content_type="image/png", disposition="inline")
        with tenant_schema(acme):
            StoredObject.objects.create(key=key, sha256="0" * 64, size=1, content_type="image/png")
    age(acme)
    assert clean_tenant(acme.pk) == Cleaned(objects=8, bytes=8)
    assert objects(acme) == set()


def test_only_tenants_with_something_old_are_looked_at(acme, globex, upload):
    for tenant in (acme, globex):
        published(tenant, upload, "#111111")
    age(acme)
    assert list(tenants_to_clean()) == [acme.pk]


def test_the_command_says_what_it_deleted(acme, globex, upload):
    for tenant in (acme, globex):
        asset = published(tenant, upload, "#111111")
        remove_asset(tenant.pk, "logo_light", actor=asset.uploader)
        forget_revisions(tenant)
        age(tenant)
    output = io.StringIO()
    call_command("clean_assets", "acme", stdout=output)
    assert output.getvalue().startswith(f"acme: {len(set(asset.public_keys))} public objects (")
    assert objects(acme) == set()
    assert objects(globex) != set()
    with pytest.raises(CommandError, match="no tenant"):
        call_command("clean_assets", "nobody", stdout=output)
