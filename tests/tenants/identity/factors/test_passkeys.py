"""Passkeys: a right answer is taken, and every wrong one refused."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from webauthn.helpers import bytes_to_base64url

from tenants.identity.factors.passkeys import (
    PasskeyRefusedError,
    Site,
    ask_for_passkey,
    ask_for_registration,
    challenge_of,
    credential_of,
    verify_passkey,
    verify_registration,
)
from tests.tenants.identity.factors.device import PRESENT, Device

HERE = Site("globex.example", "https://globex.example", "Globex")
ELSEWHERE = Site("acme.example", "https://acme.example", "Acme")


def registered(device, site=HERE):
    asked = ask_for_registration(site, user_id=b"somebody", account="ann@globex.example", name="Ann")
    answer = device.register(asked.options, origin=site.origin)
    return verify_registration(site, answer, challenge=asked.challenge)


def test_a_passkey_is_asked_for_registered_and_used_with_a_count_that_grows():
    device = Device()
    passkey = registered(device)
    assert passkey.transports == ("internal",)
    for count in (1, 2):
        asked = ask_for_passkey(HERE, known=[passkey])
        assert json.loads(asked.options)["allowCredentials"][0]["id"] == passkey.credential_id
        answer = device.sign(asked.options, origin=HERE.origin)
        assert (challenge_of(answer), credential_of(answer)) == (asked.challenge, passkey.credential_id)
        new_count = verify_passkey(HERE, answer, challenge=asked.challenge, passkey=passkey)
        assert new_count == count
        passkey = replace(passkey, sign_count=new_count)


def test_what_is_asked_names_the_host_asks_for_verification_and_leaves_out_what_is_there():
    passkey = registered(Device())
    asked = ask_for_registration(HERE, user_id=b"x", account="ann@globex.example", name="", known=[passkey])
    options = json.loads(asked.options)
    assert options["rp"] == {"id": "globex.example", "name": "Globex"}
    assert options["user"]["displayName"] == "ann@globex.example"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert [known["id"] for known in options["excludeCredentials"]] == [passkey.credential_id]
    assert ask_for_passkey(HERE).challenge != ask_for_passkey(HERE).challenge


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://evil.example"}, {"origin": "http://globex.example"},
        {"origin": "https://globex.example:444"}, {"host": "acme.example"}, {"flags": PRESENT}, {"flags": 0},
    ],
)  # fmt: skip
def test_another_origin_host_or_no_verification_is_refused(wrong):
    device = Device()
    passkey = registered(device)
    asked = ask_for_passkey(HERE)
    answer = device.sign(asked.options, **({"origin": HERE.origin} | wrong))
    with pytest.raises(PasskeyRefusedError):
        verify_passkey(HERE, answer, challenge=asked.challenge, passkey=passkey)
    asked = ask_for_registration(HERE, user_id=b"x", account="a", name="")
    answer = Device().register(asked.options, **({"origin": HERE.origin} | wrong))
    with pytest.raises(PasskeyRefusedError):
        verify_registration(HERE, answer, challenge=asked.challenge)


def test_a_passkey_of_one_host_proves_nothing_at_another():
    device = Device()
    passkey = registered(device)
    asked = ask_for_passkey(ELSEWHERE, known=[passkey])
    for origin, host in ((HERE.origin, HERE.host), (ELSEWHERE.origin, HERE.host), (HERE.origin, ELSEWHERE.host)):
        with pytest.raises(PasskeyRefusedError):
            verify_passkey(
                ELSEWHERE, device.sign(asked.options, origin=origin, host=host), challenge=asked.challenge,
                passkey=passkey,
            )  # fmt: skip


def test_another_challenge_device_or_an_answer_from_before_is_refused():
    device = Device()
    passkey = registered(device)
    first, second = ask_for_passkey(HERE), ask_for_passkey(HERE)
    answer = device.sign(first.options, origin=HERE.origin)
    with pytest.raises(PasskeyRefusedError):
        verify_passkey(HERE, answer, challenge=second.challenge, passkey=passkey)
    thief = Device(credential_id=device.credential_id)
    with pytest.raises(PasskeyRefusedError):
        verify_passkey(HERE, thief.sign(first.options, origin=HERE.origin), challenge=first.challenge, passkey=passkey)
    used = replace(passkey, sign_count=verify_passkey(HERE, answer, challenge=first.challenge, passkey=passkey))
    with pytest.raises(PasskeyRefusedError):
        verify_passkey(HERE, answer, challenge=first.challenge, passkey=used)
    stranger = Device()
    with pytest.raises(PasskeyRefusedError):
        verify_passkey(
            HERE, stranger.sign(second.options, origin=HERE.origin), challenge=second.challenge, passkey=passkey
        )


WORDS = st.text(max_size=40) | st.binary(max_size=200).map(bytes_to_base64url)
NAMES = st.sampled_from(
    ["id", "rawId", "type", "response", "clientDataJSON", "attestationObject", "authenticatorData", "signature"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS, lambda inner: st.dictionaries(NAMES | WORDS, inner), max_leaves=9
)


@given(st.text(max_size=200) | VALUES.map(json.dumps))
def test_whatever_is_sent_is_refused_and_breaks_nothing(answer):
    passkey = registered_once()
    for check in (
        lambda: verify_registration(HERE, answer, challenge="Y2hhbGxlbmdl"),
        lambda: verify_passkey(HERE, answer, challenge="Y2hhbGxlbmdl", passkey=passkey),
        lambda: challenge_of(answer),
    ):
        with pytest.raises(PasskeyRefusedError):
            check()


@given(st.binary(max_size=300), st.sampled_from(["attestationObject", "authenticatorData", "signature"]))
def test_any_bytes_in_the_place_of_an_answers_are_refused(content, name):
    device = Device()
    asked = ask_for_registration(HERE, user_id=b"x", account="a", name="")
    answer = json.loads(device.register(asked.options, origin=HERE.origin))
    answer["response"]["attestationObject"] = bytes_to_base64url(content)
    with pytest.raises(PasskeyRefusedError):
        verify_registration(HERE, json.dumps(answer), challenge=asked.challenge)
    passkey = registered(device)
    proof = ask_for_passkey(HERE)
    answer = json.loads(device.sign(proof.options, origin=HERE.origin))
    answer["response"][name] = bytes_to_base64url(content)
    if name != "attestationObject":
        with pytest.raises(PasskeyRefusedError):
            verify_passkey(HERE, json.dumps(answer), challenge=proof.challenge, passkey=passkey)


def test_too_long_an_answer_is_not_read():
    with pytest.raises(PasskeyRefusedError):
        challenge_of("[" * 20_001)


_ONE = []


def registered_once():
    if not _ONE:
        _ONE.append(registered(Device()))
    return _ONE[0]
