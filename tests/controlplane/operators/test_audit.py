"""The audit log across tenants: found by each filter, paged without gaps, taken along as a safe file."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.utils import timezone

from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.services.audit_log import AuditSearch, find_audit, known_actions, known_methods
from tests.controlplane.operators.pages import address, text_of

PAGE = "registry_auditentry_changelist"


def entry(**values: Any) -> AuditEntry:
    """Note something that was done now, by default by somebody nobody else is called like."""
    at = values.pop("at", None)
    made = AuditEntry.objects.create(
        **{"actor_kind": "member", "actor": f"{uuid4().hex}@example.com", "action": "test.do", **values}
    )
    if at:
        AuditEntry.objects.filter(pk=made.pk).update(at=at)
    return made


def found(client: Client, **query: str) -> list[int]:
    response = client.get(address(PAGE), query)
    assert response.status_code == 200
    return [one.pk for one, _, _ in response.context["rows"]]


def lines_of(client: Client, **query: str) -> list[list[str]]:
    response: Any = client.get(address(PAGE), {**query, "format": "csv"})

    async def read() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return list(csv.reader(io.StringIO(async_to_sync(read)().decode())))


@pytest.mark.parametrize(
    ("query", "value"),
    [("tenant", "tenant_slug"), ("actor", "actor"), ("action", "action"), ("address", "address"), ("method", "method")],
)
def test_each_filter_lets_its_own_through_and_no_other(
    operator_client: Client, acme: Tenant, query: str, value: str
) -> None:
    wanted = entry(**{value: "wanted-here"})
    other = entry(**{value: "another"})
    assert found(operator_client, **{query: "wanted-here"}) == [wanted.pk]
    assert other.pk in found(operator_client)


def test_filters_hold_together_and_people_are_found_by_a_beginning(operator_client: Client) -> None:
    both = entry(actor="ann%x@acme.example", tenant_slug="acme-one", action="flag.set")
    entry(actor="ann%x@acme.example", tenant_slug="globex-one", action="flag.set")
    entry(actor="annax@acme.example", tenant_slug="acme-one", action="flag.set")
    assert found(operator_client, actor="ann%x", tenant="acme-one", action="flag.set") == [both.pk]


def test_dates_are_whole_days_with_both_ends(operator_client: Client) -> None:
    noon = timezone.now().replace(year=2021, month=5, day=10, hour=12)
    name = uuid4().hex
    before, first, last, after = (entry(actor=name, at=noon + timedelta(days=days)) for days in (-1, 0, 2, 3))
    assert found(operator_client, actor=name, since="2021-05-10", until="2021-05-12") == [last.pk, first.pk]
    assert found(operator_client, actor=name) == [after.pk, last.pk, first.pk, before.pk]


def test_what_is_no_date_is_said_and_nothing_is_shown(operator_client: Client, acme: Tenant) -> None:
    page = text_of(operator_client.get(address(PAGE), {"since": "yesterday"}))
    assert "Enter a valid date." in page


@pytest.mark.django_db
def test_pages_follow_each_other_without_gap_or_repetition_also_within_one_moment() -> None:
    name, now = uuid4().hex, timezone.now()
    made = [entry(actor=name, at=now).pk for _ in range(7)]
    search, seen, after = AuditSearch(actor=name), [], None
    while True:
        page = find_audit(search, older_than=after, limit=3)
        seen += [one.pk for one in page.entries]
        after = page.older_than
        if after is None:
            break
    assert seen == sorted(made, reverse=True)


def test_the_file_holds_what_is_found_without_formulas_and_its_export_is_written_down(
    operator_client: Client, acme: Tenant
) -> None:
    name = f"=cmd{uuid4().hex}"
    entry(actor=name, tenant_slug="acme", changes={"name": ["Before", "After"]})
    entry(actor="somebody else")

    head, *rows = lines_of(operator_client, actor=name)

    assert head[:5] == ["time", "tenant", "actor kind", "actor", "action"]
    [row] = rows
    assert row[1:5] == ["acme", "member", f"'{name}", "test.do"]
    assert row[-1] == "name: ['Before', 'After']"
    export = AuditEntry.objects.filter(action="audit.export").latest("id")
    assert (export.actor, export.changes) == ("operator@example.com", {"actor": name})


def test_the_choices_are_what_was_ever_written_down(operator_client: Client) -> None:
    entry(action="aa.first", method="zz-way")
    entry(action="zz.last", method="")
    assert {"aa.first", "zz.last"} <= set(known_actions())
    assert "zz-way" in known_methods()
    assert "" not in known_methods()


@pytest.mark.parametrize(
    ("search", "index"),
    [
        (AuditSearch(tenant="t-7"), "registry_audit_tenant"),
        (AuditSearch(actor="ann7@"), "registry_audit_actor"),
        (AuditSearch(address="10.0.0.7"), "registry_audit_address"),
        (AuditSearch(action="flag.set"), "registry_audit_action"),
        (AuditSearch(method="saml"), "registry_audit_method"),
    ],
)
@pytest.mark.django_db
def test_every_filter_has_an_index(search: AuditSearch, index: str) -> None:
    with connection.cursor() as cursor:
        # With few rows reading all of them is the cheaper plan, so it is taken away.
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = search.entries().order_by().explain()
    assert index in plan
