"""Signing out at the provider too, from the settings and from the chat."""

import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jws

from tenants.contract.internal import SIGN_OUT_PATH, SignOut, decode_sign_out_answer
from tenants.contract.secrets import SecretUnreadableError
from tenants.identity.at_provider import AT_PROVIDER_PATH, path_to_provider
from tenants.identity.models import PendingSignIn, ProviderSession, SignIn
from tenants.registry.schema import tenant_schema
from tenants.registry.sealing import unseal
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.controlplane.test_internal import post as ask_internally
from tests.tenants.identity.enrolled import code_of, give_app
from tests.tenants.identity.oidc.journeys import come_in, is_signed_in
from tests.tenants.identity.oidc.provider import CLIENT_ID
from tests.tenants.portal.conftest import browser


def test_signing_out_goes_on_to_the_provider_where_it_is_set_so(acme, provider, offer):
    offer(acme, provider, settings={"signs_out": True})
    client = browser(acme)
    come_in(client, provider)
    page = client.post("/settings/sign-out/").content.decode()
    assert not is_signed_in(client)
    address = page.partition('content="0; url=')[2].partition('"')[0].replace("&amp;", "&")
    assert address.startswith(f"{provider.issuer}/logout?")
    sent = dict(parse_qsl(urlsplit(address).query))
    assert sent["client_id"] == CLIENT_ID
    assert sent["post_logout_redirect_uri"] == "http://acme.localhost:8000/settings/sign-in/"
    assert "state" not in sent
    hint = jws.extract_compact(sent["id_token_hint"].encode())
    assert hint.headers()["kid"] == "first"


def leave_by_the_chat(tenant, client) -> str:
    """Sign out as the chat does, and return the path that the browser is given to go on by."""
    with tenant_schema(tenant):
        sign_in = SignIn.objects.select_related("member").get(ended_at=None)
    message = SignOut(tenant_id=str(tenant.pk), sign_in=str(sign_in.pk), email=sign_in.member.email)
    answer = ask_internally(SIGN_OUT_PATH, message)
    client.cookies.clear()
    return decode_sign_out_answer(answer.content).next if answer.content else ""


def test_signing_out_at_the_chat_leads_one_browser_to_the_provider_once_and_says_no_token_on_the_way(
    acme, globex, provider, offer
):
    for tenant in (acme, globex):
        offer(tenant, provider, settings={"signs_out": True})
    client = browser(acme)
    come_in(client, provider)
    way = leave_by_the_chat(acme, client)
    assert way.startswith("/settings/sign-out/at-provider/")
    with tenant_schema(acme):
        kept = unseal(ProviderSession.objects.get().id_token, owner=str(acme.pk))
    assert kept not in way
    for stranger, path in ((browser(globex), way), (client, f"{way[:-2]}/"), (client, AT_PROVIDER_PATH + "x/")):
        assert stranger.get(path)["Location"] == "/"
    assert client.post(way).status_code == 405
    led = client.get(way)
    assert led.status_code == 302
    assert "no-store" in led["Cache-Control"]
    assert led["Location"].startswith(f"{provider.issuer}/logout?")
    asked = dict(parse_qsl(urlsplit(led["Location"]).query))
    assert asked["id_token_hint"] == kept
    # The provider gives the state back, and so one is at the chat again; what is registered there stays one address.
    assert asked["post_logout_redirect_uri"] == "http://acme.localhost:8000/settings/sign-in/"
    assert client.get("/settings/sign-in/", {"state": asked["state"]})["Location"] == "/"
    assert client.get(way)["Location"] == "/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", ""]
)
def test_nobody_is_led_to_another_site_by_a_provider_who_says_where_a_sign_out_began(acme, elsewhere):
    page = browser(acme).get("/settings/sign-in/", {"state": elsewhere})
    assert (page.status_code, "Sign in to the settings" in page.text) == (200, True)


def test_a_way_to_the_provider_is_for_a_sign_in_that_ended_and_for_a_minute(acme, provider, offer, monkeypatch):
    offer(acme, provider, settings={"signs_out": True})
    client = browser(acme)
    come_in(client, provider)
    with tenant_schema(acme):
        sign_in = SignIn.objects.get()
    way = path_to_provider(acme, sign_in.pk)
    assert client.get(way)["Location"] == "/"
    assert is_signed_in(client)
    assert leave_by_the_chat(acme, client)
    with monkeypatch.context() as later:
        later.setattr("django.core.signing.time.time", lambda now=time.time: now() + 61)
        assert client.get(way)["Location"] == "/"
    assert client.get(way)["Location"].startswith(f"{provider.issuer}/logout?")


def test_signing_out_at_the_chat_goes_nowhere_where_the_provider_is_not_set_so(acme, provider, offer):
    offer(acme, provider)
    client = browser(acme)
    come_in(client, provider)
    assert leave_by_the_chat(acme, client) == ""


def test_a_second_factor_of_ours_on_the_way_in_keeps_nobody_from_signing_out_at_the_provider(
    acme, globex, provider, offer, operator
):
    offer(acme, provider, settings={"signs_out": True})
    offer(globex, provider, settings={"signs_out": True})
    update_access(acme.pk, owner_second_factor="optional", actor=operator)
    with tenant_schema(acme):
        owner = Member.objects.get()
    secret, _ = give_app(acme, owner)
    client = browser(acme)
    step = come_in(client, provider, email=owner.email)["Location"]
    with tenant_schema(acme):
        pending = PendingSignIn.objects.get()
    assert "." not in pending.at_provider, "the provider's token is sealed"
    with pytest.raises(SecretUnreadableError):
        unseal(pending.at_provider, owner=str(globex.pk))
    client.get(step)
    client.post("/settings/sign-in/second-factor/", {"code": code_of(secret)})
    assert is_signed_in(client)
    address = client.get(leave_by_the_chat(acme, client))["Location"]
    assert address.startswith(f"{provider.issuer}/logout?id_token_hint=")
