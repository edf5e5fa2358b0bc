"""The page for who may enter: it asks before it saves, keeps the order, and says at the field what is wrong."""

import re

import pytest

from tenants.contract.access import SignInKind, SignInMethod
from tenants.workspace.access.abilities import Abilities, abilities, register_abilities
from tests.tenants.portal.conftest import browser, last_audit, live_document, revisions, sign_in

PAGE = "/settings/access/"
WHOLE = {
    "mode": "members", "entry": "any_member", "email_domains": "", "methods": ["", "password"],
    "session_seconds_0": "15", "session_seconds_1": "days", "idle_seconds_0": "", "idle_seconds_1": "minutes",
    "networks": "", "allowed_origins": "",
}  # fmt: skip


@pytest.fixture
def google():
    """Every tenant has Google beside the password, for one test."""
    before = abilities()
    register_abilities(Abilities(providers=lambda: (SignInMethod(SignInKind.OIDC, "google", "Google"),)))
    yield
    register_abilities(before)


def test_asking_says_what_would_happen_and_publishes_nothing(acme, owner_of_acme):
    count = revisions(acme)
    asked = {"ask": "1", "ask_email": "eve@evil.example", "ask_address": ""}
    page = owner_of_acme.post(PAGE, {**WHOLE, **asked}).content.decode()
    assert "would be refused: there is no such member" in page
    assert "Who may enter: members, signing in (was: anyone with the address)" in page
    assert revisions(acme) == count
    assert live_document(acme)["access"] == {}


def test_an_answer_to_the_pages_script_leaves_what_is_to_be_said_to_the_next_page(acme, owner_of_acme):
    owner_of_acme.post(PAGE, WHOLE)
    asked = {**WHOLE, "ask": "part", "ask_email": "eve@evil.example", "ask_address": ""}
    answer = owner_of_acme.post(PAGE, asked)
    refused = owner_of_acme.post(PAGE, {**asked, "networks": "10.1.2.3/8"})

    assert "would be refused: there is no such member" in answer.text
    assert (refused.status_code, "Cannot be saved like this" in refused.text) == (422, True)
    for part in (answer.text, refused.text):
        assert part.startswith('<div class="access-preview" data-preview>')
        assert "<html" not in part
    assert "Access saved. Live as revision" in owner_of_acme.get(PAGE).text


def test_asking_names_what_could_not_be_saved(acme, owner_of_acme):
    answer = owner_of_acme.post(PAGE, {**WHOLE, "ask": "1", "networks": "10.1.2.3/8"})
    assert answer.status_code == 422
    assert "Cannot be saved like this" in answer.content.decode()
    assert "Nothing was saved" not in answer.content.decode()


def test_times_are_typed_in_units_and_shown_in_them(acme, globex, owner_of_acme):
    times = {"session_seconds_0": "36", "session_seconds_1": "hours", "idle_seconds_0": "90"}
    saved = owner_of_acme.post(PAGE, {**WHOLE, **times}, follow=True).content.decode()
    assert "Access saved. Live as revision" in saved
    assert live_document(acme)["access"] == {"mode": "members", "session_seconds": 129_600, "idle_seconds": 5400}
    assert 'value="36"' in saved
    assert '<option value="hours" selected>' in saved
    assert 'value="90"' in saved
    assert live_document(globex)["access"] == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": [""]}, "Choose at least one way to sign in."),
        ({"session_seconds_0": "1", "session_seconds_1": "minutes"}, "Choose a time from 5 minutes to 365 days."),
        ({"session_seconds_0": "many"}, "Write a whole number."),
        ({"session_seconds_0": ""}, "Choose a time from 5 minutes to 365 days."),
        ({"idle_seconds_0": "16", "idle_seconds_1": "days"}, "the time without use must be shorter"),
        ({"entry": "domains"}, "List at least one domain"),
        ({"entry": "domains", "email_domains": "ann@acme.example"}, "write what is after its @ alone"),
        ({"networks": "203.0.113.0/24"}, "You come from 127.0.0.1"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_what_was_typed_stays(acme, owner_of_acme, changes, said):
    count = revisions(acme)
    answer = owner_of_acme.post(PAGE, {**WHOLE, **changes})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert revisions(acme) == count


def test_ways_to_sign_in_are_offered_in_the_order_in_which_they_were_sent(acme, owner_of_acme, google):
    saved = owner_of_acme.post(PAGE, {**WHOLE, "methods": ["", "google", "password"]}, follow=True).content.decode()
    assert [method["id"] for method in live_document(acme)["access"]["methods"]] == ["google", "password"]
    assert saved.index('value="google" checked') < saved.index('value="password" checked')
    assert "Offer Google later" in saved

    owner_of_acme.post(PAGE, {**WHOLE, "methods": ["", "password"]})
    page = owner_of_acme.get(PAGE).content.decode()
    assert page.index('value="password" checked') < page.index('value="google"')
    assert 'value="google" checked' not in page


def test_what_a_script_does_not_send_stays_as_it_is(acme, owner_of_acme):
    owner_of_acme.post(PAGE, {**WHOLE, "networks": "127.0.0.1", "idle_seconds_0": "30"})
    owner_of_acme.post(PAGE, {"mode": "anonymous"})
    assert live_document(acme)["access"] == {"networks": ["127.0.0.1/32"], "idle_seconds": 1800}


DAILY = {
    "entry": "any_member", "email_domains": "", "session_seconds_0": "8", "session_seconds_1": "hours",
    "idle_seconds_0": "", "idle_seconds_1": "minutes",
}  # fmt: skip


@pytest.fixture
def admin_of_acme(acme, member):
    member(acme, role="admin")
    client = browser(acme)
    sign_in(client, "ann@example.com")
    return client


def locked_fields(page: str) -> set[str]:
    """The names of what stands on the page and cannot be changed."""
    locked = re.findall(r"<fieldset[^>]* disabled.*?</fieldset>", page, flags=re.DOTALL)
    return set(re.findall(r' name="(\w+)"', "".join(locked)))


def test_an_admin_sees_the_whole_policy_and_changes_the_part_that_is_an_admins(acme, owner_of_acme, admin_of_acme):
    owner_of_acme.post(PAGE, {**WHOLE, "networks": "127.0.0.0/8"})

    locked = locked_fields(admin_of_acme.get(PAGE).text)
    assert locked >= {"mode", "methods", "networks", "allowed_origins"}
    assert locked.isdisjoint({*DAILY, "member_second_factor"})
    assert not locked_fields(owner_of_acme.get(PAGE).text)

    admin_of_acme.post(PAGE, DAILY)

    access = live_document(acme)["access"]
    assert (access["session_seconds"], access["mode"], access["networks"]) == (28_800, "members", ["127.0.0.0/8"])


def test_an_admins_form_that_changes_what_is_the_owners_is_refused_whole(acme, admin_of_acme):
    count = revisions(acme)
    for more in ({"mode": "members"}, {"networks": "127.0.0.0/8"}, {"allowed_origins": "https://evil.example"}):
        answer = admin_of_acme.post(PAGE, {**DAILY, **more})
        assert answer.status_code == 422
        assert "Only owners may say whether and how people sign in" in answer.text
    assert revisions(acme) == count


def test_a_refused_form_shows_what_it_did_not_send_as_it_is(acme, owner_of_acme, admin_of_acme):
    owner_of_acme.post(PAGE, {**WHOLE, "networks": "127.0.0.0/8", "allowed_origins": "https://shop.example"})
    page = admin_of_acme.post(PAGE, {**DAILY, "session_seconds_0": "1", "session_seconds_1": "minutes"}).text
    assert "127.0.0.0/8" in page
    assert "https://shop.example" in page
    assert re.search(r'name="mode" value="members" checked', page)


def test_the_log_says_from_where_and_by_which_sign_in_the_policy_was_changed(acme, owner_of_acme):
    owner_of_acme.post(PAGE, {**WHOLE, "session_seconds_0": "8"}, REMOTE_ADDR="198.51.100.7")
    entry = last_audit(acme)
    assert (entry.action, entry.actor) == ("access.update", "owner@acme.example")
    assert (entry.address, entry.method) == ("198.51.100.7", "password")
