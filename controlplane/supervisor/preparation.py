"""Whether the database is already as this code wants it, so that a second start need not ask Django.

The database itself carries the mark, as its comment, so the mark cannot outlive the data it speaks of.
"""

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

__all__ = ["is_marked", "mark", "preparation_mark"]

_WORDS = "prepared by make up: "
_WHAT_DECIDES = (
    "controlplane/**/migrations/*.py",
    "tenants/**/migrations/*.py",
    "controlplane/management/commands/seed_demo.py",
    "requirements/base.txt",  # the packages bring migrations of their own
)


def preparation_mark(checkout: Path, told: Mapping[str, str], *, key: str) -> str:
    """Return a text that changes with the migrations, the packages, the seed, and what the seed is told.

    It is keyed, so that the passwords among `told` cannot be guessed from it.
    """
    digest = hmac.new(key.encode(), digestmod=hashlib.sha256)
    for path in sorted(path for pattern in _WHAT_DECIDES for path in checkout.glob(pattern)):
        digest.update(f"{path.relative_to(checkout)}\0".encode() + path.read_bytes() + b"\0")
    for name, value in sorted(told.items()):
        digest.update(f"{name}={value}\0".encode())
    return _WORDS + digest.hexdigest()


def is_marked(database_url: str, text: str) -> bool:
    """Tell whether the database carries exactly this mark."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.Error:  # whoever needs the database next says what is wrong with it
        return False
    return row is not None and row[0] == text


def mark(database_url: str, text: str) -> None:
    """Leave the mark; a database that is not ours to comment on is simply prepared at every start."""
    try:
        with psycopg.connect(database_url, connect_timeout=5) as connection:
            database = sql.Identifier(connection.info.dbname)
            connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, sql.Literal(text)))
    except psycopg.Error:
        return
