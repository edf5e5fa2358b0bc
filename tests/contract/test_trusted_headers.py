"""Headers in which a proxy names people: what can be one, and what in a request counts as one."""

import json

import pytest

from tenants.contract.access import AccessPolicy, SignInKind, SignInMethod
from tenants.contract.state import decode_state
from tenants.contract.trusted_headers import (
    SECRET_HEADER,
    HeaderSentTwiceError,
    InvalidHeaderNameError,
    TrustedHeaders,
    normalise_header_name,
    sent_value,
)
from tests.runtime.chainlit_host.tenants_under_test import document

PROXY = SignInMethod(SignInKind.HEADER, "proxy", "Acme", TrustedHeaders("x-forwarded-email"))


@pytest.mark.parametrize("typed", ["X-Forwarded-Email", " x-forwarded-email ", "Remote-User", "CF-Access-User2"])
def test_a_name_has_one_spelling(typed):
    assert normalise_header_name(typed) == typed.strip().lower()


@pytest.mark.parametrize(
    "typed",
    ["", "X_Forwarded_Email", "X-Forwarded-Email:", "x forwarded", "-x", "x-", "x--y", "é", "x\n-y", "1x", "x" * 61,
     SECRET_HEADER, "X-Trusted-Proxy-Secret", "Host", "Cookie", "Authorization", "X-Forwarded-For", "X-Real-IP",
     "X-Forwarded-Proto", "Sec-Fetch-Mode", "Content-Length", "User-Agent", "X-Internal-Signature"],
)  # fmt: skip
def test_what_is_no_name_or_says_something_else_is_refused(typed):
    with pytest.raises(InvalidHeaderNameError):
        normalise_header_name(typed)


@pytest.mark.parametrize("values", [("X-Email",), ("x-email", "x-email"), ("",), ("x_email",)])
def test_no_document_can_hold_what_is_no_name(values):
    with pytest.raises(ValueError, match=r"name"):
        TrustedHeaders(*values)


def test_what_was_sent_twice_is_refused_and_other_spellings_are_other_headers():
    assert sent_value([(b"x-email", b" ann@acme.example "), (b"x_email", b"eve@evil.example")], "x-email") == (
        "ann@acme.example"
    )
    assert sent_value([(b"x_email", b"eve@evil.example")], "x-email") == ""
    with pytest.raises(HeaderSentTwiceError):
        sent_value([(b"x-email", b"ann@acme.example"), (b"x-email", b"eve@evil.example")], "x-email")


@pytest.mark.parametrize("sent", ["Jürgen".encode(), "Jürgen".encode("latin-1")])
def test_names_come_in_either_of_two_encodings(sent):
    assert sent_value([(b"x-name", sent)], "x-name") == "Jürgen"


@pytest.mark.parametrize(
    ("headers", "another"),
    [
        ([], False),
        ([(b"x-forwarded-email", b"ANN@acme.example")], False),
        ([(b"x-forwarded-email", b"")], False),
        ([(b"x-forwarded-email", b"bob@acme.example")], True),
        ([(b"x-forwarded-email", b"ann@acme.example"), (b"x-forwarded-email", b"ann@acme.example")], True),
    ],
)
def test_whether_a_request_names_somebody_else(headers, another):
    policy = AccessPolicy(methods=(PROXY,))
    assert policy.names_another("proxy", "ann@acme.example", headers) is another
    assert not policy.names_another("password", "ann@acme.example", headers)


def test_a_policy_carries_the_names_and_no_other_kind_has_any():
    method = {"kind": "header", "id": "proxy", "headers": {"email": "x-email", "groups": "x-groups"}}
    state = decode_state(json.dumps(document("acme", access={"mode": "members", "methods": [method]})))
    assert state.access.proxies == {"proxy": TrustedHeaders("x-email", groups="x-groups")}
    with pytest.raises(ValueError, match="is not told by headers"):
        SignInMethod(SignInKind.OIDC, "google", "", TrustedHeaders("x-email"))
