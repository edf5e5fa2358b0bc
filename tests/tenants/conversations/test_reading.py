"""A tenant's conversations are found by words, person, day and rating, page by page, and each look is written down."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from tenants.contract.errors import InvalidValueError, NotFoundError
from tenants.conversations.models import Step, Thread
from tenants.conversations.queries import Place, Rating, Search, conversations
from tenants.conversations.services.reading import list_conversations, read_conversation
from tenants.registry.schema import tenant_schema
from tests.tenants.conversations.conftest import OWNER, entries
from tests.tenants.conversations.talking import NOON, attach, rate, talk

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _read(acme, globex, let_read):
    let_read(acme, globex)


def found(tenant, **asked):
    return [row.id for row in list_conversations(tenant.pk, search=Search(**asked), actor=OWNER).rows]


@pytest.mark.parametrize(
    "text",
    ["invoice", "INVOI", "invoice 4711", "4711 overdue", "overdue-invoice", "发票", "请问发票", "Rechnung"],
)
def test_words_are_found_by_their_beginnings_in_any_language(acme, globex, text):
    talk(globex, "Where is invoice 4711? It is an overdue-invoice.", "请问发票在哪里?", name="Rechnung")
    thread = talk(acme, "Where is invoice 4711? It is an overdue-invoice.", "请问发票在哪里?", name="Rechnung")
    talk(acme, "Something else", "I see")
    assert found(acme, text=text) == [thread.pk]


@pytest.mark.parametrize("text", ["' & | !", "\\", "':*", "票发", "nvoice", "invoice 4712", "%", "a\\'b <-> c"])
def test_what_was_not_said_is_not_found_and_nothing_typed_is_an_operator(acme, text):
    talk(acme, "Where is invoice 4711?", "发票在这里")
    assert found(acme, text=text) == []


def test_what_steps_did_behind_the_scenes_is_no_word_of_the_conversation(acme):
    thread = talk(acme, "Hello", "Hi")
    with tenant_schema(acme):
        Step.objects.create(thread=thread, type="tool", output="invoice")
    assert found(acme, text="invoice") == []


def test_a_text_longer_than_the_index_takes_is_kept_and_found_by_its_beginning(acme):
    thread = talk(acme, "unmistakable " + " ".join(f"word{number}" for number in range(400_000)))
    assert found(acme, text="unmistakable") == [thread.pk]


def test_the_search_for_words_is_answered_by_the_index(acme):
    with tenant_schema(acme), connection.cursor() as cursor:
        # Whatever the planner believes of a table so small, this leaves it the index that can answer, or none.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        plan = conversations(Search(text="invoice")).explain()
    assert "step_said" in plan


def test_person_day_and_rating_narrow_what_is_found(acme):
    early = talk(acme, "One", "Two", person="ann@example.com", at=NOON)
    late = talk(acme, "One", "Two", person="bob@example.com", at=NOON + DAY)
    nobodys = talk(acme, "One", "Two", person="", at=NOON + 2 * DAY)
    rate(acme, early, 1)
    rate(acme, late, 0)
    assert found(acme) == [nobodys.pk, late.pk, early.pk]
    assert found(acme, person="ANN@") == [early.pk]
    assert found(acme, since=date(2026, 3, 5)) == [nobodys.pk, late.pk]
    assert found(acme, until=date(2026, 3, 5)) == [late.pk, early.pk]
    assert found(acme, since=date(2026, 3, 5), until=date(2026, 3, 5)) == [late.pk]
    assert found(acme, rating=Rating.UP) == [early.pk]
    assert found(acme, rating=Rating.DOWN) == [late.pk]
    assert found(acme, rating=Rating.DOWN, person="ann") == []


def test_a_row_says_who_spoke_how_much_and_how_it_was_rated(acme):
    thread = talk(acme, "One", "Two", "Three", "Four", name="Numbers")
    with tenant_schema(acme):
        Step.objects.create(thread=thread, type="tool", output="not counted")
    rate(acme, thread, 1)
    [row] = list_conversations(acme.pk, search=Search(), actor=OWNER).rows
    assert (row.name, row.person, row.last_said) == ("Numbers", "ann@example.com", NOON)
    assert (row.messages, row.up, row.down) == (4, 1, 0)


def test_pages_follow_each_other_without_a_gap_also_among_equal_times(acme):
    threads = {talk(acme, str(number), at=NOON + (number // 20) * DAY).pk for number in range(55)}
    seen, before = [], None
    for length in (25, 25, 5):
        page = list_conversations(acme.pk, search=Search(), before=before, actor=OWNER)
        assert len(page.rows) == length
        seen += [row.id for row in page.rows]
        before = Place.read(str(page.next or ""))
    assert before is None
    assert len(seen) == 55
    assert set(seen) == threads


def test_deleted_ones_are_not_listed(acme):
    thread = talk(acme, "Hello")
    with tenant_schema(acme):
        Thread.objects.update(deleted_at=NOON)
    assert found(acme) == []
    with pytest.raises(NotFoundError):
        read_conversation(acme.pk, thread.pk, actor=OWNER)


def test_a_conversation_is_read_in_its_order_in_parts(acme):
    thread = talk(acme, *(str(number) for number in range(250)))
    attach(acme, thread)
    first = read_conversation(acme.pk, thread.pk, actor=OWNER)
    second = read_conversation(acme.pk, thread.pk, after=first.next, actor=OWNER)
    assert [step.output for step in (*first.steps, *second.steps)] == [str(number) for number in range(250)]
    assert {step.revision for step in first.steps} == {7}
    assert [element.name for element in first.elements] == ["note.txt"]
    assert (second.elements, second.next) == ([], None)


def test_a_conversation_of_another_tenant_is_not_there(acme, globex):
    thread = talk(globex, "A secret of globex")
    assert found(acme, text="secret") == []
    for identifier in (thread.pk, uuid4()):
        with pytest.raises(NotFoundError) as refused:
            read_conversation(acme.pk, identifier, actor=OWNER)
        assert refused.value.code == "conversation_not_found"
    assert [entry.action for entry in entries(acme)] == ["conversation.list"]
    assert entries(globex) == []


def test_each_look_says_who_looked_at_whose(acme):
    thread = talk(acme, "Hello", person="ann@example.com")
    found(acme, text="hel", person="ann")
    read_conversation(acme.pk, thread.pk, actor=OWNER)
    viewed, listed = entries(acme)
    assert (viewed.action, viewed.actor, viewed.target) == ("conversation.view", OWNER.label, "ann@example.com")
    assert viewed.changes == {"conversation": str(thread.pk)}
    assert (listed.action, listed.target) == ("conversation.list", "ann")
    assert listed.changes == {"text": "hel", "person": "ann", "shown": 1}


@pytest.mark.parametrize("place", ["x", "2026-01-01_x", "_", "x_6f1c1f6e-95a6-4b7e-9c3e-0a2f4c1d2e3f"])
def test_a_place_that_is_none_is_refused(place):
    with pytest.raises(InvalidValueError):
        Place.read(place)
