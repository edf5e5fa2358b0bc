"""Bringing files in, describing and removing them on the settings page."""

import re

import httpx
import pytest

from tenants.assets.models import Asset, AssetState
from tenants.registry.schema import tenant_schema
from tenants.registry.services.drafts import set_publish_on_save
from tests.tenants.assets.pictures import picture
from tests.tenants.portal.conftest import browser, last_audit, live_document, revisions, sign_in
from tests.tenants.portal.uploading import JSON, place_of, process_all, publish, ticket, upload

pytestmark = pytest.mark.usefixtures("seaweedfs")


def test_an_upload_is_pending_then_live(acme, owner_of_acme):
    assert place_of(owner_of_acme)["state"] == "empty"
    response = upload(owner_of_acme)
    assert response.status_code == 202
    assert place_of(owner_of_acme)["state"] == "pending"
    process_all(acme)
    place = place_of(owner_of_acme)
    assert place["state"] == "published"
    assert "logo.png" in place["sentence"]
    assert live_document(acme)["assets"][0]["url"] in owner_of_acme.get("/settings/").content.decode()


def test_what_is_no_image_is_refused_with_the_reason_and_the_live_one_stays(acme, owner_of_acme):
    publish(owner_of_acme, acme)
    before = live_document(acme)
    place = publish(owner_of_acme, acme, b"#!/bin/sh", file_name="evil.png")
    assert place["state"] == "failed"
    assert "“evil.png” was refused." in place["sentence"]
    assert "The one before stays live." in place["sentence"]
    assert live_document(acme) == before


@pytest.mark.parametrize(
    ("role", "home"),
    [("logo_light", "/settings/branding/#images"), ("avatar", "/settings/files/#avatar"),
     ("script", "/settings/files/#code")],
)  # fmt: skip
def test_without_scripts_a_form_posts_to_the_store_which_leads_back_to_the_page(owner_of_acme, role, home):
    name = "my_assistant" if role == "avatar" else ""
    page = owner_of_acme.post(f"/settings/files/{role}/", {"name": name})
    text = page.content.decode()
    address = re.search(r'<form class="stack" method="post" action="([^"]+)"', text)[1]
    assert "form-action 'self' " + "/".join(address.split("/")[:3]) in page["Content-Security-Policy"]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', text.replace("&quot;", '"')))
    stored = httpx.post(address, data=fields, files={"file": picture()})
    assert stored.status_code == 303
    response = owner_of_acme.get(stored.headers["Location"])
    assert (response.status_code, response["Location"]) == (302, home)
    assert "The file is being checked" in owner_of_acme.get(home.partition("#")[0]).content.decode()
    assert place_of(owner_of_acme, role, name)["state"] == "pending"


@pytest.mark.parametrize("key", ["", "nothing", "uploads/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f"])
def test_coming_back_with_a_key_that_leads_nowhere_says_so(owner_of_acme, key):
    response = owner_of_acme.get(f"/settings/files/logo_light/received/?key={key}", follow=True)
    assert "There is no such upload." in response.content.decode()


@pytest.mark.parametrize(
    ("role", "name", "code"),
    [("wallpaper", "", "role_unknown"), ("logo_light", "other", "asset_name_invalid"),
     ("public_file", "../secret.txt", "asset_name_invalid"), ("font", "black", "asset_name_invalid")],
)  # fmt: skip
def test_a_place_that_there_is_not_gets_no_ticket_and_changes_nothing(acme, owner_of_acme, role, name, code):
    count = revisions(acme)
    response = ticket(owner_of_acme, role, name=name)
    assert (response.status_code, response.json()["error"]["code"]) == (422, code)
    assert revisions(acme) == count


def test_a_file_that_did_not_arrive_is_said_and_a_cancelled_one_is_forgotten(acme, owner_of_acme):
    begun = ticket(owner_of_acme).json()["upload"]
    response = owner_of_acme.post(begun["finish_url"], headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "upload_not_arrived")
    assert owner_of_acme.post(begun["cancel_url"], headers=JSON).status_code == 200
    with tenant_schema(acme):
        assert Asset.objects.get().state == AssetState.REMOVED
    assert place_of(owner_of_acme)["state"] == "empty"


def test_an_upload_of_one_tenant_cannot_be_finished_by_another(owner_of_acme, globex):
    begun = ticket(owner_of_acme).json()["upload"]
    httpx.post(begun["url"], data=begun["fields"], files={"file": picture()}).raise_for_status()
    owner_of_globex = browser(globex)
    sign_in(owner_of_globex, "owner@globex.example")
    assert owner_of_globex.post(begun["finish_url"], headers=JSON).status_code == 404
    owner_of_globex.post(begun["cancel_url"], headers=JSON)
    assert owner_of_acme.post(begun["finish_url"], headers=JSON).status_code == 202


def test_a_file_name_is_text_and_no_markup(owner_of_acme):
    upload(owner_of_acme, file_name="<img src=x onerror=alert(1)>.png")
    page = owner_of_acme.get("/settings/branding/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_a_web_address_is_noted_for_the_worker_and_a_bad_one_is_refused(acme, owner_of_acme):
    address = "https://cdn.example/brand/logo.svg"
    response = owner_of_acme.post("/settings/files/logo_light/", {"url": f" {address} "}, headers=JSON)
    assert response.status_code == 202
    assert place_of(owner_of_acme)["state"] == "pending"
    with tenant_schema(acme):
        assert Asset.objects.get().source_url == address
    assert (last_audit(acme).action, last_audit(acme).actor) == ("asset.fetch", "owner@acme.example")
    refused = owner_of_acme.post("/settings/files/logo_dark/", {"url": "file:///etc/passwd"}, headers=JSON)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "url_refused")


def test_a_picture_is_described_and_the_description_is_published(acme, owner_of_acme):
    publish(owner_of_acme, acme)
    said = owner_of_acme.post("/settings/files/logo_light/describe/", {"alt": "A red box"}, follow=True)
    assert "Logo, light theme described. Live as revision" in said.content.decode()
    assert live_document(acme)["assets"][0]["alt"] == "A red box"
    assert 'alt="A red box"' in owner_of_acme.get("/settings/branding/").content.decode()
    missing = owner_of_acme.post("/settings/files/logo_dark/describe/", {"alt": "Nothing"}, headers=JSON)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "asset_not_found")


def test_removing_takes_the_image_out_of_what_is_live(acme, owner_of_acme):
    publish(owner_of_acme, acme)
    removed = owner_of_acme.post("/settings/files/logo_light/remove/", follow=True)
    assert "Logo, light theme removed. Live as revision" in removed.content.decode()
    assert "assets" not in live_document(acme)
    again = owner_of_acme.post("/settings/files/logo_light/remove/", headers=JSON)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "asset_not_found")


def test_the_page_hears_what_is_live_and_whether_something_waits(acme, owner_of_acme, operator):
    def states():
        return owner_of_acme.get("/settings/files/states/", headers=JSON).json()

    publish(owner_of_acme, acme)
    live = revisions(acme)
    assert (states()["revision"], states()["waits"]) == (live, False)
    set_publish_on_save(acme.pk, enabled=False, actor=operator)
    owner_of_acme.post("/settings/files/logo_light/remove/", headers=JSON)
    assert (states()["revision"], states()["waits"]) == (live, True)


def test_a_file_of_one_tenant_is_none_of_another(acme, globex, owner_of_acme):
    before = live_document(globex)
    publish(owner_of_acme, acme)
    assert live_document(globex) == before
