"""What the runtime asks of the control plane about sign-ins, and how both know that they speak with each other.

A request is JSON in the body, signed with a key derived from ``RUNTIME_MASTER_SECRET``: HMAC-SHA256 over the time, the
path and the body. It is good for a minute, so what somebody recorded is worth nothing later.
"""

import hmac
import time
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from msgspec import Struct

from tenants.contract.secrets import derive_key
from tenants.contract.tokens import SignedIn

__all__ = [
    "HEADER_PATH", "PASSWORD_PATH", "SIGN_OUT_PATH", "HeaderAttempt", "PasswordAttempt", "Refusal", "SignInAnswer",
    "SignOut", "SignOutAnswer", "decode_answer", "decode_sign_out_answer", "encode_message", "internal_key",
    "is_signed", "signature_headers",
]  # fmt: skip

PASSWORD_PATH = "/internal/sign-in/password"  # noqa: S105 - an address, not a secret
HEADER_PATH = "/internal/sign-in/header"
SIGN_OUT_PATH = "/internal/sign-in/end"
SECONDS_VALID = 60
_TIME, _SIGNATURE = "X-Internal-Time", "X-Internal-Signature"


class PasswordAttempt(Struct, frozen=True, kw_only=True):
    """Somebody's e-mail address and password, as typed at the chat's sign-in page, and from where they came."""

    tenant_id: str
    email: str
    password: str
    address: str = ""
    user_agent: str = ""
    request_id: str = ""

    def __repr__(self) -> str:
        return f"<PasswordAttempt at {self.tenant_id}>"


class HeaderAttempt(Struct, frozen=True, kw_only=True):
    """What a request to the chat says that a proxy may have sent: its secret, and the headers it names people in.

    ``headers`` are as they were sent, several of one name too.
    """

    tenant_id: str
    headers: tuple[tuple[bytes, bytes], ...]
    address: str = ""
    user_agent: str = ""
    request_id: str = ""

    def __repr__(self) -> str:
        return f"<HeaderAttempt at {self.tenant_id}>"


class SignOut(Struct, frozen=True, kw_only=True):
    """A sign-in that its person ended at the chat."""

    tenant_id: str
    sign_in: str
    email: str
    address: str = ""


class SignOutAnswer(Struct, frozen=True, kw_only=True):
    """Where the browser of a sign-in that ended goes on, to end it at its identity provider, too.

    ``next`` is a path on the tenant's host, which works once. Where there is nowhere to go, the answer is 204 instead.
    """

    next: str


class Refusal(Struct, frozen=True, kw_only=True):
    """Why nobody was signed in: a code of docs/errors.md, one sentence for the person, and the HTTP status."""

    code: str
    message: str
    status: int


class SignInAnswer(Struct, frozen=True, kw_only=True):
    """Who is signed in, or why nobody is, or where the browser goes on to become so.

    ``next`` is a path on the tenant's host, where a second factor is asked for; it works once, for one browser.
    """

    person: SignedIn | None = None
    refusal: Refusal | None = None
    next: str = ""


def internal_key(master_secret: str) -> bytes:
    """Return the key of these requests. Tenants are UUIDs, so none of their keys is this one."""
    return bytes.fromhex(derive_key(master_secret, purpose="internal-sign-in", tenant_id="platform"))


def signature_headers(key: bytes, path: str, body: bytes) -> dict[str, str]:
    """Return the headers that prove where a request comes from."""
    moment = str(int(time.time()))
    return {_TIME: moment, _SIGNATURE: _signature(key, moment, path, body)}


def is_signed(key: bytes, path: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Say whether a request was signed with the key less than a minute ago (or ahead, by another clock)."""
    moment, signature = headers.get(_TIME, ""), headers.get(_SIGNATURE, "")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        return False
    fresh = abs(time.time() - int(moment)) <= SECONDS_VALID
    return hmac.compare_digest(signature.encode(), _signature(key, moment, path, body).encode()) and fresh


def encode_message(message: Struct) -> bytes:
    """Return a message as it is sent."""
    return msgspec.json.encode(message)


def decode_answer(body: bytes) -> SignInAnswer:
    """Return the control plane's answer; raises ``msgspec.ValidationError`` or ``msgspec.DecodeError``."""
    return msgspec.json.decode(body, type=SignInAnswer)


def decode_sign_out_answer(body: bytes) -> SignOutAnswer:
    """Return what the control plane answers a sign-out that goes on elsewhere; raises as ``decode_answer``."""
    return msgspec.json.decode(body, type=SignOutAnswer)


def _signature(key: bytes, moment: str, path: str, body: bytes) -> str:
    return hmac.new(key, b"\n".join((moment.encode(), path.encode(), body)), sha256).hexdigest()
