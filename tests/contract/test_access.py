"""The access policy in the contract: strict about rules that nobody could follow, kind to older documents."""

import json

import msgspec
import pytest

from tenants.contract.access import (
    DEFAULT_SESSION_SECONDS,
    PASSWORD_METHOD,
    AccessMode,
    AccessPolicy,
    SecondFactor,
    SecondFactors,
    SignInKind,
    SignInMethod,
)
from tenants.contract.state import decode_state, encode_state
from tests.runtime.registry import make_state

FULL = {
    "mode": "members",
    "sign_out_epoch": 3,
    "allowed_origins": ["https://shop.example"],
    "entry": "domains",
    "email_domains": ["acme.example"],
    "methods": [{"kind": "oidc", "id": "google", "label": "Google"}, {"kind": "password", "id": "password"}],
    "session_seconds": 3600,
    "idle_seconds": 600,
    "networks": ["203.0.113.0/24", "2001:db8::/32"],
    "sign_up": "domain",
    "second_factor": {"owner": "required", "member": "off"},
    "ended": {"7f0c": 1_800_000_000},
}


def test_a_whole_policy_comes_back_as_it_was():
    policy = msgspec.convert(FULL, AccessPolicy)
    assert json.loads(msgspec.json.encode(policy)) == FULL
    assert decode_state(encode_state(make_state("acme", access=policy))).access == policy
    assert policy.methods[0] == SignInMethod(SignInKind.OIDC, "google", "Google")


def test_what_is_as_ever_is_left_out_of_the_document_wherever_the_values_came_from():
    rows = {"methods": [{"kind": "password", "id": "password"}], "session_seconds": int("1296000"), "second_factor": {}}
    state = make_state("acme")
    policies = (AccessPolicy(), msgspec.convert(rows, AccessPolicy))
    documents = [encode_state(msgspec.structs.replace(state, access=policy)) for policy in policies]
    assert documents[0] == documents[1]
    assert b"session_seconds" not in documents[0]


def test_a_document_from_before_there_were_other_ways_is_read_as_members_by_password():
    document = json.loads(encode_state(make_state("acme")))
    document["access"] = {"mode": "password", "sign_out_epoch": 2}
    access = decode_state(json.dumps(document)).access
    assert (access.mode, access.sign_out_epoch, access.methods) == (AccessMode.MEMBERS, 2, (PASSWORD_METHOD,))
    assert (access.session_seconds, access.idle_seconds, access.networks) == (DEFAULT_SESSION_SECONDS, 0, ())
    with pytest.raises(msgspec.ValidationError, match="passwords"):
        msgspec.convert({"mode": "passwords"}, AccessPolicy)


@pytest.mark.parametrize(
    "fields",
    [
        {"networks": ["10.1.2.3/8"]},
        {"networks": ["203.0.113.7"]},
        {"networks": ["everywhere"]},
        {"networks": ["203.0.113.0/24"] * 101},
        {"email_domains": ["Acme.example"]},
        {"email_domains": ["example"]},
        {"email_domains": [f"d{number}.example" for number in range(51)]},
        {"methods": [{"kind": "oidc", "id": "same"}, {"kind": "saml", "id": "same"}]},
        {"methods": [{"kind": "password", "id": "other"}]},
        {"methods": [{"kind": "oidc", "id": "password"}]},
        {"methods": [{"kind": "oidc", "id": "Google"}]},
        {"methods": [{"kind": "telepathy", "id": "mind"}]},
        {"session_seconds": 299},
        {"session_seconds": 31_536_001},
        {"idle_seconds": 59},
        {"idle_seconds": -1},
        {"second_factor": {"operator": "off"}},
        {"sign_up": "anyone"},
        {"entry": "nobody"},
    ],
)
def test_a_rule_that_could_not_be_followed_is_refused_with_its_document(fields):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(fields, AccessPolicy)


def test_a_members_sign_ins_from_before_their_end_are_over_and_only_theirs():
    policy = AccessPolicy(ended={"ann": 1000})
    assert [policy.is_ended("ann", moment) for moment in (999, 1000, 1001)] == [True, False, False]
    assert not policy.is_ended("bob", 0)


def test_a_sign_in_right_after_an_end_is_not_taken_for_one_from_before():
    policy = AccessPolicy(ended={"ann": 1000})
    assert policy.signed_in_at("ann", 999.2) == 1000
    assert policy.signed_in_at("ann", 1001.9) == 1001
    assert policy.signed_in_at("bob", 999.2) == 999


def test_a_role_that_is_not_known_is_asked_for_the_most():
    factors = SecondFactors(member=SecondFactor.OFF)
    assert factors.of("member") is SecondFactor.OFF
    assert factors.of("owner") is SecondFactor.OPTIONAL
    assert factors.of("superuser") is SecondFactor.REQUIRED
