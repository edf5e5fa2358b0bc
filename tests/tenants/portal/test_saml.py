"""A browser's way to a SAML provider and back, with a provider that holds all keys; which browser it must be."""

import re
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from tenants.contract.access import AccessMode
from tenants.contract.internal import SIGN_OUT_PATH, SignOut, decode_sign_out_answer
from tenants.identity.models import SignIn
from tenants.identity.providers.services import get_provider, update_provider
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.controlplane.test_internal import post as ask_internally
from tests.tenants.identity.enrolled import code_of, give_app
from tests.tenants.identity.saml.identity_provider import IdentityProvider
from tests.tenants.identity.saml.providers import answer_to, offer_saml
from tests.tenants.portal.conftest import browser

IDP = IdentityProvider()
ACS = "/settings/sign-in/saml/okta/acs/"


@pytest.fixture
def okta(acme, operator):
    update_access(acme.pk, mode=AccessMode.MEMBERS, actor=operator)
    return offer_saml(acme, operator, IDP)


def begin(client, target="/settings/profile/", path="/settings/sign-in/with/okta/") -> str:
    """Let a browser begin, and return the id of its question."""
    response = client.get(path, {"next": target})
    assert response.status_code == 302, response.content
    assert response["Location"].startswith(f"{IDP.sso_url}?SAMLRequest=")
    packed = parse_qs(urlsplit(response["Location"]).query)["SAMLRequest"][0]
    return re.search(rb' ID="(\w+)"', OneLogin_Saml2_Utils.decode_base64_and_inflate(packed))[1].decode()


def post(client, encoded, tenant_slug="acme", **more):
    """Let a browser post an answer as from another site's form: with this site's cookies left out."""
    kept, client.cookies = client.cookies, type(client.cookies)()
    try:
        return client.post(ACS, {"SAMLResponse": encoded, **more}, headers={"origin": "https://idp.example"})
    finally:
        client.cookies = kept


def is_signed_in(client) -> bool:
    return client.get("/settings/profile/").status_code == 200


def came_back_with(response) -> str:
    return parse_qs(urlsplit(response["Location"]).query).get("error", [""])[0]


def test_a_browser_goes_to_the_provider_and_comes_back_signed_in(acme, okta):
    client = browser(acme, enforce_csrf_checks=True)
    encoded = answer_to(acme, okta, IDP, request_id=begin(client), name_id="ann")
    response = post(client, encoded)
    assert response.status_code == 303
    assert not response.cookies
    response = client.get(response["Location"])
    assert (response.status_code, response["Location"]) == (302, "/settings/profile/")
    assert is_signed_in(client)
    assert not [name for name, cookie in client.cookies.items() if name.startswith("saml") and cookie.value]


def test_an_answer_signs_nobody_in_in_another_browser_than_the_one_that_asked(acme, okta):
    attacker, victim = browser(acme), browser(acme)
    encoded = answer_to(acme, okta, IDP, request_id=begin(attacker), attributes={"email": ["evil@acme.example"]})
    begin(victim)
    place = post(victim, encoded)["Location"]
    response = victim.get(place)
    assert came_back_with(response) == "saml_response_refused"
    assert not is_signed_in(victim)
    assert AuditEntry.objects.filter(action="sign_in.refuse").first().changes["reason"] == "browser"
    # It was not used up by somebody else's try.
    attacker.get(place)
    assert is_signed_in(attacker)


def test_a_question_of_one_tenant_is_no_question_at_another(acme, globex, okta, operator):
    update_access(globex.pk, mode=AccessMode.MEMBERS, actor=operator)
    elsewhere = offer_saml(globex, operator, IDP)
    ours, theirs = browser(acme), browser(globex)
    request_id = begin(ours)
    theirs.cookies = ours.cookies
    place = post(theirs, answer_to(globex, elsewhere, IDP, request_id=request_id))["Location"]
    assert came_back_with(theirs.get(place)) == "saml_response_refused"
    assert not is_signed_in(theirs)


def test_a_ticket_is_used_once(acme, okta):
    client = browser(acme)
    place = post(client, answer_to(acme, okta, IDP, request_id=begin(client)))["Location"]
    assert client.get(place)["Location"] == "/settings/profile/"
    client.post("/settings/sign-out/")
    assert came_back_with(client.get(place)) == "saml_response_refused"
    assert not is_signed_in(client)


def test_tabs_do_not_disturb_each_other(acme, okta):
    client = browser(acme)
    first, second = begin(client, "/settings/profile/"), begin(client, "/thread/1")
    for request_id, target in ((first, "/settings/profile/"), (second, "/thread/1")):
        place = post(client, answer_to(acme, okta, IDP, request_id=request_id))["Location"]
        assert client.get(place)["Location"] == target


@pytest.mark.parametrize(
    ("target", "page"), [("/settings/branding/", "/settings/sign-in/"), ("/thread/1", "/login"), ("", "/login")]
)
def test_a_bad_answer_leads_back_to_where_one_came_from(acme, okta, target, page):
    client = browser(acme)
    globex_like = IdentityProvider(entity_id="https://other.example")
    response = post(client, answer_to(acme, okta, globex_like, request_id=begin(client, target)))
    response = client.get(response["Location"])
    assert urlsplit(response["Location"]).path == page
    assert came_back_with(response) == "saml_response_refused"


def test_what_was_not_signed_by_this_site_says_nothing(acme, okta):
    response = browser(acme).get("/settings/sign-in/saml/okta/refused/?why=forged")
    assert response["Location"] == "/settings/sign-in/"


def test_a_sign_in_that_begins_at_the_provider_takes_a_press_of_a_button(acme, okta, operator):
    client = browser(acme, enforce_csrf_checks=True)
    encoded = answer_to(acme, okta, IDP, request_id="")
    response = post(client, encoded)
    assert came_back_with(client.get(response["Location"])) == "saml_response_refused"

    update_provider(acme.pk, okta.pk, settings={**okta.settings, "allows_unsolicited": True}, actor=operator)
    place = post(client, encoded, RelayState="/settings/profile/")["Location"]
    page = client.get(place).content.decode()
    assert "ann@acme.example" in page
    assert not is_signed_in(client)
    assert client.post(place).status_code == 403  # another site's form has no token
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    response = client.post(place, {"csrfmiddlewaretoken": token})
    assert (response.status_code, response["Location"]) == (302, "/settings/profile/")
    assert is_signed_in(client)


def test_only_the_address_for_answers_is_open_to_other_sites_forms(acme, okta):
    client = browser(acme, enforce_csrf_checks=True)
    assert client.post(ACS, {"SAMLResponse": "bad"}).status_code == 303
    assert client.get(ACS).status_code == 405
    assert client.post("/settings/sign-in/", {"email": "a@b.example", "password": "x"}).status_code == 403


def test_a_provider_that_the_policy_does_not_offer_signs_nobody_in(acme, okta, operator):
    client = browser(acme)
    encoded = answer_to(acme, okta, IDP, request_id=begin(client))
    update_access(acme.pk, methods=["password"], actor=operator)
    place = post(client, encoded)["Location"]
    assert came_back_with(client.get(place)) == "sign_in_not_allowed"
    assert client.get("/settings/sign-in/with/okta/").status_code == 404


def test_the_metadata_is_there_for_everybody_and_of_saml_providers_alone(acme, okta):
    response = browser(acme).get("/settings/sign-in/saml/okta/metadata/")
    assert response["Content-Type"] == "application/samlmetadata+xml"
    assert 'Location="http://acme.localhost:8000/settings/sign-in/saml/okta/acs/"' in response.content.decode()
    assert browser(acme).get("/settings/sign-in/saml/other/metadata/").status_code == 404


def test_an_owner_sets_a_provider_up_and_tests_it_without_signing_in(acme, owner_of_acme):
    form = {
        "label": "Okta", "id": "okta", "metadata_url": "", "metadata": IDP.metadata().decode(), "entity_id": "",
        "creates_members": "on", "vouches_for_email": "on", "requires_verified_email": "on", "default_role": "member",
        "name_id_format": "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", "signs_requests": "on",
        "wants_signed_assertion": "on", "role_rules": "it = admin", "email_domains": "",
    }  # fmt: skip
    page = owner_of_acme.get("/settings/access/providers/add/saml-okta/").content.decode()
    assert "http://acme.localhost:8000/settings/sign-in/saml/okta/metadata/" in page
    response = owner_of_acme.post("/settings/access/providers/add/saml-okta/", {**form, "metadata": "<html/>"})
    assert response.status_code == 422
    assert "not the metadata of an identity provider" in response.content.decode()
    response = owner_of_acme.post("/settings/access/providers/add/saml-okta/", form)
    assert response["Location"] == "/settings/access/providers/okta/test/"
    with tenant_schema(acme):
        okta = get_provider("okta")
    assert okta.settings["certificates"] == list(IDP.certificates)

    request_id = begin(owner_of_acme, path="/settings/access/providers/okta/try/")
    attributes = {"email": ["ann@acme.example"], "groups": ["it"]}
    place = post(owner_of_acme, answer_to(acme, okta, IDP, request_id=request_id, attributes=attributes))["Location"]
    assert owner_of_acme.get(place)["Location"] == "/settings/access/providers/okta/test/"
    page = owner_of_acme.get("/settings/access/providers/okta/test/").content.decode()
    assert "ann@acme.example would become a member, as an admin." in page
    with tenant_schema(acme):
        assert not Member.objects.filter(email="ann@acme.example").exists()

    request_id = begin(owner_of_acme, path="/settings/access/providers/okta/try/")
    place = post(owner_of_acme, answer_to(acme, okta, IDP, request_id=request_id, sign=()))["Location"]
    owner_of_acme.get(place)
    page = owner_of_acme.get("/settings/access/providers/okta/test/").content.decode()
    assert "What has to be signed is not" in page

    page = owner_of_acme.get("/settings/access/providers/okta/").content.decode()
    assert "-----BEGIN CERTIFICATE-----" in page
    assert "it = admin" in page


def test_nobody_else_comes_by_anothers_test(acme, okta, owner_of_acme, member):
    request_id = begin(owner_of_acme, path="/settings/access/providers/okta/try/")
    place = post(owner_of_acme, answer_to(acme, okta, IDP, request_id=request_id))["Location"]
    owner_of_acme.post("/settings/sign-out/")
    assert owner_of_acme.get(place).status_code == 404


def test_signing_out_signs_out_at_the_provider_too(acme, okta):
    client = browser(acme)
    client.get(post(client, answer_to(acme, okta, IDP, request_id=begin(client)))["Location"])
    page = client.post("/settings/sign-out/").content.decode()
    assert f"url={IDP.slo_url}?SAMLRequest=" in page
    assert not is_signed_in(client)
    assert "RelayState" not in page
    back = "/settings/sign-in/saml/okta/signed-out/"
    assert client.get(back)["Location"] == "/settings/sign-in/"
    assert client.get(back, {"RelayState": "https://evil.example/"})["Location"] == "/settings/sign-in/"


def test_signing_out_at_the_chat_signs_out_at_the_provider_too_once_at_its_own_tenant(acme, globex, okta, operator):
    with tenant_schema(acme):
        owner = Member.objects.get()
    secret, _ = give_app(acme, owner)
    client = browser(acme)
    answer = answer_to(acme, okta, IDP, request_id=begin(client), attributes={"email": [owner.email]})
    # A second factor of ours lies on the way in.
    client.get(client.get(post(client, answer)["Location"])["Location"])
    client.post("/settings/sign-in/second-factor/", {"code": code_of(secret)})
    assert is_signed_in(client)
    with tenant_schema(acme):
        sign_in = SignIn.objects.get()
    message = SignOut(tenant_id=str(acme.pk), sign_in=str(sign_in.pk), email=owner.email)
    way = decode_sign_out_answer(ask_internally(SIGN_OUT_PATH, message).content).next
    assert browser(globex).get(way)["Location"] == "/"
    led = client.get(way)["Location"]
    assert led.startswith(f"{IDP.slo_url}?SAMLRequest=")
    # From there one comes back to the chat, at which it began.
    relay_state = dict(parse_qsl(urlsplit(led).query))["RelayState"]
    assert client.get("/settings/sign-in/saml/okta/signed-out/", {"RelayState": relay_state})["Location"] == "/"
    assert client.get(way)["Location"] == "/"
    assert ask_internally(SIGN_OUT_PATH, message).status_code == 204


def test_members_made_by_a_provider_are_the_tenants_alone(acme, globex, okta):
    client = browser(acme)
    client.get(post(client, answer_to(acme, okta, IDP, request_id=begin(client)))["Location"])
    for tenant, there in ((acme, True), (globex, False)):
        with tenant_schema(tenant):
            assert Member.objects.filter(email="ann@acme.example").exists() is there
