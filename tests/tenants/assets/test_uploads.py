"""Tickets: a browser posts one file straight to the store, and nothing else with it."""

import dataclasses
from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.assets.models import Asset, AssetState
from tenants.assets.pipeline.formats import MAXIMUM_BYTES
from tenants.assets.services import receiving
from tenants.assets.services.receiving import begin_upload, cancel_upload, fetch_remote, finish_upload
from tenants.assets.storage import MissingObjectError, fetch_private, presign_post, private_size
from tenants.contract.errors import ConflictError, InvalidValueError, NotFoundError, UnavailableError
from tenants.registry.actor import SYSTEM
from tenants.registry.models import AuditEntry
from tests.tenants.assets.conftest import post
from tests.tenants.assets.pictures import picture
from tests.tenants.assets.rows import rows

pytestmark = pytest.mark.usefixtures("seaweedfs")


@pytest.fixture
def begin(operator):
    """Return a function that asks for a ticket."""

    def ask(tenant, **values):
        return begin_upload(tenant.pk, actor=operator, **{"role": "logo_light", "file_name": "logo.png"} | values)

    return ask


def holds(key: str) -> bool:
    """Say whether the private bucket has an object."""
    try:
        return private_size(key) > 0
    except MissingObjectError:
        return False


def test_a_posted_file_is_kept_privately_and_waits_to_be_processed(acme, operator, upload, fetch):
    asset = upload(acme, file_name="Acme Logo.png")
    assert (asset.state, asset.role, asset.original_name) == (AssetState.RECEIVED, "logo_light", "Acme Logo.png")
    assert (asset.private_key, asset.size) == (f"{acme.pk}/uploads/{asset.pk}", len(picture()))
    assert fetch_private(asset.private_key) == picture()
    assert fetch("assets-private", asset.private_key).status_code == 403
    entry = AuditEntry.objects.get(action="asset.receive", tenant_id=acme.pk)
    assert (entry.actor, entry.target, entry.changes["file"]) == (operator.label, "logo_light", "Acme Logo.png")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\Users\\me\\logo.png", "logo.png"),
        ("a\x00b\r\nc\x1b[31m.png", "abc[31m.png"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("größe 標.png", "größe 標.png"),
        ("x" * 500, "x" * 120),
        ("", "unnamed"),
        ("folder/", "unnamed"),
    ],
)
def test_a_file_name_is_shown_without_paths_and_invisible_characters(acme, begin, name, shown):
    begin(acme, file_name=name)
    assert [asset.original_name for asset in rows(acme)] == [shown]


@pytest.mark.parametrize(
    ("size", "status"), [(0, 400), (1, 204), (MAXIMUM_BYTES["logo_light"], 204), (MAXIMUM_BYTES["logo_light"] + 1, 400)]
)
def test_the_store_takes_no_more_than_the_role_allows_and_nothing_empty(acme, begin, size, status):
    ticket = begin(acme)
    assert ticket.maximum_bytes == MAXIMUM_BYTES["logo_light"]
    assert post(ticket, b"x" * size).status_code == status
    assert holds(ticket.fields["key"]) == (status == 204)


def test_a_ticket_of_one_tenant_stores_nothing_of_another(acme, globex, begin):
    ours, theirs = begin(acme), begin(globex)
    stolen = [
        {"key": theirs.fields["key"]},
        {"key": f"{ours.fields['key']}/../../{theirs.fields['key']}"},
        {"key": theirs.fields["key"], "policy": ours.fields["policy"], "x-amz-signature": "0" * 64},
        {"policy": theirs.fields["policy"]},
    ]
    assert {post(ours, b"x", **changed).status_code for changed in stolen} <= {400, 403}
    assert not holds(theirs.fields["key"])


def test_a_ticket_opens_no_other_bucket_and_no_other_kind_of_file(acme, begin, fetch):
    ticket = begin(acme)
    elsewhere = dataclasses.replace(ticket, url=ticket.url.replace("assets-private", "assets-public"))
    assert post(elsewhere, b"x").status_code == 403
    assert post(ticket, b"<script>", **{"Content-Type": "text/html"}).status_code == 403
    # SeaweedFS takes the field and does nothing with it; other stores refuse it.
    post(ticket, b"x", acl="public-read")
    assert fetch("assets-private", ticket.fields["key"]).status_code == 403


def test_an_expired_ticket_is_refused(acme, begin, monkeypatch):
    monkeypatch.setattr(receiving, "UPLOAD_LIFETIME", timedelta(seconds=-1))
    ticket = begin(acme)
    assert ticket.expires_at < timezone.now()
    assert post(ticket, b"x").status_code == 403


def test_a_browser_without_scripts_is_sent_back_with_the_key(acme, begin):
    ticket = begin(acme, return_to="http://acme.localhost:8000/settings/received/")
    response = post(ticket, b"x")
    assert response.status_code == 303
    assert response.headers["Location"].startswith("http://acme.localhost:8000/settings/received/?")
    assert response.next_request.url.params["key"] == f"{acme.pk}/uploads/{ticket.asset_id}"
    assert post(ticket, b"x", success_action_redirect="http://evil.example/").status_code == 403


def test_where_browsers_post_is_a_setting(acme, begin, settings):
    for address in ("/_uploads", "https://uploads.example/private"):
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, uploads_url=address)
        assert begin(acme).url == address
    assert presign_post("key", maximum_bytes=1, seconds=1)[1]["key"] == "key"


def test_finishing_says_when_nothing_has_arrived_and_may_be_repeated(acme, globex, begin):
    ticket = begin(acme)
    with pytest.raises(NotFoundError, match="has not arrived"):
        finish_upload(acme.pk, ticket.asset_id, actor=SYSTEM)
    post(ticket, b"x")
    with pytest.raises(NotFoundError, match="no such upload"):
        finish_upload(globex.pk, ticket.asset_id, actor=SYSTEM)
    with pytest.raises(NotFoundError, match="no such upload"):
        finish_upload(acme.pk, "not-an-id", actor=SYSTEM)
    for _ in range(3):
        assert finish_upload(acme.pk, ticket.asset_id, actor=SYSTEM).state == AssetState.RECEIVED
    assert AuditEntry.objects.filter(action="asset.receive", tenant_id=acme.pk).count() == 1


def test_while_the_store_is_away_finishing_says_so_and_the_upload_is_still_expected(acme, begin, store_down):
    ticket = begin(acme)
    post(ticket, b"x")
    store_down(True)
    with pytest.raises(UnavailableError, match="does not answer just now; nothing was changed") as caught:
        finish_upload(acme.pk, ticket.asset_id, actor=SYSTEM)
    assert caught.value.code == "storage_unavailable"
    assert [asset.state for asset in rows(acme)] == [AssetState.AWAITED]
    store_down(False)
    assert finish_upload(acme.pk, ticket.asset_id, actor=SYSTEM).state == AssetState.RECEIVED


def test_a_cancelled_upload_is_expected_no_longer(acme, globex, begin, upload):
    ticket, arrived = begin(acme), upload(acme)
    cancel_upload(globex.pk, ticket.asset_id, actor=SYSTEM)
    for asset_id in (ticket.asset_id, arrived.pk):
        cancel_upload(acme.pk, asset_id, actor=SYSTEM)
    assert {asset.pk: asset.state for asset in rows(acme)} == {
        ticket.asset_id: AssetState.REMOVED,
        arrived.pk: AssetState.RECEIVED,
    }


@pytest.mark.parametrize(
    ("role", "name", "code"),
    [
        ("cat", "", "role_unknown"),
        ("logo_light", "another", "asset_name_invalid"),
        ("font", "heavy", "asset_name_invalid"),
        ("avatar", "../x", "asset_name_invalid"),
        ("public_file", "a/../../b.css", "asset_name_invalid"),
        ("public_file", "", "asset_name_invalid"),
    ],
)
def test_a_place_that_does_not_exist_gets_no_ticket(acme, operator, role, name, code):
    for ask in (begin_upload, lambda *tenant, **values: fetch_remote(*tenant, url="https://x.example/a", **values)):
        with pytest.raises(InvalidValueError) as caught:
            ask(acme.pk, role=role, name=name, actor=operator)
        assert caught.value.code == code
    assert rows(acme) == []


def test_only_so_many_files_are_on_their_way_at_once(acme, globex, begin, monkeypatch):
    monkeypatch.setattr(receiving, "MOST_UNFINISHED", 2)
    tickets = [begin(acme) for _ in range(2)]
    with pytest.raises(ConflictError) as caught:
        begin(acme)
    assert caught.value.code == "uploads_too_many"
    begin(globex)
    cancel_upload(acme.pk, tickets[0].asset_id, actor=SYSTEM)
    begin(acme)


@pytest.mark.parametrize("url", ["", "ftp://x.example/a", "https://", "javascript:alert(1)", "https://x/\x00", "//x/a"])
def test_what_is_no_web_address_is_refused_before_anything_is_begun(acme, operator, url):
    with pytest.raises(InvalidValueError) as caught:
        fetch_remote(acme.pk, role="logo_light", url=url, actor=operator)
    assert (caught.value.code, caught.value.field) == ("url_refused", "url")
    assert rows(acme) == []


def test_a_file_of_another_site_is_noted_for_the_worker(acme, operator):
    asset = fetch_remote(acme.pk, role="logo_dark", url=" https://example.com/brand/logo.svg?v=2 ", actor=operator)
    assert isinstance(asset, Asset)
    assert (asset.state, asset.original_name) == (AssetState.AWAITED, "logo.svg")
    assert asset.source_url == "https://example.com/brand/logo.svg?v=2"
    entry = AuditEntry.objects.get(action="asset.fetch", tenant_id=acme.pk)
    assert (entry.actor, entry.changes["url"]) == (operator.label, asset.source_url)
