"""Images of a tenant's branding, from the admin's form to the worker's verdict."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from controlplane.supervisor.seaweedfs import SeaweedFS
from tenants.assets.models import Asset, AssetState
from tenants.assets.tasks import process_asset
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tests.controlplane.operators.pages import body, command, published, text_of

pytestmark = pytest.mark.usefixtures("seaweedfs")


def _upload(client: Client, tenant: Tenant, role: str, content: bytes) -> str:
    file = SimpleUploadedFile("logo.png", content, content_type="image/png")
    return text_of(command(client, tenant, "branding", "upload", role=role, file=file))


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
    assert published(acme).document["assets"][0]["url"] in page
    assert 'hx-trigger="load delay' not in page
    command(operator_client, acme, "branding", "remove-image", role="logo_light")
    assert not published(acme).document.get("assets")


def test_a_file_that_is_no_image_is_refused_with_the_reason(operator_client: Client, acme: Tenant) -> None:
    revision = published(acme).revision
    _upload(operator_client, acme, "favicon", b"MZ this is a program")
    asset = _process(acme)
    page = body(operator_client, acme, "branding")
    assert asset.state == AssetState.FAILED
    assert "was refused" in page
    assert published(acme).revision == revision


def test_too_large_an_image_is_refused_at_once(operator_client: Client, acme: Tenant) -> None:
    page = _upload(operator_client, acme, "logo_dark", b"x" * (5 * 1024 * 1024 + 1))
    assert "larger than 5 MB" in page


def test_a_form_without_a_file_says_so(operator_client: Client, acme: Tenant) -> None:
    assert "Choose a file first." in text_of(command(operator_client, acme, "branding", "upload", role="favicon"))
