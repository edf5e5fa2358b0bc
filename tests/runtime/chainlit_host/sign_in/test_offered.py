"""What Chainlit's sign-in page offers members: the methods of the policy, in its order, with its names."""

import importlib.util
import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.chainlit_host.apps.sign_in_words import WORDS
from tests.runtime.chainlit_host.tenants_under_test import PASSWORD

ERRORS = Path(__file__).resolve().parents[4] / "docs" / "errors.md"
PROVIDERS = ["google", "company", "azure-ad"]


@pytest.fixture(params=[True, False], ids=["quick", "by Chainlit's routes"])
def any_way(request, runtime):
    """Both ways to an answer."""
    runtime.command("quick_routes", on=request.param)
    yield
    runtime.command("quick_routes", on=True)


def options(runtime, slug):
    with runtime.client(slug) as client:
        return client.get("/auth/config").json()


def words(runtime, slug, language="en-US"):
    with runtime.client(slug) as client:
        return client.get("/project/translations", params={"language": language}).json()["translation"]["auth"]


@pytest.mark.usefixtures("any_way")
def test_the_page_offers_what_the_policy_does_in_its_order(runtime):
    ours, others, nobody = options(runtime, "offering"), options(runtime, "outside"), options(runtime, "acme")
    assert (ours["requireLogin"], ours["passwordAuth"], ours["oauthProviders"]) == (True, True, PROVIDERS)
    assert (others["requireLogin"], others["passwordAuth"]) == (True, False)
    assert others["oauthProviders"] == ["google", "company"]
    assert (nobody["requireLogin"], nobody["oauthProviders"]) == (False, [])


@pytest.mark.usefixtures("any_way")
def test_what_is_offered_follows_the_policy_with_the_next_answer(runtime):
    before = runtime.tenants["offering"]["access"]
    assert options(runtime, "offering")["oauthProviders"] == PROVIDERS
    runtime.publish("offering", access={"mode": "members", "methods": [before["methods"][4]]})
    try:
        assert options(runtime, "offering")["oauthProviders"] == ["azure-ad"]
        assert options(runtime, "offering")["passwordAuth"] is False
        assert options(runtime, "outside")["oauthProviders"] == ["google", "company"]
        assert set(words(runtime, "offering")["provider"]["names"]) == {"Microsoft"}
    finally:
        runtime.publish("offering", access=before)


def test_no_password_is_taken_where_none_is_offered(runtime):
    with runtime.client("outside") as client:
        assert client.post("/login", data={"username": "ann@example.com", "password": PASSWORD}).status_code == 400
    assert runtime.sign_in("offering")


@pytest.mark.usefixtures("any_way")
def test_buttons_have_the_tenants_names_in_the_language_of_the_page(runtime):
    for language, sentence in (("en-US", "Continue with {}"), ("zh-CN", "继续使用{}")):
        provider = words(runtime, "offering", language)["provider"]
        assert provider["continue"] == sentence.format("$t(auth.provider.names.{{provider}})")
        assert provider["names"]["Google"] == "Google"
        assert provider["names"]["Microsoft"] == "Microsoft"
        # A word joiner keeps i18next from finding anything to put in.
        assert provider["names"]["Company"] == "Acme & Söhne {\u2060{SSO}} $\u2060t(x) $\u2060&"
    assert words(runtime, "initech")["provider"] == {"continue": "Continue with {{provider}}"}


@pytest.mark.usefixtures("any_way")
def test_a_button_leads_to_the_control_planes_address_of_the_method_and_back_to_a_page_of_this_host(runtime):
    with runtime.client("offering") as client:
        for method in PROVIDERS:
            answer = client.get(f"/auth/oauth/{method}", params={"next": "/thread/a?b=c"})
            assert answer.status_code == 302
            there = urlsplit(answer.headers["location"])
            assert (there.scheme, there.netloc, there.path) == ("", "", f"/settings/sign-in/with/{method}/")
            assert parse_qs(there.query) == {"next": ["/thread/a?b=c"]}


@pytest.mark.parametrize("method", ["github", "proxy", "password", "Google", "google%2f..", "settings"])
def test_what_is_not_offered_leads_back_to_the_form_with_a_sentence(runtime, method):
    with runtime.client("offering") as client:
        answer = client.get(f"/auth/oauth/{method}")
        assert answer.headers.get("location", "/login?error=provider_not_found") == "/login?error=provider_not_found"
        assert answer.status_code in {302, 200}, "a path of two parts is Chainlit's page"
        callback = client.get("/auth/oauth/google/callback", params={"code": "x", "state": "y"})
        assert callback.status_code == 400
    assert "not offered any more" in words(runtime, "offering")["login"]["errors"]["provider_not_found"]


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
        "/\t/evil.example", "/\n/evil.example", "evil.example", "", "/ /evil\x00", "///evil.example", "/é",
    ],
)  # fmt: skip
def test_nobody_is_led_to_another_site_after_a_sign_in(runtime, wanted):
    with runtime.client("offering") as client:
        there = urlsplit(client.get("/auth/oauth/google", params={"next": wanted}).headers["location"])
    assert (there.netloc, parse_qs(there.query)) == ("", {"next": ["/"]})


def test_a_password_that_is_not_enough_gives_no_sign_in_but_where_to_go_on_and_a_sentence(runtime):
    there = "/settings/sign-in/second-factor/abc/"
    runtime.command("ask_for_more", next=there)
    try:
        with runtime.client("offering") as client:
            right = client.post("/login", data={"username": "ann@example.com", "password": PASSWORD})
            wrong = client.post("/login", data={"username": "ann@example.com", "password": "wrong"})
    finally:
        runtime.command("ask_for_more", next="")
    assert (right.status_code, right.reason_phrase, right.headers["x-sign-in-next"]) == (
        428, "Precondition Required", there,
    )  # fmt: skip
    assert "set-cookie" not in right.headers
    assert (wrong.status_code, "x-sign-in-next" in wrong.headers) == (401, False)
    assert "One more step" in words(runtime, "offering")["login"]["errors"]["precondition required"]


def test_every_language_of_chainlit_has_words_for_the_links():
    chainlit = Path(importlib.util.find_spec("chainlit").origin).parent  # not imported: it changes the process
    languages = {path.stem for path in (chainlit / "translations").glob("*.json")}
    assert set(WORDS) == languages
    assert {frozenset(spoken["links"]) for spoken in WORDS.values()} == {frozenset({"forgotten", "create"})}
    assert WORDS["zh-CN"]["errors"].keys() == WORDS["en-US"]["errors"].keys()


def test_sentences_of_refusals_are_those_of_codes_that_there_are():
    codes = set(re.findall(r"^\| `([a-z_]+)` \|", ERRORS.read_text(encoding="utf-8"), re.MULTILINE))
    own = {code for code in WORDS["en-US"]["errors"] if "_" in code}
    assert own <= codes, own - codes


@pytest.mark.parametrize(
    ("language", "forgotten"),
    [("en-US", "Forgot your password?"), ("zh-CN", "忘记密码"), ("de", "Passwort vergessen?"), ("fo", "Forgot your")],
)
def test_links_and_refusals_are_in_the_language_of_the_page_or_in_english(runtime, language, forgotten):
    login = words(runtime, "initech", language)["login"]
    assert login["links"]["forgotten"].startswith(forgotten)
    assert login["errors"]["unauthorized"]
    assert login["errors"]["email_unverified"]
    # The page of a tenant where nobody signs in is Chainlit's own.
    assert "links" not in words(runtime, "acme", language)["login"]


def test_words_of_an_app_come_before_ours(runtime):
    runtime.publish("quiet-two", interface={}, chat={})  # other tests have it speak one language
    translations = runtime.folder / "apps" / "quiet" / ".chainlit" / "translations"
    translations.mkdir(parents=True, exist_ok=True)
    own = {"auth": {"login": {"errors": {"forbidden": "Not you."}, "links": {"forgotten": "Oh no?"}}}}
    (translations / "eo.json").write_text(json.dumps(own), encoding="utf-8")
    (translations / "ia.json").write_text(json.dumps({"auth": "of another shape"}), encoding="utf-8")
    login = words(runtime, "quiet-two", "eo")["login"]
    assert (login["links"]["forgotten"], login["errors"]["forbidden"]) == ("Oh no?", "Not you.")
    assert login["links"]["create"] == "Create an account"
    assert words(runtime, "quiet-two", "ia") == "of another shape"
