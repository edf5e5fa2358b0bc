"""The files of a tenant as operators see them: all of them, what waits for their word, and the quota."""

import httpx
import pytest
from django.test import Client

from controlplane.operators.reviewing import reviewed_text
from tenants.assets.models import Asset, AssetState
from tenants.assets.services.quota import storage_limit
from tenants.assets.services.receiving import begin_upload, finish_upload
from tenants.assets.tasks import process_asset
from tenants.contract.roles import Role
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tests.controlplane.operators.pages import address, audited, body, command, published, text_of

pytestmark = pytest.mark.usefixtures("seaweedfs")
SCRIPT = "document.title = 'Hello';\n</code></pre><script>alert(1)</script>\n"


def uploaded(tenant: Tenant, content: str = SCRIPT, *, role: str = "script", name: str = "") -> Asset:
    """Upload a file as the tenant's owner does, let the worker look into it, and return its row."""
    owner = Actor(ActorKind.MEMBER, f"owner@{tenant.slug}.example", Role.OWNER)
    ticket = begin_upload(tenant.pk, role=role, name=name, file_name=f"{name or 'hello.js'}", actor=owner)
    httpx.post(ticket.url, data=ticket.fields, files={"file": content.encode()}).raise_for_status()
    finish_upload(tenant.pk, ticket.asset_id, actor=owner)
    process_asset(str(tenant.pk), str(ticket.asset_id))
    return row(tenant, ticket.asset_id)


def row(tenant: Tenant, asset_id: object) -> Asset:
    with tenant_schema(tenant):
        return Asset.objects.get(pk=asset_id)


def review(client: Client, tenant: Tenant, asset: Asset) -> str:
    return text_of(client.get(address("registry_tenant_files", tenant.pk), {"review": asset.pk}))


def test_a_tenant_without_files_says_so_and_one_with_some_tells_all_of_each(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    asset = uploaded(acme, "body { color: red }", role="stylesheet")
    page = body(operator_client, acme, "files")
    for told in ("Stylesheet", "Published", "text/css", asset.sha256[:12], "owner@acme.example"):
        assert told in page
    assert "No files yet" in body(operator_client, globex, "files")


def test_a_script_is_read_without_running_then_let_in_and_published(operator_client: Client, acme: Tenant) -> None:
    asset = uploaded(acme)
    assert "Waiting for approval" in body(operator_client, acme, "files")
    page = review(operator_client, acme, asset)
    assert "document.title = &#x27;Hello&#x27;;" in page
    assert "<script>alert(1)" not in page
    assert asset.sha256 in page

    said = text_of(command(operator_client, acme, "files", "approve", asset=asset.pk))
    assert "Let in." in said
    assert not published(acme).document.get("assets")
    process_asset(str(acme.pk), str(asset.pk))

    assert published(acme).document["assets"][0]["role"] == "script"
    assert row(acme, asset.pk).approved_by == "operator@example.com"
    assert "asset.approve" in audited(acme)
    assert "let in by operator@example.com" in body(operator_client, acme, "files")


def test_a_refused_script_stays_out_and_its_uploader_is_told_why(operator_client: Client, acme: Tenant) -> None:
    asset = uploaded(acme)
    page = address("registry_tenant_files", acme.pk) + f"?review={asset.pk}"
    without = operator_client.post(page, {"command": "refuse", "asset": asset.pk, "reason": ""})
    assert "Tell the uploader why." in without.content.decode()
    assert row(acme, asset.pk).state == AssetState.WAITING

    command(operator_client, acme, "files", "refuse", asset=asset.pk, reason="It reads what people type.")

    assert row(acme, asset.pk).state == AssetState.FAILED
    assert row(acme, asset.pk).reason == "An operator did not let it in: It reads what people type."
    assert not published(acme).document.get("assets")


def test_a_file_of_one_tenant_is_neither_shown_nor_let_in_through_another(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    asset = uploaded(acme)
    assert "There is no such upload." in review(operator_client, globex, asset)
    assert "There is no such upload." in text_of(command(operator_client, globex, "files", "approve", asset=asset.pk))
    assert row(acme, asset.pk).state == AssetState.WAITING


def test_the_dashboard_leads_to_what_waits_in_all_tenants_until_somebody_decides(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    index = address("index")
    assert "Waiting for approval" not in text_of(operator_client.get(index))
    first, second = uploaded(acme), uploaded(globex, name="elements/Chart.jsx", role="public_file")

    page = text_of(operator_client.get(index))

    for tenant, asset in ((acme, first), (globex, second)):
        assert f"{address('registry_tenant_files', tenant.pk)}?review={asset.pk}" in page
    assert page.index(str(first.pk)) < page.index(str(second.pk))
    command(operator_client, acme, "files", "refuse", asset=first.pk, reason="No")
    page = text_of(operator_client.get(index))
    assert str(first.pk) not in page
    assert str(second.pk) in page


def test_what_no_longer_waits_is_said_and_not_shown(operator_client: Client, acme: Tenant) -> None:
    asset = uploaded(acme, "p { margin: 0 }", role="stylesheet")
    assert "does not wait for an operator any more" in review(operator_client, acme, asset)


def test_an_operators_own_script_needs_no_further_word(operator_client: Client, acme: Tenant) -> None:
    page = address("registry_tenant_files", acme.pk)
    asked = {"command": "upload", "role": "script", "name": "", "file_name": "own.js"}
    ticket = operator_client.post(page, asked, headers={"accept": "application/json"}).json()["upload"]
    httpx.post(ticket["url"], data=ticket["fields"], files={"file": b"1;\n"}).raise_for_status()
    text_of(command(operator_client, acme, "files", "finish", asset=ticket["asset"]))
    process_asset(str(acme.pk), ticket["asset"])
    assert published(acme).document["assets"][0]["role"] == "script"


def test_one_of_many_files_is_removed_by_name(operator_client: Client, acme: Tenant) -> None:
    for name in ("a.txt", "b.txt"):
        uploaded(acme, "Hello", role="public_file", name=name)
    command(operator_client, acme, "files", "remove-file", role="public_file", name="a.txt")
    assert [asset["name"] for asset in published(acme).document["assets"]] == ["b.txt"]


@pytest.mark.parametrize(("typed", "limit"), [("2", 2 * 1024**2), ("0", 0), ("", 500 * 1024**2)])
def test_a_quota_is_set_and_taken_back(operator_client: Client, acme: Tenant, typed: str, limit: int) -> None:
    command(operator_client, acme, "files", "quota", megabytes="7")
    assert "Storage quota saved." in text_of(command(operator_client, acme, "files", "quota", megabytes=typed))
    acme.refresh_from_db()
    assert storage_limit(acme) == limit
    assert audited(acme)[0] == "tenant.quota"


def test_a_quota_that_is_none_is_refused(operator_client: Client, acme: Tenant) -> None:
    page = text_of(command(operator_client, acme, "files", "quota", megabytes="-1"))
    assert "Nothing was changed." in page
    acme.refresh_from_db()
    assert acme.storage_quota_mb is None


def test_characters_that_hide_code_are_made_visible() -> None:
    text = reviewed_text("if (x) {\u202e // safe\u200b }\r\nlet café = 'ß';\n\x1b[2J\xff".encode())
    assert text.text == "if (x) {⟦U+202E⟧ // safe⟦U+200B⟧ }\nlet café = 'ß';\n⟦U+001B⟧[2Jÿ"
    assert (text.lines, text.hidden) == (3, 3)


def test_what_is_no_text_is_shown_by_its_bytes() -> None:
    assert reviewed_text(b"ok \xff\xfe").text == "ok \\xff\\xfe"
