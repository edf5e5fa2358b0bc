"""Behind a proxy that names people: what apps see of its headers, and whose sign-in a request then is."""

import json
import time
from uuid import NAMESPACE_DNS, uuid5

import pytest
from socketio.exceptions import ConnectionError as SocketConnectionError

from tenants.contract.state import decode_state
from tenants.contract.tokens import SignedIn, create_member_token, signing_key
from tests.runtime.chainlit_host.conftest import MASTER_SECRET

SECRET = "x-trusted-proxy-secret"
EMAIL = "ann@example.com"
MEMBER = str(uuid5(NAMESPACE_DNS, EMAIL))
SENT = {SECRET: "canary of the secret", "X-Signed-In-As": "canary@acme.example", "X-Groups": "canary of groups"}


def token(runtime, slug, *, method="proxy") -> str:
    """What the control plane's answer becomes at a tenant."""
    state = decode_state(json.dumps(runtime.tenants[slug]))
    person = SignedIn(
        sign_in="s", member=MEMBER, email=EMAIL, name="Ann", role="member", method=method, auth_time=int(time.time())
    )
    return create_member_token(person, key=signing_key(MASTER_SECRET, state), state=state)


def reads_itself(runtime, slug, cookie, *more: tuple[str, str]) -> bool:
    with runtime.client(slug) as client:
        sent = [("Host", runtime.host(slug)), ("Cookie", f"access_token={cookie}"), *more]
        return client.get("/user", headers=sent).status_code == 200


async def _seen_by_the_app(runtime, slug, **options) -> str:
    async with runtime.chat(slug, headers=SENT, **options) as chat:
        reply = await (await chat.begin("headers")).until(lambda reply: reply.messages)
        return reply.messages[0].output


async def test_no_app_sees_the_secret_and_none_whom_the_tenants_proxy_names(runtime):
    cookies = {"access_token": token(runtime, "asking-named", method="password")}
    assert "canary" not in await _seen_by_the_app(runtime, "asking-named", cookies=cookies)
    elsewhere = await _seen_by_the_app(runtime, "asking-one")
    assert "x-signed-in-as: canary@acme.example" in elsewhere
    assert "canary of the secret" not in elsewhere
    assert "canary of the secret" not in runtime.log


def test_an_app_that_decides_itself_reads_its_headers_but_never_the_secret(runtime):
    with runtime.client("asking-unnamed", **SENT) as client:
        signed_in = client.post("/auth/header")
        client.headers["cookie"] = f"access_token={signed_in.cookies['access_token']}"
        assert client.get("/user").json()["identifier"].startswith("canary@acme.example@asking-unnamed")


def test_the_page_asks_for_headers_where_the_policy_offers_a_proxy_and_nowhere_else(runtime):
    for slug, asks in (("named", True), ("offering", False), ("globex", False), ("acme", False)):
        with runtime.client(slug) as client:
            assert client.get("/auth/config").json()["headerAuth"] is asks, slug


def test_headers_without_a_secret_sign_nobody_in(runtime):
    with runtime.client("named", **{"X-Signed-In-As": "ann@example.com"}) as client:
        assert client.post("/auth/header").status_code == 401
    with runtime.client("globex", **SENT) as client:
        assert client.post("/auth/header").status_code == 400


@pytest.mark.parametrize(
    ("sent", "stays"),
    [
        ([], True),
        ([("X-Signed-In-As", "Ann@Example.com")], True),
        ([("x_signed_in_as", "bob@example.com")], True),
        ([("X-Signed-In-As", "bob@example.com")], False),
        ([("X-Signed-In-As", "ann@example.com"), ("x-signed-in-as", "bob@example.com")], False),
        ([("X-Signed-In-As", "ann@example.com"), ("X-SIGNED-IN-AS", "ann@example.com")], False),
    ],
    ids=["unnamed", "named", "another header", "somebody else", "two people", "twice"],
)
def test_who_came_by_the_proxy_is_who_it_says_they_are(runtime, sent, stays):
    assert reads_itself(runtime, "named", token(runtime, "named"), *sent) is stays
    assert reads_itself(runtime, "named", token(runtime, "named", method="password"), *sent)


async def test_no_socket_is_opened_for_who_is_named_differently_by_now(runtime):
    cookies = {"access_token": token(runtime, "asking-named")}
    async with runtime.chat("asking-named", cookies=cookies, headers={"x-signed-in-as": "ann@example.com"}):
        pass
    with pytest.raises(SocketConnectionError):
        async with runtime.chat("asking-named", cookies=cookies, headers={"x-signed-in-as": "bob@example.com"}):
            pass
