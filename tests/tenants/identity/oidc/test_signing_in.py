"""The whole way to a provider and back, as browsers go it: who gets in, and whose answers are worth nothing."""

import base64
import hmac
import json
import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey, RSAKey

from tenants.contract.internal import SIGN_OUT_PATH, SignOut, decode_sign_out_answer
from tenants.contract.secrets import SecretUnreadableError
from tenants.identity.at_provider import AT_PROVIDER_PATH, path_to_provider
from tenants.identity.models import ExternalIdentity, PendingSignIn, ProviderSession, SignIn, SpentState
from tenants.identity.oidc import state as oidc_state
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.registry.sealing import unseal
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.controlplane.test_internal import post as ask_internally
from tests.tenants.identity.enrolled import code_of, give_app
from tests.tenants.identity.oidc.journeys import CALLBACK, WITH, begin, come_back, error_of
from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET, running_provider
from tests.tenants.portal.conftest import browser, sign_in

REFUSED = "oidc_answer_refused"
STATE = "sign_in_state_invalid"


def is_signed_in(client) -> bool:
    return client.get("/settings/profile/").status_code == 200


def come_in(client, provider, **claims):
    """Go the whole way."""
    return come_back(client, provider.authorize(begin(client), **claims))


def sign_ins(tenant) -> int:
    with tenant_schema(tenant):
        return SignIn.objects.count()


def test_the_browser_is_sent_with_a_challenge_a_nonce_and_a_state_and_comes_back_signed_in(
    acme, globex, provider, offer
):
    offer(acme, provider)
    client = browser(acme)
    url = begin(client, next="/settings/profile/")
    sent = dict(parse_qsl(urlsplit(url).query))
    assert (sent["client_id"], sent["response_type"], sent["scope"]) == (CLIENT_ID, "code", "openid email profile")
    assert sent["redirect_uri"] == f"http://acme.localhost:8000{CALLBACK}"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["nonce"]) >= 32
    response = come_back(client, provider.authorize(url))
    assert (response.status_code, response["Location"]) == (302, "/settings/profile/")
    assert is_signed_in(client)
    assert sign_ins(globex) == 0
    entry = AuditEntry.objects.get(action="sign_in.begin")
    assert (entry.tenant_id, entry.target, entry.method) == (acme.pk, "ann@acme.example", "company")


def test_the_secrets_of_a_journey_are_neither_in_the_address_nor_readable_in_the_cookie(acme, provider, offer):
    offer(acme, provider)
    client = browser(acme)
    url = begin(client)
    (cookie,) = [cookie for name, cookie in client.cookies.items() if name.startswith("sign_in_")]
    assert cookie["httponly"]
    assert (cookie["path"], cookie["samesite"], cookie["domain"]) == ("/settings/sign-in/", "Lax", "")
    come_back(client, provider.authorize(url))
    (form,) = [form for path, _, form in provider.asked if path == "/token"]
    for text in (url, cookie.value):
        assert form["code_verifier"] not in text
    assert dict(parse_qsl(urlsplit(url).query))["nonce"] not in cookie.value


def test_an_answer_works_once_in_one_browser_at_one_tenant_for_a_while(acme, globex, provider, offer, monkeypatch):
    for tenant in (acme, globex):
        offer(tenant, provider)
    client, other, elsewhere = browser(acme), browser(acme), browser(globex)
    answer = provider.authorize(begin(client))
    begin(other)
    begin(elsewhere)
    # Another browser, another tenant, also with the first one's cookies.
    assert error_of(come_back(other, answer)) == STATE
    for name, cookie in client.cookies.items():
        elsewhere.cookies[name] = cookie.value
    assert error_of(come_back(elsewhere, answer)) == STATE
    late = browser(acme)
    late_answer = provider.authorize(begin(late))
    with monkeypatch.context() as later:
        later.setattr(oidc_state.time, "time", lambda now=time.time: now() + oidc_state.LIFETIME_SECONDS + 1)
        assert error_of(come_back(late, late_answer)) == STATE
    cookies = {name: cookie.value for name, cookie in client.cookies.items()}
    assert come_back(client, answer)["Location"] == "/"
    # The same browser with everything it had: the code was spent at the provider, the state here.
    for name, value in cookies.items():
        client.cookies[name] = value
    assert error_of(come_back(client, answer)) == STATE
    assert (sign_ins(acme), sign_ins(globex)) == (1, 0)


def test_a_state_of_one_provider_is_worth_nothing_with_the_cookie_of_anothers(acme, provider, offer):
    offer(acme, provider)
    offer(acme, provider, "partner")
    client = browser(acme)
    answer = provider.authorize(begin(client))
    own = {name for name in client.cookies if name.startswith("sign_in_")}
    begin(client, "/settings/sign-in/with/partner/")
    (partners,) = {name for name in client.cookies if name.startswith("sign_in_")} - own
    client.cookies[own.pop()] = client.cookies[partners].value
    assert error_of(come_back(client, answer)) == STATE


@pytest.mark.parametrize("state", ["", "x", "é", "a" * 7000, "gAAAAABm"])
def test_a_state_of_anybodys_making_leads_back_to_the_sign_in(acme, state):
    assert error_of(come_back(browser(acme), {"code": "1", "state": state})) == STATE
    with tenant_schema(acme):
        assert not SpentState.objects.exists()


FORGED = {
    "another issuer": {"iss": "http://127.0.0.1:1"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "client-2"},
    "no audience": {"aud": None},
    "several audiences and no party": {"aud": [CLIENT_ID, "client-2"]},
    "another party": {"aud": [CLIENT_ID, "client-2"], "azp": "client-2"},
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "expired": {"exp": int(time.time()) - 3600},
    "no expiry": {"exp": None},
    "an expiry that is no number": {"exp": "tomorrow"},
    "made in the future": {"iat": int(time.time()) + 3600},
    "not valid yet": {"nbf": int(time.time()) + 3600},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "a name that is a number": {"sub": 7},
    "a name too long": {"sub": "x" * 256},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("claims", FORGED.values(), ids=FORGED)
def test_a_token_that_is_not_for_this_sign_in_signs_nobody_in(acme, globex, provider, offer, claims):
    offer(acme, provider)
    client = browser(acme)
    assert error_of(come_in(client, provider, **claims)) == REFUSED
    assert not is_signed_in(client)
    with tenant_schema(acme):
        assert not ExternalIdentity.objects.exists()
        assert not Member.objects.filter(email="ann@acme.example").exists()
    entry = AuditEntry.objects.get(action="sign_in.refuse")
    assert (entry.tenant_id, entry.method, entry.changes) == (acme.pk, "company", {"reason": REFUSED})


def test_small_differences_of_clocks_are_borne(acme, provider, offer):
    offer(acme, provider)
    now = int(time.time())
    assert come_in(browser(acme), provider, iat=now + 30, nbf=now + 30, exp=now - 20)["Location"] == "/"


def unsigned(provider) -> str:
    return jwt.encode({"alg": "none"}, {"sub": "ann-1"}, OctKey.generate_key(), registry=_any("none"))


def signed_with_the_public_key(provider) -> str:
    """Make by hand what libraries refuse to make: HS256 with a secret that everybody can read."""
    parts = ({"alg": "HS256", "kid": "first"}, _claims(provider))
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = hmac.digest(provider.key.as_pem(private=False), signed, "sha256")
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def signed_by_somebody_else(provider) -> str:
    return jwt.encode({"alg": "RS256", "kid": "first"}, _claims(provider), RSAKey.generate_key(2048))


def signed_by_a_key_it_brings_along(provider) -> str:
    key = RSAKey.generate_key(2048, {"kid": "own"})
    header = {"alg": "RS256", "kid": "own", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, _claims(provider), key)


def changed_after_it_was_signed(provider) -> str:
    head, _, signature = jwt.encode({"alg": "RS256", "kid": "first"}, {"sub": "x"}, provider.key).split(".")
    body = signed_by_somebody_else(provider).split(".")[1]
    return f"{head}.{body}.{signature}"


def _any(algorithm: str) -> jws.JWSRegistry:
    return jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)


def _claims(provider) -> dict[str, object]:
    now = int(time.time())
    return {"iss": provider.issuer, "aud": CLIENT_ID, "sub": "ann-1", "iat": now, "exp": now + 300}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize(
    "forge",
    [
        unsigned, signed_with_the_public_key, signed_by_somebody_else, signed_by_a_key_it_brings_along,
        changed_after_it_was_signed, lambda _provider: "no token", lambda _provider: "a.b.c",
        lambda _provider: "x" * 70_000, lambda _provider: "e30.e30.",
    ],
    ids=["none", "HS256", "other key", "own key", "changed", "words", "dots", "long", "empty"],
)  # fmt: skip
def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(acme, provider, offer, forge):
    offer(acme, provider)
    # Also where the provider itself would take such signatures.
    provider.configuration = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}
    client = browser(acme)
    answer = provider.authorize(begin(client))
    provider.id_token = forge(provider)
    assert error_of(come_back(client, answer)) == REFUSED
    assert sign_ins(acme) == 0


def test_a_key_that_is_new_is_learned_at_once_and_unknown_ones_are_asked_for_at_a_bounded_rate(acme, provider, offer):
    offer(acme, provider)
    assert come_in(browser(acme), provider)["Location"] == "/"
    assert provider.questions("/jwks") == 1
    provider.rotate("second")
    documents_are_older()
    assert come_in(browser(acme), provider)["Location"] == "/"
    assert provider.questions("/jwks") == 2
    provider.key = RSAKey.generate_key(2048, {"kid": "third"})
    provider.header = {"alg": "RS256", "kid": "third"}
    for _ in range(3):
        assert error_of(come_in(browser(acme), provider)) == REFUSED
    assert provider.questions("/jwks") == 2
    assert provider.questions("/.well-known/openid-configuration") == 1


def documents_are_older() -> None:
    """Let half a minute have passed since the documents were read."""
    from tenants.identity.oidc.documents import AGAIN_SECONDS, documents

    for kept in documents._kept.values():
        kept.read_at -= AGAIN_SECONDS


def test_a_provider_that_is_gone_slow_or_full_of_nonsense_says_so_and_nothing_more(acme, provider, offer):
    offer(acme, provider)
    garbage = [
        ("/token", lambda: (500, {}, b""), "provider_unavailable"),
        ("/token", lambda: (200, {}, b"<html>"), REFUSED),
        ("/token", lambda: (200, {}, b"[]"), REFUSED),
        ("/token", lambda: (200, {}, b'{"access_token": "x"}'), REFUSED),
        ("/token", lambda: (302, {"Location": "http://127.0.0.1:1/"}, b""), REFUSED),
        ("/token", lambda: (200, {}, b"x" * 600_000), "provider_unavailable"),
        ("/token", lambda: (400, {}, b'{"error": "invalid_grant"}'), REFUSED),
        ("/jwks", lambda: (200, {}, b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}]}'), REFUSED),
        ("/jwks", lambda: (200, {}, b'{"keys": 7}'), REFUSED),
        ("/jwks", lambda: (200, {}, b'{"keys": [{"kty": "RSA", "kid": "first"}]}'), REFUSED),
        ("/jwks", lambda: (200, {}, b"[" * 100_000), REFUSED),
    ]
    from tenants.identity.oidc.documents import documents

    for path, reply, code in garbage:
        documents.clear()
        client = browser(acme)
        answer = provider.authorize(begin(client))
        provider.replies = {path: reply}
        assert error_of(come_back(client, answer)) == code, (path, reply())
        provider.replies = {}
    assert sign_ins(acme) == 0


@pytest.mark.parametrize(
    ("configuration", "code"),
    [
        ({"issuer": "https://evil.example"}, REFUSED),
        ({"issuer": None}, REFUSED),
        ({"authorization_endpoint": "javascript:alert(1)"}, REFUSED),
        ({"token_endpoint": "http://169.254.169.254:8080/latest"}, ""),
        ({"jwks_uri": "file:///etc/passwd"}, REFUSED),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, REFUSED),
    ],
)
def test_a_configuration_that_leads_astray_is_not_followed(acme, provider, offer, configuration, code):
    offer(acme, provider)
    provider.configuration = configuration
    client = browser(acme)
    response = client.get(WITH)
    if code:
        assert error_of(response) == code
        return
    # Where a name leads is known when it is asked.
    assert error_of(come_back(client, provider.authorize(response["Location"]))) == REFUSED


def test_a_provider_that_does_not_answer_keeps_nobody_waiting_twice(acme, provider, offer):
    with running_provider() as gone:
        offer(acme, gone)
    client = browser(acme)
    for _ in range(2):
        assert error_of(client.get(WITH, {"next": "/settings/"})) == "provider_unavailable"
    page = client.get("/settings/sign-in/?error=provider_unavailable").content.decode()
    assert "does not answer just now" in page


def test_the_answer_must_come_from_the_provider_that_was_asked(acme, provider, offer):
    offer(acme, provider)
    provider.configuration = {"authorization_response_iss_parameter_supported": True}
    for issuer, code in (({}, REFUSED), ({"iss": "https://evil.example"}, REFUSED), ({"iss": provider.issuer}, "")):
        client = browser(acme)
        assert error_of(come_back(client, {**provider.authorize(begin(client)), **issuer})) == code


def test_who_says_no_at_the_provider_comes_back_to_the_page_they_came_from(acme, provider, offer):
    offer(acme, provider)
    for target, page in (("/", "/login?error="), ("/settings/branding/", "/settings/sign-in/?error=")):
        client = browser(acme)
        state = dict(parse_qsl(urlsplit(begin(client, next=target)).query))["state"]
        response = come_back(client, {"state": state, "error": "access_denied"})
        assert response["Location"].startswith(f"{page}sign_in_declined")
    # Also where the provider does not say whose answer it is.
    assert error_of(come_back(browser(acme), {"error": "access_denied"})) == "sign_in_declined"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "///evil.example",
        "/\t/evil.example", "/\n/evil.example", "javascript:alert(1)", "/ok\r\nSet-Cookie: a=b", "http:evil.example",
        " //evil.example", "/\x00/evil.example", "\x09//evil.example", "evil.example", "/\u2028/x", "",
    ],
)  # fmt: skip
def test_after_the_sign_in_nobody_is_led_to_another_site(acme, provider, offer, target):
    offer(acme, provider)
    client = browser(acme)
    assert come_back(client, provider.authorize(begin(client, next=target)))["Location"] == "/"


@pytest.mark.parametrize("target", ["/", "/thread/1?x=%2F%2Fevil", "/%2F%2Fevil.example", "/settings/access/"])
def test_paths_of_chat_and_settings_are_gone_back_to(acme, provider, offer, target):
    offer(acme, provider)
    client = browser(acme)
    assert come_back(client, provider.authorize(begin(client, next=target)))["Location"] == target


def test_an_earlier_sign_in_of_the_browser_is_closed(acme, provider, offer):
    offer(acme, provider)
    client = browser(acme)
    sign_in(client, "owner@acme.example")
    before = client.cookies["access_token"].value
    come_in(client, provider)
    with tenant_schema(acme):
        rows = {row.member.email: row.ended_at for row in SignIn.objects.select_related("member")}
    assert rows["owner@acme.example"] is not None
    assert rows["ann@acme.example"] is None
    stolen = browser(acme)
    stolen.cookies["access_token"] = before
    assert not is_signed_in(stolen)


def test_only_what_the_policy_offers_begins(acme, globex, provider, offer, operator):
    offer(acme, provider)
    assert browser(globex).get(WITH).status_code == 404
    assert browser(acme).get("/settings/sign-in/with/password/").status_code == 404
    client = browser(acme)
    answer = provider.authorize(begin(client))
    update_access(acme.pk, methods=["password"], actor=operator)
    assert browser(acme).get(WITH).status_code == 404
    assert error_of(come_back(client, answer)) == "sign_in_not_allowed"


def test_what_the_token_does_not_say_the_userinfo_endpoint_does_about_the_same_person(acme, provider, offer):
    offer(
        acme,
        provider,
        settings={"groups_claim": "realm_access.roles"},
        role_rules=[{"group": "chiefs", "role": "admin"}],
    )
    silent = {"email": None, "email_verified": None, "name": None}
    provider.userinfo = {"sub": "somebody else", "email": "ann@acme.example", "email_verified": True}
    assert error_of(come_in(browser(acme), provider, **silent)) == REFUSED
    provider.userinfo |= {"sub": "ann-1", "realm_access": {"roles": ["chiefs"]}}
    assert come_in(browser(acme), provider, **silent)["Location"] == "/"
    (asked, *_) = [headers for path, headers, _ in provider.asked if path == "/userinfo"]
    assert asked["authorization"] == "Bearer access-1"
    with tenant_schema(acme):
        assert Member.objects.get(email="ann@acme.example").role == "admin"


def test_addresses_count_as_verified_without_the_providers_word_only_where_it_is_trusted_with_their_domains(
    acme, provider, offer
):
    offer(acme, provider, settings={"trusts_email": True}, email_domains=["acme.example"])
    silent = {"email_verified": None}
    assert (
        error_of(come_in(browser(acme), provider, sub="1", email="eve@elsewhere.example", **silent))
        == "email_unverified"
    )
    assert error_of(come_in(browser(acme), provider, sub="2", email_verified=False)) == "email_unverified"
    assert come_in(browser(acme), provider, sub="3", email="owner@acme.example", **silent)["Location"] == "/"


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
    assert dict(parse_qsl(urlsplit(led["Location"]).query))["id_token_hint"] == kept
    assert client.get(way)["Location"] == "/"


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


def test_the_secret_is_sent_as_the_provider_wants_it(acme, provider, offer):
    offer(acme, provider, settings={"token_authentication": "client_secret_post"})
    client = browser(acme)
    come_in(client, provider)
    (sent,) = [(headers, form) for path, headers, form in provider.asked if path == "/token"]
    assert "authorization" not in sent[0]
    assert (sent[1]["client_id"], sent[1]["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
