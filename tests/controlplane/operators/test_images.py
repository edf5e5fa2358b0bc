"""Images of a tenant's branding, from the admin's form to the worker's verdict."""

import re
from io import BytesIO

import httpx
import pytest
from django.test import Client
from PIL import Image

from controlplane.supervisor.seaweedfs import SeaweedFS
from tenants.assets.models import Asset, AssetState
from tenants.assets.tasks import process_asset
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tests.controlplane.operators.pages import address, body, command, published, text_of

pytestmark = pytest.mark.usefixtures("seaweedfs")


def _upload(client: Client, tenant: Tenant, role: str, content: bytes) -> str:
    """Do what the page's script does with a chosen file, and return the page that is shown then."""
    page = address("registry_tenant_branding", tenant.pk)
    asked = {"command": "upload", "role": role, "file_name": "logo.png"}
    ticket = client.post(page, asked, headers={"accept": "application/json"}).json()["upload"]
    httpx.post(ticket["url"], data=ticket["fields"], files={"file": content}).raise_for_status()
    return text_of(command(client, tenant, "branding", "finish", asset=ticket["asset"]))


def _process(tenant: Tenant) -> Asset:
    with tenant_schema(tenant):
        asset = Asset.objects.latest("created_at")
    process_asset(str(tenant.pk), str(asset.pk))
    with tenant_schema(tenant):
        return Asset.objects.get(pk=asset.pk)


def test_a_logo_is_received_then_published_and_shown(
    operator_client: Client, acme: Tenant, seaweedfs: SeaweedFS
) -> None:
    picture = BytesIO()
    Image.new("RGB", (64, 64), "#dc2626").save(picture, "PNG")
    page = _upload(operator_client, acme, "logo_light", picture.getvalue())
    assert "is being checked and published" in page
    assert 'hx-trigger="load delay' in page
    assert _process(acme).state == AssetState.PUBLISHED
    page = body(operator_client, acme, "branding")
    assert f"http://acme.localhost:8000{published(acme).document['assets'][0]['url']}" in page
    assert 'hx-trigger="load delay' not in page
    command(operator_client, acme, "branding", "remove-file", role="logo_light")
    assert not published(acme).document.get("assets")


def test_a_file_that_is_no_image_is_refused_with_the_reason(operator_client: Client, acme: Tenant) -> None:
    revision = published(acme).revision
    _upload(operator_client, acme, "favicon", b"MZ this is a program")
    asset = _process(acme)
    page = body(operator_client, acme, "branding")
    assert asset.state == AssetState.FAILED
    assert "was refused" in page
    assert published(acme).revision == revision


def test_without_scripts_the_page_holds_a_form_that_leads_back_to_it(operator_client: Client, acme: Tenant) -> None:
    page = text_of(command(operator_client, acme, "branding", "upload", role="favicon"))
    store = re.search(r'<form method="post" action="([^"]+)" enctype="multipart/form-data">', page)
    assert store
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', page[store.end() :]))
    fields = {name: value for name, value in fields.items() if name not in {"command", "role"}}
    stored = httpx.post(store[1], data=fields, files={"file": b"x"})
    assert stored.status_code == 303
    assert "is being checked and published" in text_of(operator_client.get(stored.headers["Location"], follow=True))


def test_a_file_that_did_not_reach_the_store_is_said(operator_client: Client, acme: Tenant) -> None:
    page = text_of(command(operator_client, acme, "branding", "cancel", reason="The file is larger than 5 MB."))
    assert "The file is larger than 5 MB." in page
    with tenant_schema(acme):
        assert not Asset.objects.exists()


def test_a_file_without_a_place_gets_no_ticket(operator_client: Client, acme: Tenant) -> None:
    assert "There is no place for a file" in text_of(command(operator_client, acme, "branding", "upload", role="cat"))
