"""The contract's texts by language and starters."""

import json

import msgspec
import pytest

from tenants.contract.chat import Chat, ChatTexts, Starter, Words, fitting_tags
from tenants.contract.state import decode_state

OLD_DOCUMENT = {
    "id": "1", "slug": "acme", "name": "Acme", "schema": "acme", "status": "active", "app": "assistant",
    "hosts": ["acme.localhost"], "branding": {"display_name": "Acme"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "tags"),
    [
        ("de-AT", ["de-at", "de", "*"]),
        ("zh-Hant-TW", ["zh-hant-tw", "zh-hant", "zh", "*"]),
        ("en", ["en", "*"]),
        ("", ["*"]),
    ],
)
def test_the_closest_texts_come_first(language, tags):
    assert list(fitting_tags(language)) == tags


def test_a_document_from_before_there_were_texts_has_none():
    assert decode_state(json.dumps(OLD_DOCUMENT)).chat == Chat()


def test_a_chat_comes_back_as_it_was_written():
    chat = Chat({"de": ChatTexts("# Hallo", Words(new_chat="Neu"))}, (Starter("Ask", "What?", "/public/a.svg"),))
    assert msgspec.json.decode(msgspec.json.encode(chat), type=Chat) == chat


@pytest.mark.parametrize(
    "broken",
    [
        {"texts": {"german": {}}},
        {"texts": {"de_DE": {}}},
        {"texts": {"de\n": {}}},
        {"texts": {"de": {"welcome": "x" * 10_001}}},
        {"texts": {"de": {"words": {"chat.input.placeholder": "x"}}}},
        {"texts": {"de": {"words": {"composer": ""}}}},
        {"texts": {"de": {"words": {"composer": "x" * 301}}}},
        {"texts": {f"de-{number:02}": {} for number in range(31)}},
        {"starters": [{"label": "", "message": "x"}]},
        {"starters": [{"label": "x", "message": ""}]},
        {"starters": [{"label": "x", "message": "x", "icon": "https://elsewhere.example/a.svg"}]},
        {"starters": [{"label": "x", "message": "x", "icon": '/public/a"b'}]},
        {"starters": [{"label": "x", "message": "x"}] * 13},
    ],
)
def test_what_does_not_fit_is_refused(broken):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(broken, Chat)
