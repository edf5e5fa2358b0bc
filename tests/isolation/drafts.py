"""Drafts that people of an attack look at: rows as the control plane stores them, and what a browser shows for each."""

import json
import random
import secrets
import time
from dataclasses import dataclass

import psycopg

from tenants.contract.previews import PREVIEW_COOKIE, preview_digest, preview_path
from tenants.contract.state import decode_state
from tenants.contract.tokens import SignedIn, create_member_token, signing_key
from tests.isolation.ground import MASTER_SECRET, Ground
from tests.isolation.people import Person, new_id

__all__ = ["Draft", "keep_draft", "preview_token", "with_token"]

INSERT = """
INSERT INTO registry_preview (tenant_id, member_id, sign_in_id, secret_hash, document, ends_at)
VALUES (%s, %s, %s, %s, %s, now() + make_interval(secs => %s))
"""


@dataclass(frozen=True)
class Draft:
    """A draft; ``word`` is in all that its chat tells of its tenant, and in nothing else."""

    person: Person
    secret: str
    member: str
    sign_in: str
    token: str
    word: str

    @property
    def path(self) -> str:
        """Where it is on the tenant's host."""
        return preview_path(self.secret)

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the browser of its maker sends."""
        return with_token(self.person, self.token)


def with_token(person: Person, token: str) -> tuple[tuple[str, str], ...]:
    """Return somebody's headers with a token in the previews' cookie."""
    cookies = [value for name, value in person.headers if name == "Cookie"]
    others = tuple(header for header in person.headers if header[0] != "Cookie")
    return (*others, ("Cookie", "; ".join([*cookies, f"{PREVIEW_COOKIE}={token}"])))


def draft_word(rng: random.Random) -> str:
    """Return a word that no other draft has."""
    return f"draft-{rng.getrandbits(48):012x}"


def preview_token(ground: Ground, person: Person, *, member: str, sign_in: str, epochs_ago: int = 0) -> str:
    """Return a token of a member of the person's tenant, as the control plane makes it for the previews' cookie."""
    document = person.tenant.document(ground.box)
    document["access"]["sign_out_epoch"] -= epochs_ago
    state = decode_state(json.dumps(document))
    signed_in = SignedIn(
        sign_in=sign_in,
        member=member,
        email=person.name,
        name=person.private,
        role="owner",
        method="password",
        auth_time=int(time.time()),
    )
    return create_member_token(signed_in, key=signing_key(MASTER_SECRET, state), state=state)


async def keep_draft(ground: Ground, person: Person, rng: random.Random, *, lasts_seconds: float = 3600.0) -> Draft:
    """Store a draft that somebody types, by a sign-in of its own."""
    word, secret = draft_word(rng), secrets.token_urlsafe(32)
    member, sign_in = str(new_id(rng)), str(new_id(rng))
    document = person.tenant.document(ground.box)
    canary = f"{person.tenant.canary} {word}"
    document["branding"]["display_name"] = canary
    document["secrets"] = {"CANARY": ground.box.encrypt(canary, tenant_id=person.tenant.tenant_id)}
    row = (person.tenant.tenant_id, member, sign_in, preview_digest(secret), json.dumps(document), lasts_seconds)
    async with await psycopg.AsyncConnection.connect(ground.database_url, autocommit=True) as connection:
        await connection.execute(INSERT, row)
    token = preview_token(ground, person, member=member, sign_in=sign_in)
    return Draft(person, secret, member, sign_in, token, word)
