"""The page of conversations: closed until owners open it, safe to read, and handed out as files."""

import json
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync

from tenants.conversations.models import Step, Thread
from tenants.conversations.services.policy import read_policy, update_policy
from tenants.registry.actor import SYSTEM
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tests.tenants.conversations.talking import attach, rate, talk
from tests.tenants.portal.conftest import browser, last_audit, sign_in

PAGE = "/settings/conversations/"


def let_read(*tenants, readers="owners"):
    for tenant in tenants:
        update_policy(tenant.pk, readers=readers, retention_days=0, actor=SYSTEM)


def read(client, path=PAGE, **query) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def looks(tenant):
    return AuditEntry.objects.filter(tenant_id=tenant.pk, action__startswith="conversation.").count()


def sent(response) -> bytes:
    """Return what a streamed answer sends, as a server reads it."""

    async def collect() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    return async_to_sync(collect)()


def test_from_the_start_even_owners_see_nothing_but_the_choice(acme, owner_of_acme):
    thread = talk(acme, "Nobody's business", name="A name nobody sees")
    page = read(owner_of_acme)
    assert "Nobody reads conversations here" in page
    assert "A name nobody sees" not in page
    assert owner_of_acme.get(f"{PAGE}{thread.pk}/").status_code == 403
    assert owner_of_acme.get(f"{PAGE}export/?format=csv").status_code == 403
    assert looks(acme) == 0


def test_an_owner_opens_them_and_finds_reads_and_reads_who_looked(acme, owner_of_acme):
    thread = talk(acme, "Where is my invoice?", "Here it is", name="An invoice")
    rate(acme, thread, 0, "It was not")
    talk(acme, "Something else", name="Another matter")
    assert owner_of_acme.post(f"{PAGE}policy/", {"readers": "owners", "retention_days": "0"})["Location"] == PAGE
    assert "Another matter" in read(owner_of_acme)
    page = read(owner_of_acme, text="invoice", person="ann@")
    assert "An invoice" in page
    assert "Another matter" not in page
    page = read(owner_of_acme, f"{PAGE}{thread.pk}/")
    for text in ("Where is my invoice?", "Here it is", "Revision 7", "It was not", "ann@example.com"):
        assert text in page
    for form in ("csv", "jsonl"):
        assert f"export/?format={form}&amp;only={thread.pk}" in page
    page = read(owner_of_acme)
    assert "Read a conversation of ann@example.com" in page
    assert "“invoice”, of ann@" in page
    assert last_audit(acme).actor == "owner@acme.example"


def test_nothing_that_was_said_is_markup_and_no_address_runs(acme, owner_of_acme):
    let_read(acme)
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    thread = talk(acme, attack, f"[a](javascript:alert(1)) {attack}", name=attack, person="<b>@example.com")
    attach(acme, thread, name=attack, key="elsewhere", url="javascript:alert(1)", props={"html": attack})
    rate(acme, thread, 1, attack)
    with tenant_schema(acme):
        Step.objects.create(thread=thread, type="tool", name=attack, input=attack, output=attack)
    for page in (read(owner_of_acme), read(owner_of_acme, f"{PAGE}{thread.pk}/")):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
        assert "<b>@" not in page


def test_files_are_read_by_signed_addresses_of_the_tenants_own(acme, globex, owner_of_acme):
    let_read(acme)
    thread = talk(acme, "Look at this")
    attach(acme, thread, name="plan.txt")
    attach(acme, thread, name="stolen.txt", key=f"{globex.pk}/conversations/x/stolen.txt")
    attach(acme, thread, name="elsewhere.txt", key="none", url="https://files.example/elsewhere.txt")
    page = read(owner_of_acme, f"{PAGE}{thread.pk}/")
    assert f'href="/project/stored/conversations/{thread.pk}/plan.txt?until=' in page
    assert str(globex.pk) not in page
    assert page.count("/project/stored/") == 1
    assert 'href="https://files.example/elsewhere.txt"' in page


def test_admins_see_only_who_may(acme, member):
    talk(acme, "Nobody's business", name="A name nobody sees")
    member(acme, role="admin")
    admin = browser(acme)
    sign_in(admin, "ann@example.com")
    let_read(acme, readers="owners")
    page = read(admin)
    assert "Only owners read conversations here" in page
    assert "A name nobody sees" not in page
    assert 'name="retention_days"' not in page
    assert admin.post(f"{PAGE}policy/", {"readers": "administrators", "retention_days": "0"}).status_code == 403
    let_read(acme, readers="administrators")
    page = read(admin)
    assert "A name nobody sees" in page
    assert 'type="checkbox" name="conversation"' not in page


def test_a_conversation_of_another_tenant_is_not_found(acme, globex, owner_of_acme):
    let_read(acme, globex)
    thread = talk(globex, "A secret of globex")
    for identifier in (thread.pk, uuid4()):
        assert owner_of_acme.get(f"{PAGE}{identifier}/").status_code == 404
    owner_of_acme.post(f"{PAGE}delete/", {"conversation": str(thread.pk)})
    with tenant_schema(globex):
        assert Thread.objects.get(pk=thread.pk).deleted_at is None


def test_what_was_found_is_exported_as_a_file(acme, owner_of_acme):
    let_read(acme)
    thread = talk(acme, "Where is my invoice?")
    talk(acme, "Something else")
    answer = owner_of_acme.get(f"{PAGE}export/", {"format": "jsonl", "text": "invoice"})
    assert answer["Content-Type"] == "application/jsonl"
    assert answer["Content-Disposition"].startswith('attachment; filename="conversations-acme-')
    assert "no-store" in answer["Cache-Control"]
    assert [json.loads(line)["id"] for line in sent(answer).splitlines()] == [str(thread.pk)]
    table = owner_of_acme.get(f"{PAGE}export/", {"format": "csv", "only": str(thread.pk)})
    assert sent(table).decode("utf-8-sig").count(str(thread.pk)) == 1


@pytest.mark.parametrize("query", ["", "format=pdf", "format=csv&only=x", "format=csv&since=x"])
def test_an_export_that_is_none_is_refused(acme, owner_of_acme, query):
    let_read(acme)
    assert owner_of_acme.get(f"{PAGE}export/?{query}").status_code == 422


def test_days_that_delete_at_once_are_asked_about_first(acme, owner_of_acme):
    talk(acme, "Old")
    answer = owner_of_acme.post(f"{PAGE}policy/", {"readers": "nobody", "retention_days": "30"})
    page = answer.content.decode()
    assert "1 conversation is older than that" in page
    assert 'name="confirmed" value="30"' in page
    other = {"readers": "nobody", "retention_days": "20", "confirmed": "30"}
    assert "1 conversation is older" in owner_of_acme.post(f"{PAGE}policy/", other).content.decode()
    with tenant_schema(acme):
        assert read_policy().retention_days == 0
    owner_of_acme.post(f"{PAGE}policy/", {"readers": "nobody", "retention_days": "30", "confirmed": "30"})
    with tenant_schema(acme):
        assert read_policy().retention_days == 30


@pytest.mark.parametrize("days", ["", "-1", "x", "3651"])
def test_days_that_are_none_are_named_where_they_were_typed(acme, owner_of_acme, days):
    answer = owner_of_acme.post(f"{PAGE}policy/", {"readers": "owners", "retention_days": days})
    assert answer.status_code == 422
    assert "retention_days_error" in answer.content.decode()


def test_chosen_conversations_are_deleted(acme, owner_of_acme):
    let_read(acme)
    chosen = [talk(acme, "Hello", name=f"Chosen {number}") for number in range(2)]
    talk(acme, "Hello", name="Kept")
    owner_of_acme.post(f"{PAGE}delete/", {"conversation": [str(thread.pk) for thread in chosen]})
    page = read(owner_of_acme)
    assert "The conversations are deleted." in page
    assert "Chosen" not in page
    assert "Kept" in page
    for ids in ([], ["x"]):
        owner_of_acme.post(f"{PAGE}delete/", {"conversation": ids})
        assert "Choose conversations first" in read(owner_of_acme)


@pytest.mark.parametrize("query", [{"since": "x"}, {"rating": "middling"}, {"text": "a\x00b"}, {"text": "a" * 201}])
def test_a_search_that_is_none_is_told_and_finds_nothing(acme, owner_of_acme, query):
    let_read(acme)
    talk(acme, "Hello", name="Not listed")
    answer = owner_of_acme.get(PAGE, query)
    assert answer.status_code == 422
    assert "Not listed" not in answer.content.decode()
    assert looks(acme) == 0


def test_a_place_that_is_none_is_refused(acme, owner_of_acme):
    let_read(acme)
    assert owner_of_acme.get(PAGE, {"before": "yesterday"}).status_code == 422
