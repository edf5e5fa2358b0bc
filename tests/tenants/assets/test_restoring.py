"""Files of an older revision come back with it, or the revision is refused by the file's name."""

import dataclasses
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tenants.assets.models import Asset, AssetState, StoredObject
from tenants.assets.public_objects import find_object
from tenants.assets.services.cleaning import clean_tenant
from tenants.assets.services.processing import process_upload
from tenants.assets.storage import delete_public
from tenants.contract.errors import ConflictError, UnavailableError
from tenants.contract.roles import Role
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Publication, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.publishing import publish_tenant
from tenants.registry.services.revisions import prune_revisions, restore_revision
from tests.tenants.assets.pictures import picture
from tests.tenants.assets.published import publish_file, stored_file
from tests.tenants.assets.rows import noted, objects

MEMBER = Actor(ActorKind.MEMBER, "owner@acme.example", Role.OWNER)


def live(tenant) -> Publication:
    """Return the live publication."""
    return Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication


def manifest(publication: Publication) -> list[dict]:
    """Return a publication's assets."""
    return publication.document.get("assets", [])


def states(tenant) -> list[tuple[str, str]]:
    """Return key and state of all uploads, oldest first."""
    with tenant_schema(tenant):
        return list(Asset.objects.order_by("created_at", "pk").values_list("public_key", "state"))


def test_a_replaced_file_comes_back_with_its_revision(acme, globex, upload, operator):
    first, second = upload(acme), upload(acme, picture(colour="#000000"))
    theirs = upload(globex)
    for tenant, asset in ((acme, first), (acme, second), (globex, theirs)):
        process_upload(tenant.pk, asset.pk)
    (_, one), (_, two) = before = [(row.revision, manifest(row)) for row in acme.publications.filter(revision__gt=1)][
        ::-1
    ]
    assert one != two

    assert manifest(restore_revision(acme.pk, 2, actor=operator)) == one
    assert [state for _, state in states(acme)] == ["published", "replaced"]
    assert manifest(restore_revision(acme.pk, 3, actor=operator)) == two
    assert [state for _, state in states(acme)] == ["replaced", "published"]
    assert live(acme).revision == len(before) + 3
    assert ([state for _, state in states(globex)], live(globex).revision) == (["published"], 2)


def test_a_revision_without_the_file_takes_it_away_and_a_later_one_brings_it_back(acme, upload, operator):
    process_upload(acme.pk, upload(acme).pk)
    assert manifest(restore_revision(acme.pk, 1, actor=operator)) == []
    assert [state for _, state in states(acme)] == ["removed"]
    restore_revision(acme.pk, 2, actor=operator)
    assert [state for _, state in states(acme)] == ["published"]


def test_renditions_and_what_the_picture_shows_come_back_too(acme, seaweedfs, operator):
    file, rendition = stored_file(acme), {**stored_file(acme, "image/webp"), "width": 60, "height": 20}
    at = settings.ENVIRONMENT.assets_base_url
    described = {
        **{name: value for name, value in file.items() if name != "key"},
        "role": "avatar", "name": "assistant", "alt": "A rocket", "width": 120, "height": 40,
        "url": f"{at}/{file['key']}",
        "srcset": [{**{k: v for k, v in rendition.items() if k != "key"}, "url": f"{at}/{rendition['key']}"}],
    }  # fmt: skip
    document = {**live(acme).document, "assets": [described]}
    Publication.objects.create(tenant=acme, revision=9, document=document, checksum="x", actor="system")

    restored = restore_revision(acme.pk, 9, actor=operator)

    assert manifest(restored) == [described]
    with tenant_schema(acme):
        row = Asset.objects.get(role="avatar", name="assistant", state=AssetState.PUBLISHED)
    assert (row.public_key, row.alt, row.width, row.renditions) == (file["key"], "A rocket", 120, [rendition])


def test_a_file_whose_row_is_gone_comes_back_from_the_manifest(acme, seaweedfs, operator):
    publish_file(acme, operator)
    described = manifest(live(acme))
    with tenant_schema(acme):
        Asset.objects.all().delete()
    publish_tenant(acme.pk, actor=operator)
    assert manifest(restore_revision(acme.pk, 2, actor=operator)) == described


def test_a_revision_whose_file_is_gone_is_refused_by_name_and_nothing_changes(acme, upload, operator):
    process_upload(acme.pk, upload(acme).pk)
    process_upload(acme.pk, upload(acme, picture(colour="#000000")).pk)
    before = states(acme)
    delete_public([before[0][0]])

    with pytest.raises(ConflictError, match="Logo, light theme of that revision is no longer there") as refusal:
        restore_revision(acme.pk, 2, actor=operator)

    assert refusal.value.code == "revision_file_missing"
    assert refusal.value.details["key"] == before[0][0]
    assert (states(acme), live(acme).revision) == (before, 3)


def test_a_file_of_another_tenant_is_never_taken_from_a_document(acme, globex, seaweedfs, operator):
    theirs = publish_file(globex, operator)
    assert find_object(theirs.public_key)
    document = {**live(acme).document, "assets": manifest(live(globex))}
    Publication.objects.create(tenant=acme, revision=9, document=document, checksum="x", actor="system")
    with pytest.raises(ConflictError, match="no longer there"):
        restore_revision(acme.pk, 9, actor=operator)


def test_while_the_store_is_away_nothing_is_restored(acme, upload, operator, store_down):
    process_upload(acme.pk, upload(acme).pk)
    process_upload(acme.pk, upload(acme, picture(colour="#000000")).pk)
    before = states(acme)
    store_down(True)
    with pytest.raises(UnavailableError):
        restore_revision(acme.pk, 2, actor=operator)
    assert (states(acme), live(acme).revision) == (before, 3)


def test_an_upload_on_its_way_is_published_after_the_restored_file(acme, upload, operator):
    process_upload(acme.pk, upload(acme).pk)
    process_upload(acme.pk, upload(acme, picture(colour="#000000")).pk)
    coming = upload(acme, picture(colour="#ffffff"))
    restore_revision(acme.pk, 2, actor=operator)
    assert process_upload(acme.pk, coming.pk) == AssetState.PUBLISHED
    assert [state for _, state in states(acme)] == ["replaced", "replaced", "published"]


@pytest.mark.parametrize(
    "code",
    [
        ("script", "", "text/javascript; charset=utf-8"),
        ("public_file", "elements/Chart.jsx", "text/jsx; charset=utf-8"),
        ("public_file", "page.html", "text/html"),
    ],
    ids=lambda code: code[1] or code[0],
)
def test_code_that_was_taken_away_comes_back_by_an_operator_alone(acme, seaweedfs, operator, code):
    *place, content_type = code
    asset = publish_file(acme, operator, *place, file=stored_file(acme, content_type))
    with tenant_schema(acme):
        Asset.objects.filter(pk=asset.pk).update(state=AssetState.REMOVED)
    publish_tenant(acme.pk, actor=operator)

    with pytest.raises(ConflictError, match="only an operator can bring it back") as refusal:
        restore_revision(acme.pk, 2, actor=MEMBER)
    assert refusal.value.code == "revision_needs_operator"
    assert manifest(live(acme)) == []
    assert len(manifest(restore_revision(acme.pk, 2, actor=operator))) == 1
    # With the code on the page, a member may go back to any revision that has the same.
    assert restore_revision(acme.pk, 2, actor=MEMBER) == live(acme)


def test_addresses_follow_the_store_to_where_it_is_now(acme, seaweedfs, operator):
    asset = publish_file(acme, operator)
    moved = {**live(acme).document}
    moved["assets"] = [{**moved["assets"][0], "url": f"https://old-cdn.example/files/{asset.public_key}"}]
    Publication.objects.filter(tenant=acme, revision=2).update(document=moved)
    publish_file(acme, operator)
    (entry,) = manifest(restore_revision(acme.pk, 2, actor=operator))
    assert entry["url"] == f"{settings.ENVIRONMENT.assets_base_url}/{asset.public_key}"


def test_a_picture_of_a_public_folder_comes_back_by_a_member_too(acme, seaweedfs, operator):
    publish_file(acme, operator, "public_file", "elements/plan.png")
    restore_revision(acme.pk, 1, actor=MEMBER)
    assert len(manifest(restore_revision(acme.pk, 2, actor=MEMBER))) == 1


def test_a_restored_file_whose_note_was_lost_is_noted_again(acme, seaweedfs, operator):
    asset = publish_file(acme, operator)
    restore_revision(acme.pk, 1, actor=operator)
    with tenant_schema(acme):
        StoredObject.objects.all().delete()
    restore_revision(acme.pk, 2, actor=operator)
    assert noted(acme) == {asset.public_key}


def test_files_that_only_removed_revisions_named_go_with_the_next_clean_up(acme, empty_store, operator, settings):
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, revisions_kept=2, revisions_days=30)
    first, second, third = (publish_file(acme, operator).public_key for _ in range(3))
    restored = restore_revision(acme.pk, 2, actor=operator)
    long_ago = timezone.now() - timedelta(days=31)
    Publication.objects.filter(tenant=acme).update(created_at=long_ago)
    with tenant_schema(acme):
        StoredObject.objects.update(stored_at=long_ago)
    assert clean_tenant(acme.pk).objects == 0

    assert prune_revisions() == 3
    clean_tenant(acme.pk)

    # The first is live again; the third is in the revision before it, which is kept.
    assert objects(acme) == noted(acme) == {first, third}
    assert second not in objects(acme)
    assert restore_revision(acme.pk, restored.revision - 1, actor=operator).revision == restored.revision + 1
