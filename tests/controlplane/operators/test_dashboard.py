"""The dashboard's tiles: how the fleet is now, each leading to where something can be done."""

import re
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tenants.assets.models import Asset, AssetState
from tenants.assets.services.failing import failing_files
from tenants.registry.actor import SYSTEM
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record
from tests.controlplane.operators.pages import address, text_of
from tests.controlplane.operators.runtimes import no_runtimes, runtime


def push(
    tenant: Tenant, state: AssetState, *, role: str = "logo_light", minutes_ago: int = 1, reason: str = ""
) -> None:
    """Note a file as the worker leaves it."""
    created_at = timezone.now() - timedelta(minutes=minutes_ago)
    record("asset.fail" if state == AssetState.FAILED else "asset.receive", actor=SYSTEM, tenant=tenant, target=role)
    with tenant_schema(tenant):
        Asset.objects.create(
            role=role, state=state, reason=reason, original_name=f"{role}.png", private_key="x", uploaded_by="x",
            uploaded_by_kind="member", due_at=timezone.now(), created_at=created_at,
        )  # fmt: skip


def tiles_of(client: Client) -> dict[str, object]:
    return {tile.title: tile for tile in client.get(address("index")).context["tiles"]}


def test_failing_pushes_are_those_that_nothing_newer_has_replaced(acme: Tenant, globex: Tenant) -> None:
    before = {file.asset_id for file in failing_files()}
    push(acme, AssetState.FAILED, reason="This is no picture.")
    push(acme, AssetState.FAILED, role="favicon", minutes_ago=30)
    push(acme, AssetState.PUBLISHED, role="favicon", minutes_ago=20)
    push(globex, AssetState.RECEIVED, minutes_ago=30)
    push(globex, AssetState.RECEIVED, role="favicon")

    found = [file for file in failing_files() if file.asset_id not in before]

    assert [(file.tenant, file.role, file.is_stuck, file.reason) for file in found] == [
        (acme, "logo_light", False, "This is no picture."),
        (globex, "logo_light", True, ""),
    ]


def test_the_tiles_tell_of_now_and_lead_to_where_one_can_act(
    operator_client: Client, valkey: object, acme: Tenant
) -> None:
    no_runtimes()
    runtime("here:1", open_chats=3)
    runtime("behind:2", open_chats=4, behind=2)
    push(acme, AssetState.FAILED, reason="This is no picture.")

    tiles = tiles_of(operator_client)
    page = text_of(operator_client.get(address("index")))

    assert [tiles[title].figure for title in ("Active chats", "Runtimes", "Revision lag")] == ["7", "2", "2"]  # type: ignore[attr-defined]
    assert tiles["Failing pushes"].bad  # type: ignore[attr-defined]
    assert "This is no picture." in page
    links = re.findall(r'<a class="operators-count[^"]*" href="([^"]+)"', page)
    assert len(links) == page.count('class="operators-count ') + page.count('class="operators-count"')
    for link in links:
        assert link == "#failing" or operator_client.get(link).status_code == 200
    assert 'id="failing"' in page
