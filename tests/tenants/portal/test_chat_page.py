"""The page of the chat's texts, starters and links."""

import pytest

from tenants.contract.previews import preview_digest
from tenants.contract.state import decode_state
from tenants.registry.models import Preview
from tenants.workspace.services.chat import update_chat
from tests.tenants.assets.published import publish_file, stored_file
from tests.tenants.portal.conftest import last_audit, live_document, revisions
from tests.tenants.portal.test_settings_pages import shown_values

ADDRESS = "/settings/chat/"
STARTER = {"label": "Opening hours", "message": "When are you open?"}


def shown(client) -> dict[str, str]:
    """What a browser with scripts would send back."""
    page = client.get(ADDRESS).content.decode().replace('id="chat"', 'id="features"')
    return shown_values(page)


TYPED = {
    "texts__0__language": "de",
    "texts__0__welcome": "# Hallo\r\n\r\nWillkommen.",
    "texts__0__word_new_chat": "Neues Gespräch",
    "starters__0__label": "Opening hours",
    "starters__0__message": "When are you open?",
    "interface__header_links__own": "own",
    "interface__header_links__0__name": "Docs",
    "interface__header_links__0__icon_url": "/public/docs.svg",
    "interface__header_links__0__url": "https://docs.example.com",
}


def typed(values):
    """The names as forms have them: a list's own switch keeps its two underscores."""
    names = {name: name.replace("__", "-").replace("header_links-own", "header_links__own") for name in values}
    return {names[name]: value for name, value in values.items()}


def send(client, **values: str):
    return client.post(ADDRESS, shown(client) | typed(values), follow=True)


def test_texts_starters_and_links_are_saved_together(acme, globex, owner_of_acme):
    others = live_document(globex)
    response = send(owner_of_acme, **TYPED)
    assert "Chat saved. Live as revision" in response.content.decode()
    document = live_document(acme)
    assert document["chat"] == {
        "texts": {"de": {"welcome": "# Hallo\n\nWillkommen.", "words": {"new_chat": "Neues Gespräch"}}},
        "starters": [STARTER],
    }
    link = {"name": "Docs", "icon_url": "/public/docs.svg", "url": "https://docs.example.com"}
    assert document["interface"]["header_links"] == [link]
    assert last_audit(acme).action == "chat.update"
    assert live_document(globex) == others


def test_sending_the_page_back_untouched_makes_no_revision(acme, owner_of_acme):
    send(owner_of_acme, **TYPED)
    count = revisions(acme)
    assert "Nothing changed" in send(owner_of_acme).content.decode()
    assert revisions(acme) == count


def test_what_is_taken_away_is_gone(acme, owner_of_acme):
    send(owner_of_acme, **TYPED)
    send(
        owner_of_acme,
        texts__0__DELETE="on",
        starters__0__DELETE="on",
        interface__header_links__0__DELETE="on",
    )
    document = live_document(acme)
    assert "chat" not in document
    assert document["interface"] == {"header_links": []}


def test_starters_stand_in_the_order_that_is_written(acme, owner_of_acme, operator):
    second = {"label": "Prices", "message": "What does it cost?"}
    update_chat(acme.pk, texts={}, starters=[STARTER, second], header_links=None, actor=operator)
    send(owner_of_acme, starters__0__ORDER="5")
    assert live_document(acme)["chat"]["starters"] == [second, STARTER]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"texts__0__language": ""}, "Choose a language."),
        ({"texts__0__welcome": "x" * 10_001}, "at most 10000 characters"),
        ({"starters__0__label": ""}, "A starter needs a label."),
        ({"starters__0__message": ""}, "A starter needs a message."),
        ({"starters__0__icon": "/public/another.svg"}, "Select a valid choice."),
        ({"interface__header_links__0__url": "javascript:x"}, "Write an address that begins with"),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_changes_nothing(acme, owner_of_acme, values, sentence):
    before = live_document(acme)
    response = send(owner_of_acme, **TYPED | values)
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert "Nothing was saved." in page
    assert "Neues Gespräch" in page
    assert live_document(acme) == before


def test_a_language_is_there_once(acme, owner_of_acme, operator):
    update_chat(acme.pk, texts={"de": {"welcome": "Hallo"}}, starters=[], header_links=None, actor=operator)
    response = send(owner_of_acme, texts__1__language="de", texts__1__welcome="Servus")
    assert response.status_code == 422
    assert "This language is there already." in response.content.decode()


def test_icons_are_the_tenants_own_pictures(acme, globex, owner_of_acme, operator, seaweedfs):
    publish_file(acme, operator, "public_file", file={**stored_file(acme), "renditions": []}, name="clock.webp")
    publish_file(globex, operator, "public_file", file={**stored_file(globex), "renditions": []}, name="theirs.webp")
    page = owner_of_acme.get(ADDRESS).content.decode()
    assert '<option value="/public/clock.webp">clock.webp</option>' in page
    assert "theirs.webp" not in page
    send(owner_of_acme, **TYPED | {"starters__0__icon": "/public/clock.webp"})
    assert live_document(acme)["chat"]["starters"] == [{**STARTER, "icon": "/public/clock.webp"}]


def test_whoever_saves_second_sees_both_texts_and_may_replace_the_first(acme, owner_of_acme, operator):
    form = shown(owner_of_acme) | typed(TYPED)
    update_chat(acme.pk, texts={"de": {"welcome": "Servus"}}, starters=[], header_links=None, actor=operator)
    response = owner_of_acme.post(ADDRESS, form)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Changed by two people" in page
    assert "Servus" in page
    assert "Willkommen." in page
    again = shown_values(page.replace('id="chat"', 'id="features"'))
    owner_of_acme.post(ADDRESS, again)
    assert live_document(acme)["chat"]["texts"]["de"]["welcome"] == "# Hallo\n\nWillkommen."


def test_what_is_typed_can_be_looked_at_before_it_is_saved(acme, owner_of_acme):
    before = live_document(acme)
    answer = owner_of_acme.post("/settings/preview/chat/", shown(owner_of_acme) | typed(TYPED)).json()
    state = decode_state(Preview.objects.get(secret_hash=preview_digest(answer["secret"])).document.encode())
    assert state.chat.starters[0].label == "Opening hours"
    assert live_document(acme) == before
