"""Codes of an authenticator app: which are taken, when, and how often."""

import pyotp
import pytest

from tenants.identity.factors.codes import (
    create_secret,
    draw_setup,
    matching_step,
    setup_address,
    spell_secret,
)

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The secret of RFC 6238's test vectors, in base32."""
NOON = 1_800_000_000


def code_at(moment: float) -> str:
    return pyotp.TOTP(SECRET).at(int(moment))


@pytest.mark.parametrize(("moment", "code"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")])
def test_codes_are_those_of_rfc_6238(moment, code):
    assert matching_step(SECRET, code, now=moment) == moment // 30


@pytest.mark.parametrize(("aside", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_is_taken_one_step_early_or_late_and_no_more(aside, taken):
    assert (matching_step(SECRET, code_at(NOON + aside), now=NOON) is not None) is taken


def test_a_code_works_once_and_none_from_before_it_works_after_it():
    step = matching_step(SECRET, code_at(NOON), now=NOON)
    assert matching_step(SECRET, code_at(NOON), now=NOON, last_step=step) is None
    assert matching_step(SECRET, code_at(NOON - 30), now=NOON, last_step=step) is None
    assert matching_step(SECRET, code_at(NOON + 30), now=NOON, last_step=step) == step + 1


def test_gaps_are_read_over_and_anything_else_is_no_code():
    code = code_at(NOON)
    assert matching_step(SECRET, f" {code[:3]} {code[3:]} ", now=NOON)
    for text in ("", code[:5], f"{code}0", "abcdef", "0" * 10_000):
        assert matching_step(SECRET, text, now=NOON) is None


def test_every_step_is_compared_whichever_matches(monkeypatch):
    compared = []
    strings_equal = pyotp.utils.strings_equal

    def counted(one, other):
        compared.append(other)
        return strings_equal(one, other)

    monkeypatch.setattr(pyotp.utils, "strings_equal", counted)
    counts = set()
    for code in (code_at(NOON - 30), code_at(NOON), "000000"):
        compared.clear()
        matching_step(SECRET, code, now=NOON)
        counts.add(len(compared))
    assert counts == {3}


def test_a_new_secret_has_160_bits_and_is_drawn_for_an_app_to_read():
    secret = create_secret()
    assert len(secret) == 32
    assert secret != create_secret()
    address = setup_address(secret, issuer="Globex & Söhne", account="ann@globex.example")
    assert pyotp.parse_uri(address).secret == secret
    assert pyotp.parse_uri(address).issuer == "Globex & Söhne"
    drawing = draw_setup(address)
    assert drawing.startswith("<svg ")
    assert "style" not in drawing
    assert spell_secret("ABCDEFGHIJ") == "ABCD EFGH IJ"
