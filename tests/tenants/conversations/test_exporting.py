"""What is handed out is what was asked for, of one tenant, in pieces, and does nothing in a spreadsheet."""

import csv
import io
import json
from uuid import uuid4

import pytest
from django.db import connection

from tenants.conversations.formats import ExportFormat
from tenants.conversations.models import Step, Thread
from tenants.conversations.queries import Search
from tenants.conversations.services import exporting
from tenants.conversations.services.exporting import export_conversations
from tenants.registry.schema import tenant_schema
from tests.tenants.conversations.conftest import OWNER, entries
from tests.tenants.conversations.talking import attach, rate, talk


@pytest.fixture(autouse=True)
def _read(acme, globex, let_read):
    let_read(acme, globex)


def lines(tenant, **asked):
    content = b"".join(export_conversations(tenant.pk, form=ExportFormat.JSON_LINES, actor=OWNER, **asked))
    return [json.loads(line) for line in content.decode().splitlines()]


def table(tenant, **asked):
    content = b"".join(export_conversations(tenant.pk, form=ExportFormat.CSV, actor=OWNER, **asked))
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_line_holds_a_conversation_with_steps_files_and_feedback(acme, globex):
    talk(globex, "Not acme's")
    thread = talk(acme, "Where is «it»?\n", "Here: 你好", name="A question")
    attach(acme, thread)
    rate(acme, thread, 0, "wrong")
    [line] = lines(acme, search=Search())
    assert (line["id"], line["name"], line["person"]) == (str(thread.pk), "A question", "ann@example.com")
    asked, answered = line["steps"]
    assert (asked["output"], asked["type"], asked["revision"]) == ("Where is «it»?\n", "user_message", 7)
    assert [element["name"] for element in asked["elements"]] == ["note.txt"]
    assert answered["output"] == "Here: 你好"
    assert answered["feedback"] == {"rating": "down", "comment": "wrong"}


def test_a_table_has_a_row_for_each_step(acme):
    thread = talk(acme, "Hello", "Hi, Ann", name="Greetings")
    rate(acme, thread, 1, "kind")
    first, second = table(acme, search=Search())
    assert (first["conversation"], first["text"], first["type"]) == (str(thread.pk), "Hello", "user_message")
    assert (second["author"], second["revision"], second["feedback"], second["feedback comment"]) == (
        "Assistant", "7", "up", "kind",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", '=HYPERLINK("x")'])
def test_no_cell_is_a_formula(acme, text):
    talk(acme, text, name=text)
    [row] = table(acme, search=Search())
    assert (row["text"], row["conversation name"]) == (f"'{text}", f"'{text}")


def test_only_what_was_asked_for_is_handed_out(acme):
    wanted = talk(acme, "An invoice")
    talk(acme, "Something else")
    assert [line["id"] for line in lines(acme, search=Search(text="invoice"))] == [str(wanted.pk)]
    assert [line["id"] for line in lines(acme, search=Search(), only=wanted.pk)] == [str(wanted.pk)]
    assert lines(acme, search=Search(), only=uuid4()) == []


def test_nothing_of_another_tenant_is_handed_out_by_its_id(acme, globex):
    thread = talk(globex, "A secret of globex")
    assert lines(acme, search=Search(), only=thread.pk) == []


def test_many_come_in_pieces_each_conversation_once_with_all_its_steps(acme, monkeypatch):
    monkeypatch.setattr(exporting, "CONVERSATIONS_AT_ONCE", 3)
    monkeypatch.setattr(exporting, "STEPS_AT_ONCE", 4)
    monkeypatch.setattr(exporting, "PIECE", 500)
    expected = {str(talk(acme, *map(str, range(number))).pk): number for number in range(11)}
    pieces = list(export_conversations(acme.pk, search=Search(), form=ExportFormat.JSON_LINES, actor=OWNER))
    assert len(pieces) > 5
    read = [json.loads(line) for line in b"".join(pieces).splitlines()]
    assert {line["id"]: len(line["steps"]) for line in read} == expected
    for line in read:
        assert [step["output"] for step in line["steps"]] == [str(number) for number in range(len(line["steps"]))]


def test_the_connection_stays_on_its_schema_between_the_pieces(acme, globex, monkeypatch):
    monkeypatch.setattr(exporting, "PIECE", 1)
    for number in range(3):
        talk(acme, str(number))
    with tenant_schema(globex):
        for _ in export_conversations(acme.pk, search=Search(), form=ExportFormat.JSON_LINES, actor=OWNER):
            assert connection.schema_name == globex.schema_name


def test_what_is_deleted_meanwhile_is_left_out(acme, monkeypatch):
    monkeypatch.setattr(exporting, "CONVERSATIONS_AT_ONCE", 1)
    monkeypatch.setattr(exporting, "PIECE", 1)
    for number in range(3):
        talk(acme, str(number))
    pieces = export_conversations(acme.pk, search=Search(), form=ExportFormat.JSON_LINES, actor=OWNER)
    first = next(pieces)
    with tenant_schema(acme):
        Step.objects.all().delete()
        Thread.objects.all().delete()
    assert len((first + b"".join(pieces)).splitlines()) == 1


def test_an_export_is_written_down_before_its_first_byte(acme):
    talk(acme, "An invoice", person="ann@example.com")
    export_conversations(acme.pk, search=Search(person="ann"), form=ExportFormat.CSV, actor=OWNER)
    [entry] = entries(acme)
    assert (entry.action, entry.actor, entry.target) == ("conversation.export", OWNER.label, "ann")
    assert entry.changes == {"person": "ann", "conversations": 1, "format": "csv"}
