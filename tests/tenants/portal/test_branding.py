"""The branding page."""

import re
from html import unescape

import pytest

from tenants.registry.models import Publication
from tenants.workspace.services.branding import update_branding
from tests.tenants.portal.conftest import browser, last_audit, live_document, revisions, sign_in

FORM = {"display_name": "Acme", "description": "", "default_theme": "", "font": ""} | dict.fromkeys(
    ["light_primary", "light_background", "light_accent", "dark_primary", "dark_background", "dark_accent"], ""
)


def save(client, **values: str):
    return client.post("/settings/branding/", FORM | values, follow=True)


def test_saving_publishes_and_names_the_revision_and_the_member(acme, owner_of_acme):
    response = save(
        owner_of_acme, display_name="Acme Concierge", light_primary="#ABC", default_theme="dark", font="serif"
    )
    branding = live_document(acme)["branding"]
    assert branding["display_name"] == "Acme Concierge"
    assert branding["light"] == {"primary": "#aabbcc"}
    assert (branding["default_theme"], branding["font"]) == ("dark", "serif")
    publication = Publication.objects.filter(tenant=acme).first()
    assert publication.actor == "owner@acme.example"
    assert f"Branding saved. Live as revision {publication.revision}." in response.content.decode()
    entry = last_audit(acme)
    assert (entry.action, entry.actor_kind, entry.actor) == ("branding.update", "member", "owner@acme.example")


def test_another_tenant_is_unchanged(acme, globex, owner_of_acme):
    before = live_document(globex)
    save(owner_of_acme, display_name="Acme Concierge", light_primary="#2563eb")
    assert live_document(globex) == before


def test_saving_the_same_again_makes_no_revision_and_says_so(acme, owner_of_acme):
    save(owner_of_acme, light_primary="#2563eb")
    count = revisions(acme)
    response = save(owner_of_acme, light_primary="#2563EB")
    assert revisions(acme) == count
    assert "Nothing changed, so nothing was published." in response.content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("light_primary", "reddish", "is not a colour; write it as #rrggbb"),
        ("dark_background", "#12", "is not a colour; write it as #rrggbb"),
        ("light_accent", "#fff;}*{display:none", "is not a colour; write it as #rrggbb"),
        ("display_name", "", "The chat needs a name of 1 to 80 characters."),
        ("display_name", "x" * 81, "at most 80 characters"),
        ("font", "comic-sans", "Select a valid choice."),
    ],
)
def test_a_bad_value_is_told_beside_its_field_and_changes_nothing(acme, owner_of_acme, field, typed, sentence):
    before, count = live_document(acme), revisions(acme)
    response = save(owner_of_acme, description="kept as typed", **{field: typed})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert "kept as typed" in page
    assert "Nothing was saved." in page
    assert (live_document(acme), revisions(acme)) == (before, count)


def test_a_name_that_is_a_script_is_shown_and_never_run(acme, owner_of_acme):
    attack = "</title><script>alert(1)</script>"
    save(owner_of_acme, display_name=attack, description=f"{attack}\"'")
    for address in ("", "branding/", "features/", "flags/", "access/"):
        page = owner_of_acme.get(f"/settings/{address}").content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in browser(acme).get("/settings/sign-in/").content.decode()


def test_the_pages_accent_follows_the_brand_and_stays_readable(acme, operator, owner_of_acme):
    update_branding(acme.pk, values={"light_primary": "#ffe08a"}, actor=operator)
    stylesheet = browser(acme).get("/settings/brand.css")
    assert stylesheet["Content-Type"].startswith("text/css")
    text = stylesheet.content.decode()
    assert "--brand-light:#ffe08a" in text
    assert "--brand-light-ink:#0d0d0d" in text
    assert "--brand-light-text:#ffe08a" not in text


def test_an_operators_name_is_not_told_to_the_tenant(acme, operator, owner_of_acme):
    update_branding(acme.pk, values={"description": "By the platform"}, actor=operator)
    page = owner_of_acme.get("/settings/").content.decode()
    assert operator.label not in page
    assert "Platform operator" in page


def test_the_overview_says_what_is_live_and_who_changed_what(acme, member):
    member(acme)
    client = browser(acme)
    sign_in(client, "ann@example.com")
    save(client, description="Ask Acme", dark_primary="#f87171")
    page = client.get("/settings/").content.decode()
    assert f"Live: revision {revisions(acme)}" in page
    assert "published by Ann" in page
    assert "Changed the branding" in page
    assert "Description, Primary (dark)" in page


def shown_base(client) -> str:
    """Return what the form says it is made of."""
    page = client.get("/settings/branding/").content.decode()
    return unescape(re.search(r'name="made_of" value="([^"]*)"', page)[1])


def test_what_two_people_change_in_different_places_is_kept_of_both(acme, owner_of_acme, operator):
    base = shown_base(owner_of_acme)
    update_branding(acme.pk, values={"description": "By somebody else."}, actor=operator)
    owner_of_acme.post("/settings/branding/", {"display_name": "By me", "made_of": base})
    branding = live_document(acme)["branding"]
    assert (branding["display_name"], branding["description"]) == ("By me", "By somebody else.")


def test_who_saves_second_sees_both_values_and_decides(acme, owner_of_acme, member):
    ann = member(acme, "admin")
    other = browser(acme)
    sign_in(other, ann.email)
    base = shown_base(owner_of_acme)
    other.post("/settings/branding/", {"display_name": "Ann's", "made_of": base})

    refused = owner_of_acme.post("/settings/branding/", {"display_name": "Mine", "made_of": base})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Somebody else changed the same while you did." in page
    assert "Ann&#x27;s" in page
    assert re.search(r"Ann, just now", page)
    assert 'value="Mine"' in page
    assert live_document(acme)["branding"]["display_name"] == "Ann's"

    again = unescape(re.search(r'name="made_of" value="([^"]*)"', page)[1])
    owner_of_acme.post("/settings/branding/", {"display_name": "Mine", "made_of": again})
    assert live_document(acme)["branding"]["display_name"] == "Mine"


@pytest.mark.parametrize("base", ["", "no JSON", "[]", '{"display_name": 7, "unknown": "x"}', "null"])
def test_what_says_nothing_of_what_it_was_made_of_is_saved_or_refused_as_a_whole(acme, owner_of_acme, base):
    response = owner_of_acme.post("/settings/branding/", {"display_name": "Mine", "made_of": base})
    saved = live_document(acme)["branding"]["display_name"] == "Mine"
    assert (response.status_code, saved) in {(302, True), (422, False)}
