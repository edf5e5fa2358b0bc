"""A tenant's texts by language, starters and links: published, audited, and no other tenant's."""

import pytest

from tenants.contract.errors import InvalidValueError
from tenants.registry.differences import document_changes
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.revisions import restore_revision
from tenants.workspace.meanwhile import EditedMeanwhileError
from tenants.workspace.services.chat import chat_fields, update_chat
from tenants.workspace.services.chat_settings import update_chat_settings

GERMAN = {"welcome": "# Hallo", "words": {"new_chat": "Neues Gespräch"}}
STARTER = {"label": "Opening hours", "message": "When are you open?", "icon": "/public/clock.svg"}
LINK = {"name": "Docs", "icon_url": "/public/docs.svg", "url": "https://docs.example.com"}


def live(tenant):
    return Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication


def save(tenant, actor, *, texts=None, starters=(), header_links=None, made_of=None):
    update_chat(
        tenant.pk, texts=texts or {}, starters=starters, header_links=header_links, made_of=made_of, actor=actor
    )


def present(tenant):
    with tenant_schema(tenant):
        return chat_fields()


def test_texts_starters_and_links_are_one_revision_of_one_tenant(acme, globex, operator):
    others, revision = live(globex), live(acme).revision
    save(acme, operator, texts={"de": GERMAN}, starters=[STARTER], header_links=[LINK])
    document = live(acme).document
    assert document["chat"] == {"texts": {"de": GERMAN}, "starters": [STARTER]}
    assert document["interface"] == {"header_links": [LINK]}
    assert live(acme).revision == revision + 1
    assert live(globex) == others
    entry = AuditEntry.objects.get(action="chat.update")
    assert (entry.tenant_id, entry.actor) == (acme.pk, operator.label)
    assert entry.changes == {
        "texts.de": [None, GERMAN], "starters": [[], [STARTER]], "header_links": [None, [LINK]],
    }  # fmt: skip


def test_saving_the_same_again_makes_no_revision(acme, operator):
    save(acme, operator, texts={"de": GERMAN, "fr": {}}, starters=[STARTER])
    before = live(acme)
    save(acme, operator, texts={"de": GERMAN}, starters=[STARTER])
    assert live(acme) == before
    assert AuditEntry.objects.filter(action="chat.update").count() == 1


def test_links_leave_the_other_switches_and_go_back_to_the_apps(acme, operator):
    update_chat_settings(acme.pk, interface={"layout": "wide"}, actor=operator)
    save(acme, operator, header_links=[])
    assert live(acme).document["interface"] == {"layout": "wide", "header_links": []}
    save(acme, operator, header_links=None)
    assert live(acme).document["interface"] == {"layout": "wide"}


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ({"texts": {"german": GERMAN}}, "chat_invalid"),
        ({"texts": {"de": {"words": {"no_such_word": "x"}}}}, "chat_invalid"),
        ({"texts": {"de-AT": GERMAN, "de-at": GERMAN}}, "chat_invalid"),
        ({"texts": {"de": {"words": {"composer": "two\nlines"}}}}, "chat_invalid"),
        ({"texts": {"de": {"welcome": "nothing\0"}}}, "chat_invalid"),
        ({"starters": [{**STARTER, "icon": "javascript:x"}]}, "chat_invalid"),
        ({"header_links": [{**LINK, "url": "javascript:x"}]}, "interface_invalid"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(acme, operator, edit, code):
    before = live(acme)
    with pytest.raises(InvalidValueError) as refusal:
        save(acme, operator, **edit)
    assert refusal.value.code == code
    assert live(acme) == before


def test_what_two_people_change_in_two_languages_is_kept_of_both(acme, operator):
    made_of = present(acme)
    save(acme, operator, texts={"de": GERMAN}, made_of=made_of)
    save(acme, operator, texts={"fr": {"welcome": "Bonjour"}}, starters=[STARTER], made_of=made_of)
    assert live(acme).document["chat"] == {
        "texts": {"de": GERMAN, "fr": {"welcome": "Bonjour"}}, "starters": [STARTER],
    }  # fmt: skip


def test_whoever_saves_second_sees_what_the_first_put_and_nothing_is_lost(acme, operator):
    made_of = present(acme)
    save(acme, operator, texts={"de": GERMAN}, made_of=made_of)
    with pytest.raises(EditedMeanwhileError) as refusal:
        save(acme, operator, texts={"de": {"welcome": "Servus"}}, made_of=made_of)
    [collision] = refusal.value.collisions
    assert (collision.field, collision.theirs, collision.who) == ("texts.de", GERMAN, operator.label)
    assert live(acme).document["chat"]["texts"] == {"de": GERMAN}


def test_an_older_revision_brings_texts_and_starters_back(acme, globex, operator):
    save(acme, operator, texts={"de": GERMAN}, starters=[STARTER])
    save(globex, operator, texts={"de": {"welcome": "Globex"}})
    wanted = live(acme)
    save(acme, operator)
    assert "chat" not in live(acme).document
    restore_revision(acme.pk, wanted.revision, actor=operator)
    assert live(acme).document["chat"] == wanted.document["chat"]
    assert present(acme)["texts.de"] == GERMAN
    assert live(globex).document["chat"] == {"texts": {"de": {"welcome": "Globex"}}}


def test_differences_are_said_by_language_and_in_words(acme, operator):
    before = live(acme).document
    save(acme, operator, texts={"*": {"welcome": "Hello"}, "de-AT": GERMAN}, starters=[STARTER])
    changes = {change.name: change.after for change in document_changes(before, live(acme).document)}
    assert changes == {
        "Chat / texts / all other languages / welcome": "Hello",
        "Chat / texts / de-AT / welcome": "# Hallo",
        "Chat / texts / de-AT / words / new chat": "Neues Gespräch",
        "Chat / starters": "Opening hours → When are you open?",
    }
