"""A tenant's words laid over a translation: each language its own, nothing left over, nothing put in their place."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from runtime.chainlit_host.apps.tenant_texts import PLACES, TenantTexts
from tenants.contract.chat import Chat, ChatTexts, Words

CHAT = Chat(
    texts={
        "*": ChatTexts(words=Words(composer="Ask us", watermark="Ours")),
        "de": ChatTexts(welcome="# Hallo", words=Words(composer="Frag uns")),
        "de-AT": ChatTexts(welcome="# Servus"),
    },
)


@pytest.fixture(scope="module")
def english():
    """The translation that Chainlit ships, read without importing it."""
    package = Path(find_spec("chainlit").origin).parent
    return json.loads((package / "translations" / "en-US.json").read_text(encoding="utf-8"))


def at(translation, place):
    for name in place:
        translation = translation[name]
    return translation


def test_each_word_of_the_contract_has_a_place_in_chainlits_translations(english):
    assert list(PLACES) == list(Words.__struct_fields__)
    assert all(isinstance(at(english, place), str) for place in PLACES.values())


def test_the_closest_text_is_shown_and_else_the_apps():
    texts = TenantTexts(CHAT)
    assert [texts.welcome(each) for each in ("de-AT", "DE-at", "de-CH", "de", "fr")] == [
        "# Servus", "# Servus", "# Hallo", "# Hallo", None,
    ]  # fmt: skip
    assert texts.encoded_welcome("de") == '"# Hallo"'


def test_words_of_a_language_stand_over_those_of_all_and_over_the_apps(english):
    texts = TenantTexts(CHAT)
    before = at(english, PLACES["composer"])
    german = texts.over(english, "de-AT")
    assert at(german, PLACES["composer"]) == "Frag uns"
    assert at(german, PLACES["watermark"]) == "Ours"
    assert at(texts.over(english, "en-US"), PLACES["composer"]) == "Ask us"
    assert at(texts.over(english, "en-US"), PLACES["readme"]) == at(english, PLACES["readme"])
    assert at(english, PLACES["composer"]) == before


def test_a_translation_is_laid_over_once_however_languages_are_spelt(english):
    texts = TenantTexts(CHAT)
    first = texts.over(english, "de-AT")
    assert texts.over(english, "de-CH") is first
    assert texts.over(english, "de") is first
    assert texts.over(english, "fr") is not first
    assert TenantTexts(CHAT).over(english, "de") is not first


def test_of_a_translation_that_changed_nothing_is_left(english):
    texts = TenantTexts(CHAT)
    old, new = {"chat": {"watermark": "a", "input": {"x": "old"}}}, {"chat": {"watermark": "a", "input": {"x": "new"}}}
    assert texts.over(old, "de")["chat"]["input"]["x"] == "old"
    assert texts.over(new, "de")["chat"]["input"]["x"] == "new"


def test_nothing_is_put_in_the_place_of_what_a_tenant_writes():
    texts = TenantTexts(Chat({"*": ChatTexts(words=Words(composer="{{provider}} $t(auth.login.title)"))}))
    text = at(texts.over({}, "en"), PLACES["composer"])
    assert "{{" not in text
    assert "$t" not in text


def test_an_apps_own_file_in_a_shape_of_its_own_stays():
    assert TenantTexts(CHAT).over({"chat": "words", "auth": 1}, "de") == {"chat": "words", "auth": 1}


def test_a_tenant_that_says_nothing_changes_nothing(english):
    texts = TenantTexts(Chat())
    assert texts.over(english, "en-US") is english
    assert texts.welcome("en-US") is texts.encoded_welcome("en-US") is None
