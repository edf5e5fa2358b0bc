"""Tenants that let their app decide who enters: its password, a header, identity providers, tokens of the web site."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from tests.clients.identity_provider import identity_provider, sign_in_there
from tests.runtime.chainlit_host.tenants_under_test import tenant_id

SITE_SECRET = "the web site's own secret, long enough"


@pytest.fixture(scope="module")
def provider():
    with identity_provider() as url:
        yield url


@pytest.fixture
def gated(runtime, provider):
    """Two tenants of one app, each with its own client at the provider."""
    for slug in ("gated-one", "gated-two"):
        runtime.publish(
            slug,
            environment={
                "OAUTH_GENERIC_CLIENT_ID": f"client of {slug}",
                "OAUTH_GENERIC_CLIENT_SECRET": f"secret of {slug}",
                "OAUTH_GENERIC_AUTH_URL": f"{provider}/oauth2/authorize",
                "OAUTH_GENERIC_TOKEN_URL": f"{provider}/oauth2/token",
                "OAUTH_GENERIC_USER_INFO_URL": f"{provider}/userinfo",
                "OAUTH_GENERIC_SCOPES": "openid email",
                "OAUTH_GENERIC_USER_IDENTIFIER": "sub",
                "OAUTH_GENERIC_NAME": f"{slug}-login",
                "CHAINLIT_AUTH_SECRET": f"{SITE_SECRET} {slug}",
            },
        )
    return runtime


def _query(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def _come_back(client, location: str):
    parts = urlsplit(location)
    return client.get(f"{parts.path}?{parts.query}")


def _begin(client, slug: str) -> str:
    answer = client.get(f"/auth/oauth/{slug}-login")
    assert answer.status_code == 307, answer.text
    return answer.headers["location"]


def _site_token(secret: str, **claims) -> str:
    return jwt.encode({"identifier": "ann", "exp": datetime.now(UTC) + timedelta(hours=1), **claims}, secret)


def _user(client, token: str):
    return client.get("/user", headers={"Authorization": f"Bearer {token}"})


def test_the_sign_in_page_offers_what_the_app_has_and_the_tenants_own_provider(gated):
    with gated.client("gated-one") as client:
        answer = client.get("/auth/config").json()

    assert answer["requireLogin"]
    assert answer["passwordAuth"]
    assert answer["headerAuth"]
    assert answer["oauthProviders"] == ["gated-one-login"]


def test_a_tenant_without_keys_is_not_offered_a_provider(gated):
    gated.publish("gated-two", environment={})
    with gated.client("gated-two") as client:
        assert client.get("/auth/config").json()["oauthProviders"] == []
        assert client.get("/auth/oauth/gated-one-login").status_code == 404


async def test_the_apps_password_opens_its_chat(gated):
    with gated.client("gated-one") as client:
        assert client.post("/login", data={"username": "ann", "password": "wrong"}).status_code == 401
        # The password is in the app's .env file.
        answer = client.post("/login", data={"username": "ann", "password": "from the file"})
        assert answer.status_code == 200
        cookies = dict(answer.cookies)

    async with gated.chat("gated-one", cookies=cookies) as chat:
        reply = await chat.send("hello")
    assert reply.text == "ann wrote hello"


def test_the_header_of_a_proxy_signs_in(gated):
    with gated.client("gated-one") as client:
        assert client.post("/auth/header").status_code == 401
        assert client.post("/auth/header", headers={"X-Signed-In-As": "ann"}).status_code == 200
        assert client.get("/user").json()["identifier"] == "ann"


def test_a_person_signs_in_at_the_tenants_provider(gated):
    with gated.client("gated-one") as client:
        there = _begin(client, "gated-one")
        assert _query(there)["client_id"] == "client of gated-one"
        back = sign_in_there(there, "ann@example.com")
        assert back.startswith(f"http://{gated.host('gated-one')}/auth/oauth/gated-one-login/callback?")
        answer = _come_back(client, back)

        assert answer.headers["location"] == "/login/callback?success=True"
        assert client.get("/user").json()["identifier"] == "ann@example.com"


def test_a_sign_in_begins_at_the_canonical_address(gated):
    with gated.client("gated-one", Host=f"www.{gated.host('gated-one')}") as client:
        answer = client.get("/auth/oauth/gated-one-login")

    assert answer.headers["location"] == f"http://{gated.host('gated-one')}/auth/oauth/gated-one-login"
    assert not answer.cookies


@pytest.mark.parametrize("changed", ["another browser", "another tenant", "another state", "no seal"])
def test_a_sign_in_that_was_not_begun_here_is_refused(gated, changed):
    with gated.client("gated-one") as client, gated.client("gated-two") as other:
        back = sign_in_there(_begin(client, "gated-one"), "mallory@example.com")
        query = _query(back)
        path = "/auth/oauth/gated-one-login/callback"
        if changed == "another browser":
            client.cookies.clear()
        elif changed == "another tenant":
            # A neighbour's page can plant cookies for a common parent domain, state and all.
            query["state"] = _query(_begin(other, "gated-two"))["state"]
            client.cookies.set("oauth_state", query["state"])
        elif changed == "another state":
            query["state"] = _query(_begin(other, "gated-two"))["state"]
        else:
            query["state"] = "chosen.by-an-attacker"
            client.cookies.set("oauth_state", query["state"])
        answer = client.get(path, params=query)

        assert answer.headers["location"].endswith("/login?error=oauthSignin")
        assert client.get("/user").status_code == 401


def test_a_failed_sign_in_leads_to_the_tenants_own_address_whatever_the_host_says(gated):
    with gated.client("gated-one", Host="www.gated-one.localhost:9999") as client:
        answer = client.get("/auth/oauth/gated-one-login/callback", params={"error": "access_denied"})

    assert answer.headers["location"] == f"http://{gated.host('gated-one')}/login?error=oauthSignin"


def test_what_a_provider_posts_back_signs_in_only_where_it_was_begun(runtime):
    callback = "/auth/oauth/azure-ad-hybrid/callback"
    with runtime.client("posting-one") as client, runtime.client("posting-two") as other:
        begun = client.get("/auth/oauth/azure-ad-hybrid")
        client.cookies.clear()  # what another site posts comes without the cookie
        posted = {"code": "any", "id_token": "any", "state": _query(begun.headers["location"])["state"]}

        for browser, form in ((other, posted), (client, {**posted, "state": "x.y"}), (client, {"code": "any"})):
            answer = browser.post(callback, data=form)
            assert answer.status_code == 303
            assert answer.headers["location"].endswith("/login?error=oauthSignin")
            assert "set-cookie" not in answer.headers

        answer = client.post(callback, data=posted)
        assert answer.headers["location"] == "/login/callback?success=True"
        assert client.get("/user").json()["identifier"] == "posted@example.com"


def test_a_code_of_one_tenant_signs_nobody_in_at_another(gated):
    with gated.client("gated-one") as client, gated.client("gated-two") as other:
        code = _query(sign_in_there(_begin(client, "gated-one"), "ann@example.com"))["code"]
        state = _query(_begin(other, "gated-two"))["state"]
        answer = other.get("/auth/oauth/gated-two-login/callback", params={"code": code, "state": state})

        assert answer.headers["location"].endswith("/login?error=oauthSignin")
        assert other.get("/user").status_code == 401


def test_the_tenants_web_site_may_make_tokens_for_its_widget(gated):
    own, foreign = (f"{SITE_SECRET} {slug}" for slug in ("gated-one", "gated-two"))
    with gated.client("gated-one") as client:
        assert _user(client, _site_token(own)).json()["identifier"] == "ann"
        assert _user(client, _site_token(own, aud=tenant_id("gated-one"))).status_code == 200
        assert _user(client, _site_token(own, aud=tenant_id("gated-two"))).status_code == 401
        assert _user(client, _site_token(own, exp=datetime.now(UTC) - timedelta(hours=1))).status_code == 401
        assert _user(client, _site_token(foreign)).status_code == 401
        assert _user(client, jwt.encode({"identifier": "ann"}, own)).status_code == 401


def test_with_a_secret_that_tenants_share_a_token_must_name_its_tenant(gated):
    gated.publish("gated-shared")
    shared = "the app's own secret, the same for all tenants"
    with gated.client("gated-shared") as client:
        assert _user(client, _site_token(shared)).status_code == 401
        assert _user(client, _site_token(shared, aud=tenant_id("gated-one"))).status_code == 401
        assert _user(client, _site_token(shared, aud=tenant_id("gated-shared"))).status_code == 200


def test_a_web_sites_token_is_nothing_where_members_sign_in(gated):
    gated.publish("gated-two", access={"mode": "members"}, environment={"CHAINLIT_AUTH_SECRET": SITE_SECRET})
    try:
        with gated.client("gated-two") as client:
            assert _user(client, _site_token(SITE_SECRET)).status_code == 401
    finally:
        gated.publish("gated-two", access={"mode": "app"})


@pytest.mark.parametrize("mode", ["members", "anonymous"])
def test_where_the_tenant_decides_none_of_the_apps_own_ways_lets_anybody_in(gated, mode):
    with gated.client("gated-two") as client:
        begun = _query(_begin(client, "gated-two"))["state"]
        answer = client.post("/login", data={"username": "ann", "password": "from the file"})
        before = dict(answer.cookies)
        assert client.get("/user").json()["identifier"] == "ann"
    gated.publish("gated-two", access={"mode": mode})
    try:
        with gated.client("gated-two") as client:
            offered = client.get("/auth/config").json()
            assert (offered["headerAuth"], offered["oauthProviders"]) == (False, [])
            assert offered["requireLogin"] is offered["passwordAuth"] is (mode == "members")
            attempts = [
                client.post("/login", data={"username": "ann", "password": "from the file"}),
                client.post("/auth/header", headers={"X-Signed-In-As": "ann"}),
                client.get("/auth/oauth/gated-two-login"),
                client.get(f"/auth/oauth/gated-two-login/callback?code=x&state={begun}"),
            ]
            assert not any("access_token" in answer.cookies for answer in attempts)
            token = before["access_token"]
            assert "ann" not in client.get("/user", headers={"Cookie": f"access_token={token}"}).text
    finally:
        gated.publish("gated-two", access={"mode": "app"})
