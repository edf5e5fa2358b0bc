"""What the page asks before it connects: the quick answer is what Chainlit's own route answers in the same state."""

import json
import os
import time
from itertools import count

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runtime.chainlit_host.tenants_under_test import tenant_id

TENANTS = ("quiet-one", "quiet-two", "greeting-one", "greeting-two")
USERS = (None, "ann@example.com", "bob@example.com", "an invalid token", "in chunks", "by bearer")
LANGUAGES = ("", "en-US", "de-DE", "de", "fr-FR", "xx", "zh-CN", "not a language", "en-US\n", None)
PROFILES = (None, "", "plain", "wide", "silent", "another")
MOODS = (None, "cheerful", "failing", "broken")
STARTERS = [{"label": "Opening hours", "message": "When?", "icon": "/public/clock.svg"}]
_edits = count()


class Person:
    """Whoever asks, as a browser or a program says it."""

    def __init__(self, runtime, slug, user):
        self._headers = {"Host": runtime.host(slug)}
        if user is None:
            return
        token = "not.a.token"
        if user != "an invalid token" and slug.endswith("-two"):
            email = user if "@" in user else "ann@example.com"
            token = runtime.signed_in.setdefault((slug, email), runtime.sign_in(slug, email)["access_token"])
        half = len(token) // 2
        self._headers |= {
            "in chunks": {"Cookie": f"access_token_0={token[:half]}; access_token_1={token[half:]}"},
            "by bearer": {"Authorization": f"Bearer {token}"},
        }.get(user, {"Cookie": f"other=1; access_token={token}"})

    def ask(self, client, path, parameters, mood):
        # Not kept: where an app's hook breaks the answer, uvicorn closes the connection behind it.
        headers = self._headers | {"Connection": "close"} | ({"X-Mood": mood} if mood else {})
        answer = client.get(
            path, params={name: it for name, it in parameters.items() if it is not None}, headers=headers
        )
        return answer.status_code, answer.json() if "json" in answer.headers["content-type"] else answer.text, answer


@pytest.fixture(autouse=True)
def _tenants_say_nothing_themselves(runtime):
    for slug in TENANTS:
        runtime.publish(slug, chat={})


@pytest.fixture(scope="module")
def asking(runtime):
    runtime.signed_in = {}
    with httpx.Client(base_url=runtime.url, trust_env=False) as client:
        yield runtime, client
    runtime.command("quick_routes", on=True)


def _change_a_file(runtime, app, name):
    path = runtime.folder / "apps" / app / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = f"edit {next(_edits)} ünïcödé"
    path.write_text(json.dumps({"edited": text}) if name.endswith(".json") else text, encoding="utf-8")


def _publish(runtime, slug, change):
    document = runtime.tenants[slug]
    match change:
        case "name":
            branding = {"display_name": f"Name {next(_edits)} </script> ü", "default_theme": "light"}
            runtime.publish(slug, branding=branding)
        case "language":
            language = None if document.get("interface") else "de-DE"
            runtime.publish(slug, interface={"language": language} if language else {})
        case "texts":
            german = {"welcome": f"# Grüß {next(_edits)} $t(auth.login.title)", "words": {"composer": "Schreib {{x}}"}}
            said = {"texts": {"*": {"words": {"watermark": "Ours"}}, "de": german}, "starters": STARTERS}
            runtime.publish(slug, chat={} if document.get("chat") else said)
        case "features":
            mcp = {"enabled": True, "user_servers": {"enabled": True, "allowed_urls": ["https://a.example/"]}}
            runtime.publish(
                slug, features={} if document.get("features") else {"mcp": mcp, "allow_thread_sharing": True}
            )
        case "sign everybody out":
            access = document["access"]
            epoch = access.get("sign_out_epoch", 0) + 1
            runtime.publish(slug, access={**access, "sign_out_epoch": epoch})
            runtime.signed_in = {key: token for key, token in runtime.signed_in.items() if key[0] != slug}


changes = st.sampled_from(["nothing", "name", "language", "texts", "features", "sign everybody out"])
files = st.sampled_from([None, None, "chainlit.md", "chainlit_de-DE.md", ".chainlit/translations/de-DE.json",
                         ".chainlit/translations/xx-YY.json"])  # fmt: skip
steps = st.tuples(
    st.sampled_from(TENANTS), changes, files, st.sampled_from(USERS), st.sampled_from(LANGUAGES),
    st.sampled_from(PROFILES), st.sampled_from(MOODS),
)  # fmt: skip


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=1, max_size=8))
def test_a_quick_answer_is_chainlits_own_after_any_changes(asking, sequence):
    runtime, client = asking
    for slug, change, file, user, language, profile, mood in sequence:
        _publish(runtime, slug, change)
        if file:
            _change_a_file(runtime, slug.partition("-")[0], file)
        person = Person(runtime, slug, user)
        asked = {"language": language, "chat_profile": profile}
        for path in ("/project/settings", "/project/translations", "/auth/config"):
            runtime.command("quick_routes", on=False)
            expected = person.ask(client, path, asked, mood)[:2]
            runtime.command("quick_routes", on=True)
            # The first answer is made, the second is compiled from it, the third is the one that was kept.
            for _ in range(3):
                assert person.ask(client, path, asked, mood)[:2] == expected, (slug, path, user, asked, mood)


def test_the_comparison_is_between_two_ways(asking):
    runtime, client = asking
    person = Person(runtime, "quiet-one", None)
    for path in ("/project/settings", "/project/translations", "/auth/config"):
        runtime.command("quick_routes", on=False)
        assert "etag" not in person.ask(client, path, {}, None)[2].headers
        runtime.command("quick_routes", on=True)
        person.ask(client, path, {}, None)
        person.ask(client, path, {}, None)
        kept = person.ask(client, path, {}, None)[2]
        assert kept.headers["cache-control"] == "private, no-cache"
        again = client.get(path, headers={"Host": runtime.host("quiet-one"), "If-None-Match": kept.headers["etag"]})
        assert again.status_code == 304


async def test_what_the_app_changes_while_it_runs_is_in_the_next_answer(asking):
    runtime, client = asking
    person = Person(runtime, "quiet-one", None)

    def shown():
        return person.ask(client, "/project/settings", {}, None)[1]

    assert shown() == shown() == shown()
    async with runtime.chat("quiet-one") as chat:
        await chat.send("name Another name")
        await chat.send("audio on")
        assert shown()["ui"]["name"] == "Another name"
        assert shown()["features"]["audio"]["enabled"] is True
        await chat.send("own-servers https://SECRET.example")
        assert "SECRET" not in str(shown())
    assert Person(runtime, "quiet-two", None).ask(client, "/auth/config", {}, None)[1]["requireLogin"] is True


def test_secrets_of_the_developers_servers_are_not_shown(asking):
    runtime, client = asking
    _, shown, answer = Person(runtime, "greeting-one", None).ask(client, "/project/settings", {}, None)
    assert shown["features"]["mcp"]["servers"] == [{"name": "files", "type": "stdio"}]
    assert "SECRET-OF-THE-DEVELOPER" not in answer.text


def test_one_persons_answer_is_not_anothers(asking):
    runtime, client = asking
    shown = {}
    for user in ("ann@example.com", "bob@example.com", "ann@example.com", "bob@example.com"):
        person = Person(runtime, "greeting-two", user)
        for _ in range(3):
            status, answer, _ = person.ask(client, "/project/settings", {"language": "en-US"}, "cheerful")
            assert status == 200
            assert answer["starters"][0]["label"] == f"cheerful {user}"
            assert user in answer["chatProfiles"][0]["markdown_description"]
            assert shown.setdefault(user, answer) == answer
    assert Person(runtime, "greeting-two", None).ask(client, "/project/settings", {}, None)[0] == 401


def test_a_text_edited_within_a_tick_of_the_clock_is_in_the_next_answer(asking):
    runtime, client = asking
    person = Person(runtime, "quiet-one", None)
    path = runtime.folder / "apps" / "quiet" / "chainlit.md"
    runtime.publish("quiet-one", interface={})
    # A time to come stands for the tick that is not over, however slow this test is.
    moment = time.time_ns() + 3_600_000_000_000
    for text in ("one", "two", "six"):
        path.write_text(text)
        os.utime(path, ns=(moment, moment))
        assert person.ask(client, "/project/settings", {}, None)[1]["markdown"] == text


def test_a_tenants_answers_are_under_its_own_name(asking):
    runtime, client = asking
    names = {
        person: Person(runtime, person, None).ask(client, "/project/settings", {}, None)[1] for person in TENANTS[::2]
    }
    assert names["quiet-one"]["ui"] != names["greeting-one"]["ui"]
    assert tenant_id("quiet-one") not in str(names)


def _new_chat(translation):
    """Return a word, or None where an app's own file does not have it."""
    return translation.get("navigation", {}).get("newChat", {}).get("button")


def test_a_tenants_texts_and_starters_stand_over_its_apps_and_are_nobody_elses(asking):
    runtime, client = asking
    german = {"welcome": "# Servus", "words": {"new_chat": "Neues Gespräch"}}
    every = {"words": {"new_chat": "Start over", "watermark": "Ours"}}
    runtime.publish("quiet-one", interface={}, chat={})
    one = Person(runtime, "quiet-one", None)
    two = Person(runtime, "quiet-two", "ann@example.com")

    def asked(person, language):
        _, shown, _ = person.ask(client, "/project/settings", {"language": language}, None)
        _, words, _ = person.ask(client, "/project/translations", {"language": language}, None)
        return shown["markdown"], shown["starters"], _new_chat(words["translation"])

    apps_own = {language: asked(one, language) for language in ("de-AT", "fr-FR")}
    others = asked(two, "de-AT")
    runtime.publish("quiet-one", chat={"texts": {"de": german, "*": every}, "starters": STARTERS})

    for _ in range(3):
        welcome, starters, new_chat = asked(one, "de-AT")
        assert (welcome, new_chat) == ("# Servus", "Neues Gespräch")
        assert [starter["icon"] for starter in starters] == ["/public/clock.svg"]
        assert asked(one, "fr-FR") == (apps_own["fr-FR"][0], starters, "Start over")
        assert asked(two, "de-AT") == others
    runtime.publish("quiet-one", chat={"texts": {"de": {"welcome": "# Neu"}}})
    assert asked(one, "de-AT") == ("# Neu", *apps_own["de-AT"][1:])
    runtime.publish("quiet-one", chat={})
    assert {language: asked(one, language) for language in apps_own} == apps_own


def test_a_tenants_starters_stand_in_the_place_of_the_apps_own_and_its_categories(asking):
    runtime, client = asking
    ann = Person(runtime, "greeting-two", "ann@example.com")

    def labels():
        _, shown, _ = ann.ask(client, "/project/settings", {"language": "en-US"}, "cheerful")
        return [starter["label"] for starter in shown["starters"]]

    assert labels()[0] == "cheerful ann@example.com"
    runtime.publish("greeting-two", chat={"starters": STARTERS})
    assert labels() == ["Opening hours"]
    runtime.publish("greeting-two", chat={})
    assert labels()[0] == "cheerful ann@example.com"
