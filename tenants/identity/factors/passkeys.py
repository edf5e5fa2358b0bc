"""Passkeys (WebAuthn, level 3): what a browser is asked, and whether its answer is right.

A passkey belongs to one host: the host is the relying party's id, and the browser's origin must be that host's. Whoever
uses one is verified by the device (finger, face, PIN), so that a passkey proves more than that a device is at hand.
The caller keeps each challenge, takes it for one answer only, and stores what is returned.
"""

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tenants.contract.errors import DomainError

__all__ = [
    "Ceremony", "Passkey", "PasskeyRefusedError", "Site", "ask_for_passkey", "ask_for_registration", "challenge_of",
    "credential_of", "verify_passkey", "verify_registration",
]  # fmt: skip

MOST_ANSWER = 20_000
"""Characters of an answer; one has some hundreds, with a long attestation some thousands."""
MOST_CREDENTIAL_ID = 1023
"""Bytes of a credential's id, as the standard bounds it."""
_UNREADABLE = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, struct.error)
"""What reading bytes of anybody's making may raise."""


class PasskeyRefusedError(DomainError):
    """What a browser sent proves no passkey: forged, of another host or challenge, without verification, replayed."""

    status = 401

    def __init__(self) -> None:
        super().__init__("passkey_refused", "That passkey was not accepted. Please try again.")


@dataclass(frozen=True)
class Site:
    """Where passkeys are used: ``origin`` as the browser has it in its address bar, ``name`` for the person."""

    host: str
    origin: str
    name: str


@dataclass(frozen=True)
class Passkey:
    """A registered passkey; ``credential_id`` is base64url. Store all of it and give it back to be verified."""

    credential_id: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ceremony:
    """What a browser is asked: options as JSON for its ``navigator.credentials``, and their challenge (base64url)."""

    options: str
    challenge: str


def ask_for_registration(
    site: Site, *, user_id: bytes, account: str, name: str, known: Iterable[Passkey] = ()
) -> Ceremony:
    """Return what to ask for a new passkey. ``user_id`` names the account and is no address (at most 64 bytes)."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=user_id,
        user_name=account,
        user_display_name=name or account,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[_descriptor(passkey) for passkey in known],
    )
    return Ceremony(options_to_json(options), bytes_to_base64url(options.challenge))


def verify_registration(site: Site, answer: str, *, challenge: str) -> Passkey:
    """Return the passkey that an answer registers; raises ``PasskeyRefusedError``."""
    try:
        verified = verify_registration_response(
            credential=_read(answer),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise PasskeyRefusedError from error
    if len(verified.credential_id) > MOST_CREDENTIAL_ID:
        raise PasskeyRefusedError
    return Passkey(
        bytes_to_base64url(verified.credential_id),
        verified.credential_public_key,
        verified.sign_count,
        _transports(answer),
    )


def ask_for_passkey(site: Site, *, known: Iterable[Passkey] = ()) -> Ceremony:
    """Return what to ask for a proof by one of some passkeys, or by any that the device has for the host."""
    options = generate_authentication_options(
        rp_id=site.host,
        allow_credentials=[_descriptor(passkey) for passkey in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Ceremony(options_to_json(options), bytes_to_base64url(options.challenge))


def verify_passkey(site: Site, answer: str, *, challenge: str, passkey: Passkey) -> int:
    """Return the new count of signatures, to be stored, where an answer proves a passkey.

    Raises ``PasskeyRefusedError``, also where the count did not grow: then there is a copy of the key.
    """
    read = _read(answer)
    if read.get("id") != passkey.credential_id:
        raise PasskeyRefusedError
    try:
        verified = verify_authentication_response(
            credential=read,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _UNREADABLE as error:
        raise PasskeyRefusedError from error
    return verified.new_sign_count


def challenge_of(answer: str) -> str:
    """Return the challenge (base64url) that an answer says to answer, by which the caller finds its own.

    Raises ``PasskeyRefusedError`` where nothing can be read.
    """
    try:
        said = json.loads(base64url_to_bytes(_read(answer)["response"]["clientDataJSON"]))
        return str(said["challenge"])
    except _UNREADABLE as error:
        raise PasskeyRefusedError from error


def credential_of(answer: str) -> str:
    """Return the id (base64url) of the passkey that an answer says to be of; raises ``PasskeyRefusedError``."""
    return str(_read(answer).get("id", ""))


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > MOST_ANSWER:
        raise PasskeyRefusedError
    try:
        read = json.loads(answer)
    except ValueError as error:
        raise PasskeyRefusedError from error
    if not isinstance(read, dict):
        raise PasskeyRefusedError
    return read


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    known = {transport.value for transport in AuthenticatorTransport}
    return PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(passkey.credential_id),
        transports=[AuthenticatorTransport(name) for name in passkey.transports if name in known] or None,
    )


def _transports(answer: str) -> tuple[str, ...]:
    """Return how the browser says that the device is reached: a hint for the next time, and no proof."""
    response = _read(answer).get("response")
    said = response.get("transports") if isinstance(response, dict) else None
    known = {transport.value for transport in AuthenticatorTransport}
    return tuple(name for name in said if name in known) if isinstance(said, list) else ()
