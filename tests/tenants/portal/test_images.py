"""Uploading and removing images on the branding page, with the real storage and the worker's own service."""

import re

import httpx
import pytest

from tenants.assets.models import Asset, AssetState
from tenants.assets.tasks import process_asset
from tenants.registry.schema import tenant_schema
from tests.tenants.assets.pictures import picture
from tests.tenants.portal.conftest import browser, live_document, revisions, sign_in

pytestmark = pytest.mark.usefixtures("seaweedfs")
JSON = {"accept": "application/json"}


def ticket(client, *, role: str = "logo_light", name: str = "logo.png"):
    """Ask for a ticket as the page's script does."""
    return client.post(f"/settings/branding/images/{role}/", {"file_name": name}, headers=JSON)


def upload(client, content: bytes, **options):
    """Do what the page's script does with a chosen file; returns the last answer."""
    begun = ticket(client, **options).json()["upload"]
    httpx.post(begun["url"], data=begun["fields"], files={"file": content}).raise_for_status()
    return client.post(begun["finish_url"], headers=JSON)


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
    response = upload(owner_of_acme, picture())
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


def test_without_scripts_a_form_posts_to_the_store_which_leads_back_to_the_page(owner_of_acme):
    page = owner_of_acme.post("/settings/branding/images/logo_light/")
    text = page.content.decode()
    address = re.search(r'<form class="stack" method="post" action="([^"]+)"', text)[1]
    assert "form-action 'self' " + "/".join(address.split("/")[:3]) in page["Content-Security-Policy"]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', text.replace("&quot;", '"')))
    stored = httpx.post(address, data=fields, files={"file": picture()})
    assert stored.status_code == 303
    response = owner_of_acme.get(stored.headers["Location"])
    assert (response.status_code, response["Location"]) == (302, "/settings/branding/#images")
    assert "The image is being checked" in owner_of_acme.get("/settings/branding/").content.decode()
    assert state_of(owner_of_acme)["state"] == "received"


@pytest.mark.parametrize("key", ["", "nothing", "uploads/6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f"])
def test_coming_back_with_a_key_that_leads_nowhere_says_so(owner_of_acme, key):
    response = owner_of_acme.get(f"/settings/branding/images/received/?key={key}", follow=True)
    assert "There is no such upload." in response.content.decode()


def test_an_unknown_role_gets_no_ticket_and_changes_nothing(acme, owner_of_acme):
    count = revisions(acme)
    response = ticket(owner_of_acme, role="wallpaper")
    assert (response.status_code, response.json()["error"]["code"]) == (422, "role_unknown")
    assert revisions(acme) == count


def test_a_file_that_did_not_arrive_is_said_and_a_cancelled_one_is_forgotten(acme, owner_of_acme):
    begun = ticket(owner_of_acme).json()["upload"]
    response = owner_of_acme.post(begun["finish_url"], headers=JSON)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "upload_not_arrived")
    assert owner_of_acme.post(begun["cancel_url"], headers=JSON).status_code == 200
    with tenant_schema(acme):
        assert Asset.objects.get().state == AssetState.REMOVED
    assert state_of(owner_of_acme)["state"] == "empty"


def test_an_upload_of_one_tenant_cannot_be_finished_by_another(acme, owner_of_acme, globex):
    begun = ticket(owner_of_acme).json()["upload"]
    httpx.post(begun["url"], data=begun["fields"], files={"file": picture()}).raise_for_status()
    owner_of_globex = browser(globex)
    sign_in(owner_of_globex, "owner@globex.example")
    assert owner_of_globex.post(begun["finish_url"], headers=JSON).status_code == 404
    owner_of_globex.post(begun["cancel_url"], headers=JSON)
    assert owner_of_acme.post(begun["finish_url"], headers=JSON).status_code == 202


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
