"""How long a sign-in lasts: as long as the present policy lets it, and no longer than it is used."""

import asyncio
import json
import time

import jwt
import pytest
from socketio.exceptions import ConnectionError as SocketConnectionError

from tenants.contract.state import decode_state
from tenants.contract.tokens import signing_key
from tests.runtime.chainlit_host.conftest import MASTER_SECRET

USE = "/_live/use"
NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def allow(runtime):
    """Return a function that publishes times for the tenant of these tests; at the end they are as they were."""

    def publish(**times):
        runtime.publish("timed", access={"mode": "members", **times})

    yield publish
    publish()


def aged(runtime, cookies, seconds, *, slug="timed"):
    """Return the cookies of a sign-in that was made, and last used, so many seconds earlier."""

    claims = jwt.decode(cookies["access_token"], options={"verify_signature": False})
    for claim in ("iat", "auth_time", "exp"):
        claims[claim] -= seconds
    key = signing_key(MASTER_SECRET, decode_state(json.dumps(runtime.tenants[slug])))
    return {"access_token": jwt.encode(claims, key, algorithm="HS256")}


def client_of(runtime, cookies, *, slug="timed", **headers):
    return runtime.client(slug, Cookie=f"access_token={cookies['access_token']}", **headers)


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


async def test_a_sign_in_that_nobody_used_is_over_at_the_tenant_that_says_so_alone(runtime, allow):
    allow(idle_seconds=600)
    unused, used = aged(runtime, runtime.sign_in("timed"), 700), aged(runtime, runtime.sign_in("timed"), 500)
    elsewhere = aged(runtime, runtime.sign_in("globex"), 700, slug="globex")
    with (
        client_of(runtime, unused) as late,
        client_of(runtime, used) as early,
        client_of(runtime, elsewhere, slug="globex") as other,
    ):
        assert late.get("/user").status_code == 401
        assert "access_token" not in late.get("/", headers=NAVIGATION).cookies
        assert early.get("/user").status_code == 200
        assert other.get("/user").status_code == 200
    with pytest.raises(SocketConnectionError):
        await runtime.chat("timed", cookies=unused).connect()


async def test_a_sign_in_to_the_settings_keeps_nobody_from_a_chat_that_asks_for_none(runtime):
    async with runtime.chat("acme", cookies={"access_token": "of the settings"}) as chat:
        assert (await chat.send("env SHARED_NAME")).text
        assert chat.reloads == 0


def test_going_to_a_page_gives_a_token_that_says_so_and_ends_when_the_old_one_would_have(runtime, allow):
    allow(idle_seconds=600)
    cookies = aged(runtime, runtime.sign_in("timed"), 100)
    with client_of(runtime, cookies) as client:
        renewed = client.get("/", headers=NAVIGATION).cookies["access_token"]
        assert "access_token" not in client.get("/user", headers={"Sec-Fetch-Mode": "cors"}).cookies
    before, after = claims_of(cookies["access_token"]), claims_of(renewed)
    assert after["iat"] >= before["iat"] + 100
    assert {**after, "iat": before["iat"]} == before
    with client_of(runtime, {"access_token": renewed}) as client:
        assert client.get("/user").json()["identifier"] == "ann@example.com"
        assert "access_token" not in client.get("/", headers=NAVIGATION).cookies, "it is fresh"


def test_a_sign_in_is_left_as_it_is_where_nothing_ends_it(runtime, allow):
    cookies = aged(runtime, runtime.sign_in("timed"), 100)
    with client_of(runtime, cookies) as client:
        assert "access_token" not in client.get("/", headers=NAVIGATION).cookies
        assert client.post(USE).status_code == 204


def test_a_page_tells_of_its_use_and_hears_when_there_is_nothing_left_to_use(runtime, allow):
    allow(idle_seconds=600)
    cookies, unused = aged(runtime, runtime.sign_in("timed"), 100), aged(runtime, runtime.sign_in("timed"), 700)
    with client_of(runtime, cookies) as client:
        told = client.post(USE)
        assert told.status_code == 204
        assert claims_of(told.cookies["access_token"])["iat"] >= claims_of(cookies["access_token"])["iat"] + 100
        assert client.get(USE).status_code == 405
        forged = client.post(USE, headers={"Origin": "https://evil.example"})
        assert forged.status_code == 403
        assert "access_token" not in forged.cookies
    with client_of(runtime, unused) as late, runtime.client("timed") as stranger, runtime.client("acme") as anyone:
        assert late.post(USE).status_code == 401
        assert stranger.post(USE).status_code == 401
        assert anyone.post(USE).status_code == 204


def test_signing_out_takes_the_token_away_though_it_is_a_use(runtime, allow):
    allow(idle_seconds=600)
    with client_of(runtime, aged(runtime, runtime.sign_in("timed"), 100)) as client:
        assert client.post("/logout").cookies.get("access_token", "") == ""


async def test_a_chat_in_which_somebody_talks_goes_on_and_one_that_is_left_alone_is_closed(runtime, allow):
    allow(idle_seconds=600)
    talking, silent = runtime.sign_in("timed"), runtime.sign_in("timed", "leaving@example.com")
    async with (
        runtime.chat("timed", cookies=aged(runtime, talking, 100)) as ours,
        runtime.chat("timed", cookies=aged(runtime, silent, 100)) as theirs,
    ):
        assert "ann@example.com" in (await ours.send("who")).text
        allow(idle_seconds=60)
        async with asyncio.timeout(60):
            await theirs._connected().wait()  # until the server has closed it
        assert "ann@example.com" in (await ours.send("who")).text


async def test_a_shorter_session_ends_sign_ins_that_began_before_and_their_chats_at_the_next_word(runtime, allow):
    cookies = aged(runtime, runtime.sign_in("timed"), 4000)
    async with runtime.chat("timed", cookies=cookies) as chat:
        assert "ann@example.com" in (await chat.send("who")).text
        allow(session_seconds=3600)
        with client_of(runtime, cookies) as client:
            assert client.get("/user").status_code == 401
        async with asyncio.timeout(60):
            await chat._connected().wait()  # until the server has closed it
    assert claims_of(cookies["access_token"])["exp"] > time.time()
