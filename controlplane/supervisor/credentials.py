"""Secrets of an installation that nobody has to invent: made once, kept in DATA_DIR/secrets.json."""

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from controlplane.supervisor.errors import StartError
from controlplane.supervisor.files import write_atomically

__all__ = ["DEMO_ACCOUNTS", "load_secrets", "readable_password"]

DEMO_ACCOUNTS = {
    "OPERATOR": "operator@example.com",
    "ACME_OWNER": "owner@acme.example",
    "GLOBEX_OWNER": "owner@globex.example",
    "GLOBEX_MEMBER": "member@globex.example",
    "APP_OWNER": "owner@app.example",
}
"""The demo sign-ins, as the middle of DEMO_<...>_EMAIL and DEMO_<...>_PASSWORD."""

_CONSONANTS, _VOWELS = "bdfghjkmnprstvz", "aeiou"


def readable_password() -> str:
    """Return a password of four invented words that can be read out and typed (about 65 bits)."""
    pattern = (_CONSONANTS, _VOWELS, _CONSONANTS, _VOWELS, _CONSONANTS)
    return "-".join("".join(secrets.choice(letters) for letters in pattern) for _ in range(4))


def _token() -> str:
    return secrets.token_urlsafe(32)


def _fernet_key() -> str:
    """Return a key as cryptography's Fernet wants it: 32 bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


_MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": _token,
    "TENANT_ENCRYPTION_KEYS": _fernet_key,
    "RUNTIME_MASTER_SECRET": _token,
    "POSTGRES_PASSWORD": _token,
    "POSTGRES_ADMINISTRATOR_PASSWORD": _token,
    "VALKEY_PASSWORD": _token,
    "S3_ACCESS_KEY_ID": lambda: secrets.token_hex(10),
    "S3_SECRET_ACCESS_KEY": _token,
    "GATEWAY_COOKIE_SECRET": _token,
} | {f"DEMO_{account}_PASSWORD": readable_password for account in DEMO_ACCOUNTS}


def load_secrets(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return all secrets by name, making and keeping those that are missing; the environment's own values win.

    Raises StartError when the file cannot be understood: making new secrets would lock everybody out of the data.
    """
    try:
        kept = json.loads(path.read_text())
        if not isinstance(kept, dict) or not all(isinstance(value, str) for value in kept.values()):
            raise ValueError("not an object of texts")
    except FileNotFoundError:
        kept = {}
    except (OSError, ValueError) as error:
        raise StartError(
            f"The secrets in {path} cannot be read ({error}): put back the file that belongs to this data."
        ) from error
    wanted = {name: kept.get(name) or make() for name, make in _MAKERS.items()}
    if wanted.items() - kept.items() or path.stat().st_mode & 0o077:
        write_atomically(path, json.dumps(kept | wanted, indent=1))
    return {name: environment.get(name) or value for name, value in wanted.items()}
