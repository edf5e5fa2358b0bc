"""Secrets inside a state: readable by their tenant's key holder alone, and rotated without a pause."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from tenants.contract.secrets import SecretBox, SecretUnreadableError, derive_key

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
ACME, GLOBEX = "5d5ecb0e-0000-4000-8000-000000000001", "5d5ecb0e-0000-4000-8000-000000000002"


@given(st.text())
def test_a_secret_comes_back_as_it_was(value):
    box = SecretBox([NEW])
    token = box.encrypt(value, tenant_id=ACME)
    assert box.decrypt(token, tenant_id=ACME) == value


def test_a_token_shows_neither_secret_nor_tenant_and_never_repeats():
    box = SecretBox([NEW])
    tokens = {box.encrypt("hush-hush", tenant_id=ACME) for _ in range(3)}
    assert len(tokens) == 3
    assert not any("hush" in token or ACME in token for token in tokens)


def with_another_letter(token: str) -> str:
    """`token` with its 41st letter changed: always to another one, whatever it was."""
    return token[:40] + ("B" if token[40] == "A" else "A") + token[41:]


@pytest.mark.parametrize("forge", [lambda token: token[:-4], with_another_letter, lambda _: ""])
def test_a_forged_token_is_refused(forge):
    box = SecretBox([NEW])
    with pytest.raises(SecretUnreadableError):
        box.decrypt(forge(box.encrypt("hush-hush", tenant_id=ACME)), tenant_id=ACME)


@pytest.mark.parametrize("token", ["", "not a token", "ä", "x" * 10_000])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(SecretUnreadableError):
        SecretBox([NEW]).decrypt(token, tenant_id=ACME)


def test_a_token_copied_into_another_tenants_state_is_refused():
    box = SecretBox([NEW])
    token = box.encrypt("hush-hush", tenant_id=ACME)
    with pytest.raises(SecretUnreadableError) as refused:
        box.decrypt(token, tenant_id=GLOBEX)
    assert "hush-hush" not in str(refused.value)
    assert refused.value.details == {"tenant": GLOBEX}


def test_keys_rotate_while_old_tokens_still_open():
    token = SecretBox([OLD]).encrypt("hush-hush", tenant_id=ACME)
    both = SecretBox([NEW, OLD])
    assert both.decrypt(token, tenant_id=ACME) == "hush-hush"
    rotated = both.rotate(token)
    assert SecretBox([NEW]).decrypt(rotated, tenant_id=ACME) == "hush-hush"
    with pytest.raises(SecretUnreadableError):
        SecretBox([NEW]).decrypt(token, tenant_id=ACME)


@pytest.mark.parametrize("keys", [[], [""], ["   "], ["nonsense"], [NEW, "short"]])
def test_a_box_without_good_keys_is_not_made(keys):
    with pytest.raises(ValueError, match="key"):
        SecretBox(keys)


def test_derived_keys_differ_by_everything_they_are_bound_to_and_by_nothing_else():
    base = {"purpose": "jwt", "tenant_id": ACME, "epoch": 0}
    others = [{**base, "purpose": "session"}, {**base, "tenant_id": GLOBEX}, {**base, "epoch": 1}]
    keys = {derive_key("master", **fields) for fields in (base, *others)} | {derive_key("other", **base)}
    assert len(keys) == 5
    assert all(len(bytes.fromhex(key)) == 32 for key in keys)
    assert derive_key("master", **base) == derive_key("master", **base)


def test_derived_keys_are_stable_across_releases():
    # Another value here signs everybody out of every tenant.
    expected = "2db0c981baa1eab3073dae772a05b789b10e78f3b8270b5a5cd02d6dd427f8b8"
    assert derive_key("master", purpose="jwt", tenant_id=ACME) == expected
