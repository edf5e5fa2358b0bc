"""Uploading and removing images on the branding page, with the real storage and the worker's own service."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tenants.assets.models import Asset
from tenants.assets.tasks import process_asset
from tenants.registry.schema import tenant_schema
from tests.tenants.assets.pictures import picture
from tests.tenants.portal.conftest import live_document, revisions

pytestmark = pytest.mark.usefixtures("seaweedfs")
JSON = {"accept": "application/json"}


def upload(client, content: bytes, *, role: str = "logo_light", name: str = "logo.png", headers=None):
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(f"/settings/branding/images/{role}/", {"content": file}, headers=headers)


def process_all(tenant) -> None:
    """Do what the worker does with the uploads that wait."""
    with tenant_schema(tenant):
        waiting = list(Asset.objects.filter(state="received"))
    for asset in waiting:
        process_asset(str(tenant.pk), str(asset.pk))


def state_of(client, role: str = "logo_light") -> dict:
    images = client.get("/settings/branding/images/", headers=JSON).json()["images"]
    return next(image for image in images if image["role"] == role)


def test_an_upload_is_received_then_live(acme, owner_of_acme):
    assert state_of(owner_of_acme)["state"] == "empty"
    response = upload(owner_of_acme, picture(), headers=JSON)
    assert response.status_code == 202
    assert state_of(owner_of_acme)["state"] == "received"
    process_all(acme)
    state = state_of(owner_of_acme)
    assert state["state"] == "published"
    assert "logo.png" in state["sentence"]
    assert live_document(acme)["assets"][0]["url"] == state["url"]
    assert state["url"] in owner_of_acme.get("/settings/").content.decode()


def test_what_is_no_image_is_refused_with_the_reason_and_the_live_one_stays(acme, owner_of_acme):
    upload(owner_of_acme, picture())
    process_all(acme)
    before = live_document(acme)
    upload(owner_of_acme, b"#!/bin/sh", name="evil.png")
    process_all(acme)
    state = state_of(owner_of_acme)
    assert state["state"] == "failed"
    assert "“evil.png” was refused." in state["sentence"]
    assert "The one before stays live." in state["sentence"]
    assert live_document(acme) == before


def test_a_form_without_scripts_leads_back_to_the_page(owner_of_acme):
    response = upload(owner_of_acme, picture())
    assert (response.status_code, response["Location"]) == (302, "/settings/branding/#images")
    assert "The image is being checked" in owner_of_acme.get("/settings/branding/").content.decode()


@pytest.mark.parametrize(
    ("role", "content", "code"),
    [
        ("logo_light", b"x" * (5 * 1024 * 1024 + 1), "file_too_large"),
        ("logo_light", b"", "file_empty"),
        ("wallpaper", b"x", "role_unknown"),
    ],
)
def test_a_refused_upload_is_named_and_changes_nothing(acme, owner_of_acme, role, content, code):
    count = revisions(acme)
    response = upload(owner_of_acme, content, role=role, headers=JSON)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == code
    assert revisions(acme) == count
    assert state_of(owner_of_acme)["state"] == "empty"


def test_a_form_without_a_file_says_what_is_missing(owner_of_acme):
    response = owner_of_acme.post("/settings/branding/images/favicon/", {}, headers=JSON)
    assert response.json()["error"] == {"code": "file_missing", "message": "Choose a file first."}


def test_a_file_name_is_text_and_no_markup(owner_of_acme):
    upload(owner_of_acme, picture(), name="<img src=x onerror=alert(1)>.png")
    page = owner_of_acme.get("/settings/branding/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_removing_takes_the_image_out_of_what_is_live(acme, owner_of_acme):
    upload(owner_of_acme, picture())
    process_all(acme)
    removed = owner_of_acme.post("/settings/branding/images/logo_light/remove/", follow=True)
    assert "Logo, light theme removed. Live as revision" in removed.content.decode()
    assert "assets" not in live_document(acme)
    again = owner_of_acme.post("/settings/branding/images/logo_light/remove/", headers=JSON)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "asset_not_found")


def test_an_image_of_one_tenant_is_none_of_another(acme, globex, owner_of_acme):
    before = live_document(globex)
    upload(owner_of_acme, picture())
    process_all(acme)
    assert live_document(globex) == before
