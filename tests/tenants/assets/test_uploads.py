"""Receiving, removing and showing uploads."""

import io

import pytest

from tenants.assets.models import Asset, AssetState
from tenants.assets.services.processing import process_upload
from tenants.assets.services.uploads import MAXIMUM_BYTES, current_assets, receive_asset, remove_asset
from tenants.assets.storage import fetch_private
from tenants.contract.errors import InvalidValueError, NotFoundError, UnavailableError
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tests.tenants.assets.pictures import picture


def rows(tenant) -> list[Asset]:
    """Return all uploads of a tenant."""
    with tenant_schema(tenant):
        return list(Asset.objects.all())


class CountingStream(io.RawIOBase):
    """A file of a given size that exists only while it is read, and counts what was."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        chunk = b"x" * min(self.left, size if size >= 0 else self.left)
        self.left -= len(chunk)
        self.given += len(chunk)
        return chunk


def test_an_upload_is_kept_privately_and_waits_to_be_processed(acme, operator, upload, fetch):
    asset = upload(acme, name="Acme Logo.png")
    assert (asset.state, asset.role, asset.original_name) == (AssetState.RECEIVED, "logo_light", "Acme Logo.png")
    assert asset.private_key == f"{acme.pk}/uploads/{asset.pk}"
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
def test_a_name_is_shown_without_paths_and_invisible_characters(acme, upload, name, shown):
    assert upload(acme, name=name).original_name == shown


@pytest.mark.parametrize("declared", [50 * 1024**2, 10])
def test_a_file_of_50_mb_is_refused_without_being_read(acme, operator, seaweedfs, declared):
    stream = CountingStream(50 * 1024**2)
    with pytest.raises(InvalidValueError, match="larger than 5 MB") as caught:
        receive_asset(acme.pk, role="favicon", name="big.png", content=stream, size=declared, actor=operator)
    assert (caught.value.code, caught.value.field) == ("file_too_large", "content")
    assert stream.given <= MAXIMUM_BYTES + 256 * 1024
    assert rows(acme) == []


def test_a_file_of_exactly_the_limit_is_taken(acme, upload):
    assert upload(acme, b"x" * MAXIMUM_BYTES).size == MAXIMUM_BYTES


@pytest.mark.parametrize(
    ("role", "content", "code"), [("logo_light", b"", "file_empty"), ("cat", b"x", "role_unknown")]
)
def test_an_empty_file_and_an_unknown_role_are_refused(acme, upload, role, content, code):
    with pytest.raises(InvalidValueError) as caught:
        upload(acme, content, role=role)
    assert caught.value.code == code
    assert rows(acme) == []


def test_while_the_store_is_away_an_upload_says_so_and_changes_nothing(acme, upload, store_down):
    store_down(True)
    with pytest.raises(UnavailableError, match="does not answer just now; nothing was changed") as caught:
        upload(acme)
    assert caught.value.code == "storage_unavailable"
    assert rows(acme) == []
    store_down(False)
    assert upload(acme).state == AssetState.RECEIVED


def test_a_role_shows_the_live_file_the_one_on_its_way_and_the_last_refusal(acme, globex, upload):
    live = upload(acme)
    process_upload(acme.pk, live.pk)
    assert current_assets(acme)["logo_light"] == {"published": live, "pending": None, "failed": None}

    refused = upload(acme, b"no picture")
    process_upload(acme.pk, refused.pk)
    assert current_assets(acme)["logo_light"] == {"published": live, "pending": None, "failed": refused}

    waiting = upload(acme)
    assert current_assets(acme)["logo_light"] == {"published": live, "pending": waiting, "failed": None}
    for tenant, role in ((acme, "favicon"), (globex, "logo_light")):
        assert current_assets(tenant)[role] == {"published": None, "pending": None, "failed": None}


def test_removing_takes_everything_of_the_role_away_and_publishes(acme, operator, upload):
    for content in (None, b"no picture"):
        process_upload(acme.pk, upload(acme, content).pk)
    kept = upload(acme, role="favicon")
    process_upload(acme.pk, kept.pk)
    late = upload(acme)

    remove_asset(acme.pk, "logo_light", actor=operator)

    assert process_upload(acme.pk, late.pk) == AssetState.REMOVED
    assert current_assets(acme)["logo_light"] == {"published": None, "pending": None, "failed": None}
    assert current_assets(acme)["favicon"]["published"] == kept
    acme.refresh_from_db()
    assert [asset["role"] for asset in acme.live_publication.document["assets"]] == ["favicon"]
    assert AuditEntry.objects.filter(action="asset.remove", tenant_id=acme.pk, target="logo_light").count() == 1


def test_removing_nothing_is_refused(acme, operator):
    with pytest.raises(NotFoundError, match="no file to remove"):
        remove_asset(acme.pk, "favicon", actor=operator)
    with pytest.raises(InvalidValueError):
        remove_asset(acme.pk, "cat", actor=operator)
