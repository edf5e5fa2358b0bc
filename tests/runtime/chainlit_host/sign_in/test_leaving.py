"""Signing out at the chat, which goes on to the provider of the sign-in if the control plane says so in time."""

import json

import jwt
import pytest

from tenants.contract.state import decode_state
from tenants.contract.tokens import signing_key
from tests.runtime.chainlit_host.conftest import MASTER_SECRET

WAY = "/settings/sign-out/at-provider/ticket/"


@pytest.fixture
def lead_on(runtime):
    """Return a function that says what the control plane answers sign-outs."""

    def say(way=WAY, *, hangs=False, available=True):
        runtime.command("lead_on", way=way, hangs=hangs)
        runtime.command("members_available", available=available)

    yield say
    say("")


@pytest.fixture
def chat_of(runtime):
    """Return a function that opens a client of somebody who signed in to a tenant by some method."""

    def open_client(method, slug="offering"):
        claims = jwt.decode(runtime.sign_in(slug)["access_token"], options={"verify_signature": False})
        key = signing_key(MASTER_SECRET, decode_state(json.dumps(runtime.tenants[slug])))
        token = jwt.encode({**claims, "method": method}, key, algorithm="HS256")
        return runtime.client(slug, Cookie=f"access_token={token}")

    return open_client


def is_out(answer) -> bool:
    return answer.status_code == 200 and 'access_token=""' in answer.headers["set-cookie"]


@pytest.mark.parametrize(("method", "way"), [("google", WAY), ("company", WAY), ("password", None)])
def test_who_signed_in_at_a_provider_is_led_on_to_it(lead_on, chat_of, method, way):
    with chat_of(method) as client:
        assert client.get("/user").status_code == 200
        lead_on()
        answer = client.post("/logout")
    assert is_out(answer)
    assert answer.headers.get("x-sign-out-next") == way


@pytest.mark.parametrize("way", ["", "https://evil.example/", "//evil.example/"])
def test_nobody_is_led_to_another_site(lead_on, chat_of, way):
    with chat_of("google") as client:
        assert client.get("/user").status_code == 200
        lead_on(way)
        answer = client.post("/logout")
    assert is_out(answer)
    assert "x-sign-out-next" not in answer.headers


@pytest.mark.parametrize("state", [{"hangs": True}, {"available": False}], ids=["hangs", "away"])
def test_one_is_signed_out_also_when_the_control_plane_says_nothing(lead_on, chat_of, state):
    with chat_of("google") as client:
        assert client.get("/user").status_code == 200
        lead_on(**state)
        answer = client.post("/logout")
    assert is_out(answer)
    assert "x-sign-out-next" not in answer.headers
