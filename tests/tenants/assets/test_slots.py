"""The places for files: what is shown in each, describing it, and taking it away."""

import pytest

from tenants.assets.models import AssetState
from tenants.assets.services.processing import process_upload
from tenants.assets.services.receiving import begin_upload, fetch_remote
from tenants.assets.services.slots import AssetSlot, current_assets, describe_asset, remove_asset
from tenants.contract.errors import InvalidValueError, NotFoundError
from tenants.contract.state import FONT_FACES, AssetRole
from tenants.registry.models import AuditEntry
from tests.tenants.assets.rows import manifest, revision, stored

LOGO = AssetRole.LOGO_LIGHT


def test_each_role_has_its_places_even_when_they_are_empty(acme):
    places = current_assets(acme)
    assert list(places) == list(AssetRole)
    assert {role for role, named in places.items() if not named} == {AssetRole.AVATAR, AssetRole.PUBLIC_FILE}
    assert list(places[AssetRole.FONT]) == list(FONT_FACES)
    assert all(slot.is_empty for named in places.values() for slot in named.values())


def test_a_place_shows_the_live_file_the_one_on_its_way_and_the_last_refusal(acme, globex, upload):
    live = upload(acme)
    process_upload(acme.pk, live.pk)
    assert current_assets(acme)[LOGO][""] == AssetSlot(LOGO, "", published=live)

    refused = upload(acme, b"no picture")
    process_upload(acme.pk, refused.pk)
    assert current_assets(acme)[LOGO][""] == AssetSlot(LOGO, "", published=live, failed=refused)

    pending = upload(acme)
    assert current_assets(acme)[LOGO][""] == AssetSlot(LOGO, "", published=live, pending=pending)
    for tenant, role in ((acme, AssetRole.FAVICON), (globex, LOGO)):
        assert current_assets(tenant)[role][""].is_empty


def test_a_file_that_a_browser_still_sends_is_not_shown_and_one_to_be_fetched_is(acme, operator):
    begin_upload(acme.pk, role=LOGO, actor=operator)
    assert current_assets(acme)[LOGO][""].is_empty
    asset = fetch_remote(acme.pk, role=LOGO, url="https://example.com/logo.png", actor=operator)
    assert current_assets(acme)[LOGO][""].pending == asset


def test_files_of_one_role_have_places_of_their_own(acme, upload):
    ann, bob = (upload(acme, role="avatar", name=name) for name in ("Ann", "Dr. Bob"))
    for asset in (ann, bob):
        process_upload(acme.pk, asset.pk)
    places = current_assets(acme)[AssetRole.AVATAR]
    assert {name: slot.published for name, slot in places.items()} == {"ann": ann, "dr__bob": bob}
    remove_asset(acme.pk, "avatar", "Ann", actor=ann.uploader)
    assert list(current_assets(acme)[AssetRole.AVATAR]) == ["dr__bob"]


def test_a_description_is_published_and_stays_with_the_next_file(acme, globex, operator, upload):
    process_upload(acme.pk, upload(acme).pk)
    describe_asset(acme.pk, "logo_light", alt="  The Acme\nrocket ", actor=operator)
    assert manifest(acme)["logo_light"]["alt"] == "The Acme rocket"
    before = revision(acme)
    describe_asset(acme.pk, "logo_light", alt="The Acme rocket", actor=operator)
    assert revision(acme) == before
    process_upload(acme.pk, upload(acme, role="logo_light", file_name="new.png").pk)
    assert manifest(acme)["logo_light"]["alt"] == "The Acme rocket"
    entry = AuditEntry.objects.get(action="asset.describe", tenant_id=acme.pk)
    assert entry.changes["alt"] == ["", "The Acme rocket"]
    with pytest.raises(NotFoundError, match="no file to describe"):
        describe_asset(globex.pk, "logo_light", alt="Ours", actor=operator)


@pytest.mark.parametrize("alt", ["x" * 201, "a\u202eb", "a\x00b"])
def test_a_description_is_one_short_visible_line(acme, operator, alt):
    with pytest.raises(InvalidValueError) as caught:
        describe_asset(acme.pk, "logo_light", alt=alt, actor=operator)
    assert (caught.value.code, caught.value.field) == ("alt_invalid", "alt")


def test_removing_takes_everything_of_the_place_away_and_publishes(acme, operator, upload):
    for content in (None, b"no picture"):
        process_upload(acme.pk, upload(acme, content).pk)
    kept = upload(acme, role="favicon")
    process_upload(acme.pk, kept.pk)
    late = upload(acme)

    remove_asset(acme.pk, "logo_light", actor=operator)

    assert process_upload(acme.pk, late.pk) == AssetState.REMOVED
    assert current_assets(acme)[LOGO][""].is_empty
    assert current_assets(acme)[AssetRole.FAVICON][""].published == kept
    assert list(manifest(acme)) == ["favicon"]
    assert AuditEntry.objects.filter(action="asset.remove", tenant_id=acme.pk, target="logo_light").count() == 1
    assert stored(acme, late).step == ""


def test_removing_nothing_is_refused(acme, operator):
    with pytest.raises(NotFoundError, match="no file to remove"):
        remove_asset(acme.pk, "favicon", actor=operator)
    with pytest.raises(InvalidValueError):
        remove_asset(acme.pk, "cat", actor=operator)
