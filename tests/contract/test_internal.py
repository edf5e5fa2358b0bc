"""How the two halves know that they speak with each other."""

import time

import pytest

from tenants.contract.internal import PASSWORD_PATH, SIGN_OUT_PATH, internal_key, is_signed, signature_headers

KEY = internal_key("the master secret")
BODY = b'{"tenant_id": "x"}'


def test_what_was_signed_with_the_same_secret_is_believed():
    assert is_signed(KEY, PASSWORD_PATH, BODY, signature_headers(KEY, PASSWORD_PATH, BODY))


@pytest.mark.parametrize(
    ("key", "path", "body"),
    [
        (internal_key("another secret"), PASSWORD_PATH, BODY),
        (KEY, SIGN_OUT_PATH, BODY),
        (KEY, PASSWORD_PATH, BODY + b" "),
    ],
    ids=["another secret", "another address", "another body"],
)
def test_anything_else_is_not(key, path, body):
    assert not is_signed(KEY, PASSWORD_PATH, BODY, signature_headers(key, path, body))


@pytest.mark.parametrize("seconds", [-120, 120], ids=["recorded before", "from the future"])
def test_a_signature_is_good_for_a_minute(monkeypatch, seconds):
    moment = time.time() + seconds
    with monkeypatch.context() as then:
        then.setattr(time, "time", lambda: moment)
        headers = signature_headers(KEY, PASSWORD_PATH, BODY)
    assert not is_signed(KEY, PASSWORD_PATH, BODY, headers)


@pytest.mark.parametrize("moment", ["", "now", "-1", "\u0661", "9" * 5000])
def test_a_time_that_is_none_is_refused(moment):
    headers = signature_headers(KEY, PASSWORD_PATH, BODY) | {"X-Internal-Time": moment}
    assert not is_signed(KEY, PASSWORD_PATH, BODY, headers)
    assert not is_signed(KEY, PASSWORD_PATH, BODY, {})
