"""Who may enter, and what a token is worth elsewhere."""

import asyncio
import contextlib
from uuid import uuid4

import jwt
import pytest
from socketio.exceptions import ConnectionError as SocketConnectionError

from tests.runtime.chainlit_host.tenants_under_test import PASSWORD, tenant_id


def _log_in(runtime, slug, email, password=PASSWORD):
    with runtime.client(slug) as client:
        return client.post("/login", data={"username": email, "password": password})


@pytest.mark.parametrize("email", ["ann@example.com", "ANN@example.com ", "bob@example.com"])
def test_a_member_signs_in_with_the_right_password(runtime, email):
    response = _log_in(runtime, "globex", email)

    assert response.status_code == 200
    with runtime.client("globex", Cookie=f"access_token={response.cookies['access_token']}") as client:
        assert client.get("/user").json()["identifier"] == email.strip().lower()


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ann@example.com", "wrong"),
        ("gone@example.com", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("", ""),
    ],
    ids=["wrong password", "inactive member", "unknown member", "nothing"],
)
def test_everyone_else_is_refused_alike(runtime, email, password):
    response = _log_in(runtime, "globex", email, password)

    assert response.status_code in {401, 422}
    assert "access_token" not in response.cookies


def test_a_database_that_is_down_does_not_look_like_a_wrong_password(runtime):
    runtime.command("members_available", available=False)
    try:
        response = _log_in(runtime, "globex", "ann@example.com")
    finally:
        runtime.command("members_available", available=True)

    assert response.status_code == 503
    assert response.json()["detail"] == "Signing in is not possible just now. Please try again in a moment."


def test_the_apps_own_sign_in_is_not_offered_to_anonymous_tenants(runtime):
    response = _log_in(runtime, "acme", "anyone@example.com")

    assert response.status_code == 400


async def test_a_member_chats_under_their_own_name(runtime):
    async with runtime.chat("globex", cookies=runtime.sign_in("globex")) as chat:
        reply = await chat.send("who")

    assert reply.text == '{"identifier": "ann@example.com", "role": "admin"}'


def test_a_role_of_now_wins_over_what_a_data_layer_kept_of_an_earlier_sign_in(runtime):
    def role(cookies):
        with runtime.client("stored-two", Cookie=f"access_token={cookies['access_token']}") as client:
            return client.get("/user").json()["metadata"]["role"]

    runtime.command("update_member", schema="stored_two", email="ann@example.com", role="owner")
    try:
        assert role(runtime.sign_in("stored-two")) == "owner"
    finally:
        runtime.command("update_member", schema="stored_two", email="ann@example.com", role="member")

    # The layer of this app keeps what it was told first, as every layer does where the sign-in was the settings page's.
    assert role(runtime.sign_in("stored-two")) == "member"


@pytest.mark.parametrize("carrier", ["cookie", "chunked cookie", "bearer"])
def test_a_token_of_one_tenant_is_refused_by_another(runtime, carrier):
    token = runtime.sign_in("initech")["access_token"]
    headers = {
        "cookie": {"Cookie": f"access_token={token}"},
        "chunked cookie": {"Cookie": f"access_token_0={token[:50]}; access_token_1={token[50:]}"},
        "bearer": {"Authorization": f"Bearer {token}"},
    }[carrier]

    with runtime.client("globex", **headers) as other, runtime.client("initech", **headers) as own:
        assert other.get("/user").status_code == 401
        assert other.get("/project/settings").status_code == 401
        assert other.post("/auth/jwt", headers={"Authorization": f"Bearer {token}"}).status_code == 401
        assert own.get("/user").status_code == 200


async def test_a_token_of_one_tenant_opens_no_socket_at_another(runtime):
    with pytest.raises(SocketConnectionError):
        await runtime.chat("globex", cookies=runtime.sign_in("initech")).connect()


@pytest.mark.parametrize(
    "forge",
    [
        lambda claims: jwt.encode(claims, "", algorithm="none"),
        lambda claims: jwt.encode(claims, "another key of enough length for it", algorithm="HS256"),
    ],
    ids=["unsigned", "another key"],
)
def test_a_forged_token_is_refused(runtime, forge):
    token = runtime.sign_in("globex")["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["aud"] == tenant_id("globex")

    with runtime.client("globex", Authorization=f"Bearer {forge(claims)}") as client:
        assert client.get("/user").status_code == 401


async def test_raising_the_epoch_signs_everyone_out(runtime):
    cookies = runtime.sign_in("epoch")
    runtime.publish("epoch", access={"mode": "members", "sign_out_epoch": 1})

    with runtime.client("epoch", Cookie=f"access_token={cookies['access_token']}") as client:
        assert client.get("/user").status_code == 401
    with pytest.raises(SocketConnectionError):
        await runtime.chat("epoch", cookies=cookies).connect()


async def test_a_member_who_was_deactivated_opens_no_new_socket(runtime):
    cookies = runtime.sign_in("epoch", "leaving@example.com")
    await _connect_once(runtime, cookies)
    runtime.command("update_member", schema="epoch", email="leaving@example.com", is_active=False)
    try:
        with pytest.raises(SocketConnectionError):
            await _connect_once(runtime, cookies)
    finally:
        runtime.command("update_member", schema="epoch", email="leaving@example.com", is_active=True)


async def test_whoever_is_ended_is_out_of_open_chats_at_once_and_nobody_else(runtime):
    ann, bob = runtime.sign_in("epoch"), runtime.sign_in("epoch", "leaving@example.com")
    claims = jwt.decode(ann["access_token"], options={"verify_signature": False})
    async with runtime.chat("epoch", cookies=ann) as ours, runtime.chat("epoch", cookies=bob) as theirs:
        ended = {claims["member"]: claims["auth_time"] + 1}
        runtime.publish("epoch", access={**runtime.tenants["epoch"]["access"], "ended": ended})
        with runtime.client("epoch", Cookie=f"access_token={ann['access_token']}") as client:
            assert client.get("/user").status_code == 401
        runtime.command("close_ended", tenant_id=claims["aud"])
        async with asyncio.timeout(10):
            await ours._connected().wait()  # until the server has closed it
        assert "leaving@example.com" in (await theirs.send("who")).text


async def test_whoever_came_by_a_way_that_is_offered_no_more_is_out_at_once_and_at_that_tenant_alone(runtime):
    google = {"kind": "oidc", "id": "google", "label": "Google"}
    ann, elsewhere = runtime.sign_in("epoch"), runtime.sign_in("globex")
    before = runtime.tenants["epoch"]["access"]
    password = {"kind": "password", "id": "password"}
    async with (
        runtime.chat("epoch", cookies=ann) as ours,
        runtime.chat("globex", cookies=elsewhere) as theirs,
        in_access(runtime, "epoch", {**before, "methods": [google, password]}),
    ):
        runtime.command("close_ended", tenant_id=tenant_id("epoch"))
        assert "ann@example.com" in (await ours.send("who")).text

        runtime.publish("epoch", access={**before, "methods": [google]})
        with runtime.client("epoch", Cookie=f"access_token={ann['access_token']}") as client:
            assert client.get("/user").status_code == 401
        runtime.command("close_ended", tenant_id=tenant_id("epoch"))
        async with asyncio.timeout(10):
            await ours._connected().wait()  # until the server has closed it
        assert "ann@example.com" in (await theirs.send("who")).text


@contextlib.asynccontextmanager
async def in_access(runtime, slug, access):
    """Publish a policy, and at the end the one that was there."""
    before = runtime.tenants[slug]["access"]
    runtime.publish(slug, access=access)
    try:
        yield
    finally:
        runtime.publish(slug, access=before)


async def test_members_who_are_signed_in_go_on_while_the_database_is_down(runtime):
    cookies = runtime.sign_in("globex")
    runtime.command("members_available", available=False)
    try:
        async with runtime.chat("globex", cookies=cookies) as chat:
            assert "ann@example.com" in (await chat.send("who")).text
    finally:
        runtime.command("members_available", available=True)


@pytest.mark.parametrize(("proto", "secure"), [("https", True), ("http", False)])
def test_cookies_are_secure_exactly_where_the_browser_came_by_https(runtime, proto, secure):
    with runtime.client("globex", **{"X-Forwarded-Proto": proto}) as client:
        signed_in = client.post("/login", data={"username": "ann@example.com", "password": PASSWORD})
        session = client.post("/set-session-cookie", json={"session_id": str(uuid4())})

    for response in (signed_in, session):
        cookie = response.headers["set-cookie"]
        assert ("Secure" in cookie) is secure
        assert "HttpOnly" in cookie
        assert "Domain" not in cookie


@pytest.mark.parametrize("value", ["../x", "", "a\r\nb", None, 7, {}])
def test_the_session_cookie_holds_nothing_but_an_id(runtime, value):
    with runtime.client("acme") as client:
        assert client.post("/set-session-cookie", json={"session_id": value}).status_code == 400
        assert client.post("/set-session-cookie", content=b"no json").status_code == 400


async def _connect_once(runtime, cookies):
    async with runtime.chat("epoch", cookies=cookies):
        pass
