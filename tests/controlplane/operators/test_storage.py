"""What the fleet stores, and checks of one tenant's files or of all."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from tenants.assets.models import Asset, AssetState, StoredObject
from tenants.assets.services.checking import Check, request_fleet_check, run_check, start_checks
from tenants.assets.services.fleet_storage import fleet_storage
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.publishing import publish_tenant
from tests.controlplane.operators.pages import address, audited, body, command, text_of

MEGABYTE = 1024**2


def keep(tenant: Tenant, *sizes: int) -> None:
    """Note objects of these sizes as a tenant's."""
    with tenant_schema(tenant):
        for number, size in enumerate(sizes):
            StoredObject.objects.create(
                key=f"{tenant.pk}/{number}", sha256="0" * 64, size=size, content_type="image/png"
            )


def storage_page(client: Client, **query: str) -> str:
    return text_of(client.get(address("registry_tenant_storage"), query)).replace("\xa0", " ")


def order_of(page: str) -> list[str]:
    return re.findall(r"<small>(acme|globex)</small>", page)


def test_each_tenants_objects_are_counted_as_its_own(acme: Tenant, globex: Tenant) -> None:
    keep(acme, MEGABYTE, 2 * MEGABYTE)
    Tenant.objects.filter(pk=acme.pk).update(storage_quota_mb=4)
    acme.refresh_from_db()
    first, second = fleet_storage([globex, acme])
    assert (first.tenant, first.objects, first.used, first.share) == (globex, 0, 0, 0)
    assert (second.tenant, second.objects, second.used, second.share) == (acme, 2, 3 * MEGABYTE, 75)
    assert fleet_storage([]) == []


def test_tenants_are_listed_by_use_sorted_and_searched(operator_client: Client, acme: Tenant, globex: Tenant) -> None:
    keep(globex, 5 * MEGABYTE)
    keep(acme, MEGABYTE)
    page = storage_page(operator_client)
    assert order_of(page) == ["globex", "acme"]
    assert "<strong>6.0 MB</strong>" in page
    assert order_of(storage_page(operator_client, o="name")) == ["acme", "globex"]
    assert order_of(storage_page(operator_client, q="ACM")) == ["acme"]
    assert "No tenant has that name." in storage_page(operator_client, q="nobody")


def test_a_check_of_all_tenants_tells_how_far_it_is_and_what_it_found(
    operator_client: Client, operator: Actor, acme: Tenant, globex: Tenant
) -> None:
    assert storage_page(operator_client).count("Never yet.") == 3
    answer = operator_client.post(address("registry_tenant_storage"), {"check": "verify"}, follow=True)
    page = text_of(answer)
    assert "0 of 2 tenants" in page
    assert 'hx-trigger="load delay' in page

    assert start_checks(Check.VERIFY, actor=operator) == 2
    run_check(acme.pk, Check.VERIFY, actor=operator)
    assert "1 of 2 tenants" in storage_page(operator_client)
    run_check(globex.pk, Check.VERIFY, actor=operator)

    page = storage_page(operator_client)
    assert "2 of 2 tenants, all well" in page
    assert 'hx-trigger="load delay' not in page


@pytest.mark.usefixtures("seaweedfs")
def test_a_tenant_whose_file_is_gone_is_pointed_out_among_all(
    operator_client: Client, operator: Actor, acme: Tenant, globex: Tenant
) -> None:
    with tenant_schema(acme):
        Asset.objects.create(
            role="stylesheet", state=AssetState.PUBLISHED, public_key=f"{acme.pk}/{'0' * 32}.css", sha256="0" * 64,
            content_type="text/css", size=1, private_key="", uploaded_by="x", uploaded_by_kind="operator",
            due_at=timezone.now(),
        )  # fmt: skip
    publish_tenant(acme.pk, actor=operator)
    request_fleet_check(Check.VERIFY, actor=operator)
    for tenant in (acme, globex):
        run_check(tenant.pk, Check.VERIFY, actor=operator)

    page = storage_page(operator_client, o="name")

    assert "2 of 2 tenants, 1 with something to look at" in page
    row_of_acme, row_of_globex = page.split("<small>globex</small>")
    assert "1 file not as published" in row_of_acme
    assert "Well" in row_of_globex


@pytest.mark.usefixtures("seaweedfs")
def test_orphans_of_one_tenant_are_found_from_its_page_and_told_there_alone(
    operator_client: Client, operator: Actor, acme: Tenant, globex: Tenant
) -> None:
    keep(acme, 10)
    page = text_of(command(operator_client, acme, "files", "check", check="orphans"))
    assert "The worker is at it." in page
    assert "Under way" in page
    assert audited(acme)[0] == "storage.ask_orphans"

    run_check(acme.pk, Check.ORPHANS, actor=operator)

    page = body(operator_client, acme, "files")
    assert "to look at" in page
    assert f"without an object: {acme.pk}/0" in page
    assert "Under way" not in page
    assert "to look at" not in body(operator_client, globex, "files")


@pytest.mark.parametrize("check", ["", "format"])
def test_a_check_that_there_is_not_is_not_found(operator_client: Client, acme: Tenant, check: str) -> None:
    assert operator_client.post(address("registry_tenant_storage"), {"check": check}).status_code == 404
    assert command(operator_client, acme, "files", "check", check=check).status_code == 404
