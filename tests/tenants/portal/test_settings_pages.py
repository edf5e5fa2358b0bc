"""Features and interface, flags, access."""

import re
from html import unescape

import msgspec
import pytest

from tenants.contract.state import Features, Interface
from tenants.registry.models import Publication
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import AccessPolicy, Flag
from tenants.workspace.services.chat_settings import update_chat_settings
from tenants.workspace.services.flags import set_flag
from tests.tenants.portal.conftest import last_audit, live_document, revisions
from tests.tenants.workspace.test_forms import leaf_names


def shown_values(page: str) -> dict[str, str]:
    """What a browser would send back from the switches' form, read from the page's HTML."""
    form = re.sub(
        r"<template.*?</template>", "", page.split('id="features"')[1].split("</form>", maxsplit=1)[0], flags=re.DOTALL
    )
    values: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        kind, name = attributes.get("type", "text"), attributes.get("name")
        if name and (kind not in ("radio", "checkbox") or " checked" in tag):
            values[name] = attributes.get("value", "")
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', form):
        values[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, flags=re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        values[name] = chosen[1] if chosen else ""
    return values


def save_switches(client, **values: str):
    present = shown_values(client.get("/settings/features/").content.decode())
    changed = {name.replace("features__", "features-", 1).replace("interface__", "interface-", 1): value
               for name, value in values.items()}  # fmt: skip
    return client.post("/settings/features/", present | changed, follow=True)


@pytest.mark.parametrize("section", [Features, Interface])
def test_every_switch_of_the_contract_is_on_the_page(owner_of_acme, section: type[msgspec.Struct]):
    page = owner_of_acme.get("/settings/features/").content.decode()
    # The links in the header are on the page of the chat's texts.
    for name in set(leaf_names(section)) - {"header_links"}:
        assert re.search(rf'name="{section.__name__.lower()}-{name}(__own)?"', page), name


def test_switches_are_published_with_the_member_as_actor(acme, globex, owner_of_acme):
    others = live_document(globex)
    response = save_switches(
        owner_of_acme,
        features__latex="true",
        features__edit_message="false",
        features__spontaneous_file_upload__accept__own="own",
        features__spontaneous_file_upload__accept="image/*\r\napplication/pdf",
        interface__cot="hidden",
        interface__avatar_size="32",
    )
    document = live_document(acme)
    assert document["features"] == {
        "latex": True,
        "edit_message": False,
        "spontaneous_file_upload": {"accept": ["image/*", "application/pdf"]},
    }
    assert document["interface"] == {"cot": "hidden", "avatar_size": 32}
    publication = Publication.objects.filter(tenant=acme).first()
    assert publication.actor == "owner@acme.example"
    assert f"Live as revision {publication.revision}." in response.content.decode()
    assert last_audit(acme).action == "chat_settings.update"
    assert live_document(globex) == others


def test_the_switches_leave_the_links_of_the_header_as_they_are(acme, owner_of_acme, operator):
    link = {"name": "Docs", "icon_url": "/public/docs.svg", "url": "https://docs.example.com"}
    update_chat_settings(acme.pk, interface={"header_links": [link], "layout": "wide"}, actor=operator)
    save_switches(owner_of_acme, interface__layout="")
    assert live_document(acme)["interface"] == {"header_links": [link]}


def test_sending_the_page_back_untouched_makes_no_revision(acme, owner_of_acme):
    save_switches(owner_of_acme, features__latex="true", interface__language="de-DE")
    count = revisions(acme)
    response = save_switches(owner_of_acme)
    assert revisions(acme) == count
    assert "Nothing changed, so nothing was published." in response.content.decode()


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("interface__avatar_size", "5000", "Write a whole number from 12 to 96."),
        ("interface__avatar_size", "many", "Write a whole number from 12 to 96."),
        ("interface__custom_meta_url", "javascript:alert(1)", "Write a full address that begins with https://"),
        ("interface__language", "klingon!", "is not a language code"),
        ("features__latex", "perhaps", "Select a valid choice."),
    ],
)
def test_a_bad_switch_is_told_beside_its_field_and_changes_nothing(acme, owner_of_acme, name, typed, sentence):
    before, count = live_document(acme), revisions(acme)
    response = save_switches(owner_of_acme, features__favorites="true", **{name: typed})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert shown_values(page)["features-favorites"] == "true"
    assert (live_document(acme), revisions(acme)) == (before, count)


def test_a_form_that_is_torn_is_refused_and_changes_nothing(acme, owner_of_acme):
    count = revisions(acme)
    response = owner_of_acme.post("/settings/features/", {"features-latex": "true"})
    assert response.status_code == 422
    assert revisions(acme) == count


def test_a_flag_is_added_switched_and_removed(acme, globex, owner_of_acme):
    others = live_document(globex)
    added = owner_of_acme.post("/settings/flags/", {"name": "beta", "description": "Try it"}, follow=True)
    assert "Flag beta added. Live as revision" in added.content.decode()
    assert live_document(acme)["flags"] == {"beta": False}
    owner_of_acme.post("/settings/flags/beta/", {"enabled": "true"})
    assert live_document(acme)["flags"] == {"beta": True}
    assert (last_audit(acme).action, last_audit(acme).actor) == ("flag.set", "owner@acme.example")
    with tenant_schema(acme):
        assert Flag.objects.get(name="beta").description == "Try it"
    owner_of_acme.post("/settings/flags/beta/remove/")
    assert "flags" not in live_document(acme)
    assert live_document(globex) == others


def test_a_flag_that_exists_is_not_overwritten_by_adding_it(acme, operator, owner_of_acme):
    set_flag(acme.pk, "beta", enabled=True, actor=operator)
    response = owner_of_acme.post("/settings/flags/", {"name": "beta"})
    assert response.status_code == 422
    assert "There is a flag “beta” already." in response.content.decode()
    assert live_document(acme)["flags"] == {"beta": True}


def test_a_bad_flag_name_is_told_with_the_rule(acme, owner_of_acme):
    count = revisions(acme)
    response = owner_of_acme.post("/settings/flags/", {"name": "Bad Name!"})
    assert response.status_code == 422
    assert "is not a flag name" in response.content.decode()
    assert revisions(acme) == count


def test_a_flag_that_somebody_else_removed_is_not_made_again(acme, owner_of_acme):
    count = revisions(acme)
    switched = owner_of_acme.post("/settings/flags/gone/", {"enabled": "true"}, follow=True)
    removed = owner_of_acme.post("/settings/flags/gone/remove/", follow=True)
    assert "There is no flag “gone” any more." in switched.content.decode()
    assert "There is no flag “gone”." in removed.content.decode()
    assert revisions(acme) == count


def test_the_chat_is_closed_to_members_and_opened_again(acme, owner_of_acme):
    response = owner_of_acme.post("/settings/access/", {"mode": "members"}, follow=True)
    assert "Access saved. Live as revision" in response.content.decode()
    assert live_document(acme)["access"] == {"mode": "members"}
    assert last_audit(acme).actor == "owner@acme.example"
    owner_of_acme.post("/settings/access/", {"mode": "anonymous"})
    assert live_document(acme)["access"] == {}


def test_other_web_sites_are_allowed_and_put_right_and_refused_with_a_reason(owner_of_acme, acme, globex):
    typed = {"mode": "anonymous", "allowed_origins": "Shop.Example/\n\nhttps://help.example:8443\nshop.example"}
    response = owner_of_acme.post("/settings/access/", typed, follow=True)
    assert "Access saved." in response.content.decode()
    assert live_document(acme)["access"] == {"allowed_origins": ["https://shop.example", "https://help.example:8443"]}
    assert live_document(globex)["access"] == {}
    assert "https://help.example:8443" in owner_of_acme.get("/settings/access/").content.decode()

    refused = owner_of_acme.post("/settings/access/", {"mode": "anonymous", "allowed_origins": "http://shop.example"})
    assert refused.status_code == 422
    assert "must begin with https://" in refused.content.decode()
    assert "allowed_origins" in live_document(acme)["access"]


@pytest.mark.parametrize("mode", ["", "everyone"])
def test_an_unknown_way_in_is_refused(acme, owner_of_acme, mode):
    count = revisions(acme)
    assert owner_of_acme.post("/settings/access/", {"mode": mode}).status_code == 422
    assert revisions(acme) == count


def test_signing_everyone_out_raises_the_epoch_and_keeps_the_settings_open(acme, owner_of_acme):
    response = owner_of_acme.post("/settings/access/sign-out-everyone/", follow=True)
    assert "Everyone is signed out of the chat. Live as revision" in response.content.decode()
    with tenant_schema(acme):
        assert AccessPolicy.objects.get().sign_out_epoch == 1
    assert response.status_code == 200


def test_conversations_are_kept_until_the_owner_switches_them_off(acme, owner_of_acme):
    assert live_document(acme)["history"] == {"enabled": True}
    assert 'aria-checked="true" name="enabled" value="false"' in owner_of_acme.get("/settings/access/").content.decode()

    response = owner_of_acme.post("/settings/access/history/", {"enabled": "false"}, follow=True)

    assert "New conversations are no longer kept. Live as revision" in response.content.decode()
    assert 'aria-checked="false" name="enabled" value="true"' in response.content.decode()
    assert live_document(acme)["history"] == {}
    owner_of_acme.post("/settings/access/history/", {"enabled": "true"})
    assert live_document(acme)["history"] == {"enabled": True}


def test_an_address_that_leads_nowhere_says_so(owner_of_acme):
    assert owner_of_acme.get("/settings/nonsense/").status_code == 404
