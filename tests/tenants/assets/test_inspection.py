"""What operators can see and mend of a tenant's files: use, damage, and what nobody needs."""

import dataclasses
import hashlib
import io
import json
from base64 import b64decode

import pytest
import redis
from django.core.management import CommandError, call_command

from tenants.assets.models import Asset, StoredObject
from tenants.assets.public_objects import find_object, list_objects
from tenants.assets.services.inspection import (
    Problem,
    delete_orphans,
    find_orphans,
    repush_assets,
    storage_use,
    unknown_prefixes,
    verify_assets,
)  # fmt: skip
from tenants.assets.services.processing import process_upload
from tenants.assets.services.slots import remove_asset
from tenants.assets.storage import delete_private, delete_public, put_public
from tenants.assets.tasks import repush_tenant_assets
from tenants.contract.errors import UnavailableError
from tenants.registry.models import Publication, Tenant
from tenants.registry.schema import tenant_schema
from tests.tenants.assets.pictures import DRAWING, picture
from tests.tenants.assets.rows import noted, objects, stored


def named(tenant) -> dict[str, dict]:
    """Return every object that the live revision names, by its key."""
    live = Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication
    return {
        "/".join(file["url"].split("/")[-2:]): file
        for asset in live.document.get("assets", [])
        for file in (asset, *asset.get("srcset", []))
    }


def call(name: str, *arguments: str) -> tuple[list[str], str]:
    """Run a command; return the lines it printed, and why it failed."""
    said = io.StringIO()
    try:
        call_command(name, *arguments, stdout=said)
    except CommandError as error:
        return said.getvalue().splitlines(), str(error)
    return said.getvalue().splitlines(), ""


@pytest.fixture
def logo(acme, globex, upload, empty_store) -> Asset:
    """A published picture of acme with its renditions; globex has the same."""
    for tenant in (globex, acme):
        asset = upload(tenant, picture(size=(640, 200)))
        process_upload(tenant.pk, asset.pk)
    return stored(acme, asset)


@pytest.fixture
def damage():
    """Return a function that makes one object differ: gone, of another size, type or content."""

    def spoil(tenant, key: str, problem: Problem) -> None:
        file = named(tenant)[key]
        if problem is Problem.MISSING:
            delete_public([key])
            return
        size = file["size"] + 1 if problem is Problem.SIZE else file["size"]
        content_type = "text/html" if problem is Problem.CONTENT_TYPE else file["content_type"]
        put_public(key, b"x" * size, content_type=content_type, disposition="inline")

    return spoil


def test_use_is_counted_by_role_and_what_earlier_revisions_need(  # noqa: PLR0917 - fixtures
    acme, globex, logo, upload, operator, settings
):
    process_upload(acme.pk, upload(acme, DRAWING, role="logo_dark").pk)
    remove_asset(acme.pk, "logo_light", "", actor=operator)
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, assets_quota_mb=7)

    use = storage_use(acme)
    theirs = storage_use(globex)

    assert use.limit == 7 * 1024**2
    assert use.total.objects == len(objects(acme)) == len(noted(acme))
    assert use.total.bytes == sum(entry.size for entry in list_objects(f"{acme.pk}/"))
    (drawing,) = named(acme).values()
    assert {role: (part.objects, part.bytes) for role, part in use.by_role.items()} == {
        "logo_dark": (1, drawing["size"])
    }
    assert use.earlier.objects == len(objects(acme)) - 1
    assert (theirs.total.objects, theirs.earlier.objects) == (len(objects(globex)), 0)


def test_a_file_in_two_places_is_counted_once(acme, upload, empty_store):
    for role in ("logo_light", "logo_dark"):
        process_upload(acme.pk, upload(acme, DRAWING, role=role).pk)
    use = storage_use(acme)
    assert (use.total.objects, {role: part.objects for role, part in use.by_role.items()}) == (1, {"logo_dark": 1})


def test_where_all_is_well_nothing_is_found(acme, globex, logo):
    assert list(verify_assets(acme.pk, all_revisions=True)) == []
    assert call("verify_assets", "acme", "globex") == (["2 tenants: every file is as it must be"], "")


@pytest.mark.parametrize("problem", list(Problem))
def test_each_damage_is_found_and_repaired_and_touches_no_other_tenant(  # noqa: PLR0917 - fixtures and the damage
    acme, globex, logo, damage, fetch, problem
):
    key = max(logo.public_keys)
    damage(acme, key, problem)

    (found,) = verify_assets(acme.pk)
    assert (found.problem, found.named.key, found.revision, found.repaired) == (problem, key, 2, False)
    assert list(verify_assets(globex.pk)) == []
    (found,) = verify_assets(acme.pk, repair=True)

    assert found.repaired
    assert list(verify_assets(acme.pk)) == []
    response = fetch("assets-public", key)
    assert hashlib.sha256(response.content).hexdigest() == named(acme)[key]["sha256"]
    assert response.headers["Content-Type"] == named(acme)[key]["content_type"]
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_of_an_earlier_revision_is_looked_at_when_it_is_asked_for(acme, logo, upload, operator, damage):
    damage(acme, logo.public_key, Problem.MISSING)
    remove_asset(acme.pk, "logo_light", "", actor=operator)
    assert list(verify_assets(acme.pk)) == []
    (found,) = verify_assets(acme.pk, all_revisions=True, repair=True)
    assert (found.named.key, found.revision, found.repaired) == (logo.public_key, 2, True)
    assert find_object(logo.public_key)


def test_what_is_found_nowhere_is_said_and_fails_the_command(acme, logo, damage):
    damage(acme, logo.public_key, Problem.MISSING)
    delete_private([logo.private_key])
    lines, failure = call("verify_assets", "acme", "--repair")
    assert lines == [f"acme: logo_light of revision 2: missing, {logo.public_key}"]
    assert failure == "1 files are not as they must be."
    lines, failure = call("repush_assets", "acme")
    assert lines[0] == f"acme: {logo.public_key} (logo_light) is found nowhere"
    assert failure == "1 files are found nowhere; they must be uploaded again."


def test_an_emptied_bucket_is_filled_again_from_the_uploads(acme, globex, logo, empty_store, upload):
    process_upload(acme.pk, upload(acme, DRAWING, role="logo_dark").pk)
    before = {key: find_object(key) for key in named(acme)}
    delete_public(list(before))
    theirs = objects(globex)

    assert {entry.key: found for entry, found in repush_assets(acme.pk)} == dict.fromkeys(before, True)

    assert list(verify_assets(acme.pk)) == []
    assert {key: (found.size, found.content_type) for key, found in before.items()} == {
        key: (find_object(key).size, find_object(key).content_type) for key in before
    }
    assert objects(globex) == theirs


def test_a_worker_fills_the_bucket_for_one_tenant_a_task(acme, globex, logo, valkey, settings):
    with redis.Redis.from_url(settings.ENVIRONMENT.redis_url) as broker:
        broker.delete("celery")
        assert call("repush_assets", "--queue") == (["2 tenants queued"], "")
        waiting = [json.loads(message) for message in broker.lrange("celery", 0, -1)]
        broker.delete("celery")
    arguments = [json.loads(b64decode(message["body"]))[0] for message in waiting]
    assert sorted(arguments) == sorted([[str(acme.pk)], [str(globex.pk)]])
    delete_public(list(named(acme)))
    repush_tenant_assets(str(acme.pk))
    assert list(verify_assets(acme.pk)) == []


def test_while_the_store_is_away_nothing_is_called_missing(acme, logo, store_down):
    store_down(True)
    with pytest.raises(UnavailableError):
        list(verify_assets(acme.pk))
    for command in ("verify_assets", "repush_assets", "orphan_report"):
        lines, failure = call(command, "acme")
        assert "does not answer" in failure
        assert lines == []


def test_orphans_are_told_apart(acme, globex, logo, settings):
    left_over, unnoted = f"{acme.pk}/{'0' * 32}.png", logo.public_key
    put_public(left_over, b"nobody's", content_type="image/png", disposition="")
    put_public(f"{globex.pk}/{'1' * 32}.png", b"theirs", content_type="image/png", disposition="")
    missing = max(set(logo.public_keys) - {unnoted})
    delete_public([missing])
    with tenant_schema(acme):
        StoredObject.objects.filter(key=unnoted).delete()

    orphans = find_orphans(acme)

    assert [entry.key for entry in orphans.left_over] == [left_over]
    assert [entry.key for entry in orphans.unnoted] == [unnoted]
    assert orphans.missing == [missing]
    lines, _ = call("orphan_report", "acme", "--delete")
    assert lines == [
        f"acme: nothing names {left_over} (8\xa0bytes)",
        f"acme: {unnoted} is in use and not noted; repush_assets notes it",
        f"acme: {missing} is noted and not there; verify_assets says who needs it",
        "acme: 0 objects deleted",
    ]
    # All of it is young; when it is not, what is left over goes and nothing else.
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, assets_grace_hours=-1)
    assert delete_orphans(acme, orphans) == 1
    assert objects(acme) == set(logo.public_keys) - {missing}
    assert len(objects(globex)) == len(named(globex)) + 1
    assert all(found for _, found in repush_assets(acme.pk))
    assert find_orphans(acme) == dataclasses.replace(orphans, left_over=[], unnoted=[], missing=[])


def test_what_is_noted_between_the_report_and_the_deletion_stays(acme, logo, settings):
    keys = [f"{acme.pk}/{number * 32}.png" for number in "01"]
    for key in keys:
        put_public(key, b"found", content_type="image/png", disposition="")
    orphans = find_orphans(acme)
    with tenant_schema(acme):
        StoredObject.objects.create(key=keys[0], sha256="0" * 64, size=5, content_type="image/png")
    settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, assets_grace_hours=-1)
    assert delete_orphans(acme, orphans) == 1
    assert find_object(keys[0])
    assert find_object(keys[1]) is None


def test_objects_of_no_tenant_are_told_and_stay(acme, globex, empty_store):
    for key in ("stray.txt", "gone-tenant/x.png", "frontend/2.12/assets/index.js", f"{acme.pk}/x.png"):
        put_public(key, b"x", content_type="text/plain", disposition="")
    assert unknown_prefixes() == ["gone-tenant/", "stray.txt"]
    lines, _ = call("orphan_report", "--delete")
    assert lines[-2:] == ["gone-tenant/ belongs to no tenant", "stray.txt belongs to no tenant"]
    assert find_object("stray.txt")
    assert find_object("gone-tenant/x.png")


def test_use_is_shown_by_command_and_unknown_tenants_are_named(acme, globex, logo):
    lines, _ = call("storage_use")
    assert [line.partition(":")[0] for line in lines] == ["acme", "globex"]
    assert f"{len(objects(acme))} objects" in lines[0]
    for command in ("storage_use", "verify_assets", "repush_assets", "orphan_report"):
        assert call(command, "acme", "nobody") == ([], "There is no tenant nobody.")


def test_manifests_of_any_number_of_revisions_are_read(acme, logo, operator):
    live = Publication.objects.get(tenant=acme, revision=2)
    Publication.objects.bulk_create(
        Publication(tenant=acme, revision=number, document=live.document, checksum="x", actor="system")
        for number in range(3, 200)
    )
    assert len(list(repush_assets(acme.pk, all_revisions=True))) == len(logo.public_keys)
