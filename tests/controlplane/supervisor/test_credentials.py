"""Secrets are made once, kept to their owner, and never replaced behind anybody's back."""

import json
import re

import pytest
from cryptography.fernet import Fernet

from controlplane.supervisor.credentials import DEMO_ACCOUNTS, load_secrets, readable_password
from controlplane.supervisor.errors import StartError


def test_secrets_are_made_once_and_are_for_their_owner_alone(directory):
    path = directory / "secrets.json"
    first = load_secrets(path, {})
    assert load_secrets(path, {}) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(set(first.values())) == len(first)
    Fernet(first["TENANT_ENCRYPTION_KEYS"])
    assert {f"DEMO_{account}_PASSWORD" for account in DEMO_ACCOUNTS} <= first.keys()


def test_a_file_that_others_can_read_is_closed(directory):
    path = directory / "secrets.json"
    first = load_secrets(path, {})
    path.chmod(0o644)
    assert load_secrets(path, {}) == first
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_that_a_newer_version_needs_is_added(directory):
    path = directory / "secrets.json"
    path.write_text(json.dumps({"SECRET_KEY": "kept", "SOMETHING_ELSE": "kept too"}))
    assert load_secrets(path, {})["SECRET_KEY"] == "kept"
    content = json.loads(path.read_text())
    assert content["SOMETHING_ELSE"] == "kept too"
    assert content["VALKEY_PASSWORD"]


def test_the_environment_goes_first_and_is_not_written_down(directory):
    path = directory / "secrets.json"
    assert load_secrets(path, {"SECRET_KEY": "from outside"})["SECRET_KEY"] == "from outside"
    assert "from outside" not in path.read_text()


@pytest.mark.parametrize("content", ["{", "[]", '{"SECRET_KEY": 1}'])
def test_a_spoiled_file_is_named_and_left_alone(directory, content):
    path = directory / "secrets.json"
    path.write_text(content)
    with pytest.raises(StartError, match=r"The secrets in .*secrets\.json cannot be read"):
        load_secrets(path, {})
    assert path.read_text() == content


def test_a_password_can_be_read_out():
    passwords = {readable_password() for _ in range(100)}
    assert len(passwords) == 100
    assert all(re.fullmatch(r"([a-z]{5}-){3}[a-z]{5}", password) for password in passwords)
