"""The settings hold to the access policy as the chat does: from where, and how long a sign-in goes unused."""

import time

import jwt
import pytest

from tenants.contract.state import AccessMode
from tenants.contract.tokens import signing_key
from tenants.identity.browser import live_state
from tenants.workspace.services.access import update_access
from tests.tenants.portal.conftest import browser, sign_in

OUTSIDE = {"REMOTE_ADDR": "198.51.100.7"}


def age(client, tenant, settings, seconds):
    """Let the browser's sign-in have been used last so many seconds ago."""
    claims = jwt.decode(client.cookies["access_token"].value, options={"verify_signature": False})
    key = signing_key(settings.ENVIRONMENT.runtime_master_secret, live_state(tenant))
    client.cookies["access_token"] = jwt.encode({**claims, "iat": int(time.time()) - seconds}, key, algorithm="HS256")


@pytest.mark.parametrize("path", ["/settings/", "/settings/access/", "/settings/sign-in/"])
def test_the_settings_are_refused_from_outside_of_the_networks_and_those_of_others_are_not(
    acme, globex, operator, owner_of_acme, path
):
    update_access(acme.pk, networks=["127.0.0.1", "203.0.113.0/24"], actor=operator)

    answer = owner_of_acme.get(path, **OUTSIDE)
    assert answer.status_code == 403
    assert "your address, 198.51.100.7, is in none of them" in answer.content.decode()
    asked = owner_of_acme.get(path, headers={"accept": "application/json"}, **OUTSIDE)
    assert asked.json()["error"]["code"] == "network_refused"
    assert owner_of_acme.get(path, REMOTE_ADDR="::ffff:203.0.113.9").status_code != 403
    assert browser(globex).get("/settings/sign-in/", **OUTSIDE).status_code == 200


def test_nobody_signs_in_to_the_settings_from_outside(acme, operator):
    update_access(acme.pk, networks=["203.0.113.0/24"], actor=operator)
    client = browser(acme)
    assert sign_in(client, "owner@acme.example").status_code == 403
    assert "access_token" not in client.cookies


def test_a_sign_in_to_the_settings_ends_when_it_is_not_used_and_goes_on_when_it_is(
    acme, operator, owner_of_acme, settings
):
    update_access(acme.pk, idle_seconds=600, actor=operator)
    age(owner_of_acme, acme, settings, 500)
    assert owner_of_acme.get("/settings/").status_code == 200
    renewed = jwt.decode(owner_of_acme.cookies["access_token"].value, options={"verify_signature": False})
    assert renewed["iat"] >= time.time() - 100

    age(owner_of_acme, acme, settings, 700)
    assert owner_of_acme.get("/settings/").status_code == 302


def test_what_a_script_asks_for_by_itself_keeps_no_sign_in(acme, operator, owner_of_acme, settings):
    update_access(acme.pk, idle_seconds=600, actor=operator)
    age(owner_of_acme, acme, settings, 500)
    before = owner_of_acme.cookies["access_token"].value
    asked = owner_of_acme.get("/settings/files/states/", headers={"accept": "application/json"})
    assert asked.status_code == 200
    assert owner_of_acme.cookies["access_token"].value == before


def test_a_sign_out_is_not_undone_by_the_use_that_it_is(acme, operator, owner_of_acme, settings):
    update_access(acme.pk, idle_seconds=600, actor=operator)
    age(owner_of_acme, acme, settings, 500)
    owner_of_acme.post("/settings/sign-out/")
    assert not owner_of_acme.cookies["access_token"].value


def test_whose_domain_may_no_longer_enter_is_out_of_the_settings(acme, operator, member, settings):
    member(acme, role="owner", email="second@globex.example")
    client = browser(acme)
    assert sign_in(client, "second@globex.example").status_code == 302
    assert client.get("/settings/").status_code == 200
    update_access(
        acme.pk, mode=AccessMode.MEMBERS.value, entry="domains", email_domains=["acme.example"], actor=operator
    )
    assert client.get("/settings/").status_code == 302
