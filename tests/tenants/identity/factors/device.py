"""A security key in software: makes passkeys and signs challenges as a browser with a device does (WebAuthn)."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One device with one key; ``count`` goes up with each signature."""

    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: str = ""

    def register(self, options: str, *, origin: str, host: str = "", flags: int = PRESENT | VERIFIED) -> str:
        """Return what the browser at ``origin`` answers to options for a new passkey."""
        asked = json.loads(options)
        self.user_handle = asked["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        public_key = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + public_key
        data = self._data(host or asked["rp"]["id"], flags | ATTESTED) + attested
        response = {
            "clientDataJSON": _client_data("webauthn.create", asked["challenge"], origin),
            "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal", "by pigeon"],
        }
        return self._answer(response)

    def sign(self, options: str, *, origin: str, host: str = "", flags: int = PRESENT | VERIFIED) -> str:
        """Return what the browser at ``origin`` answers when it is asked for a proof."""
        asked = json.loads(options)
        self.count += 1
        data = self._data(host or asked["rpId"], flags)
        client_data = json_bytes("webauthn.get", asked["challenge"], origin)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": bytes_to_base64url(client_data),
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
            "userHandle": self.user_handle,
        }
        return self._answer(response)

    def _data(self, host: str, flags: int) -> bytes:
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _answer(self, response: dict) -> str:
        own_id = bytes_to_base64url(self.credential_id)
        return json.dumps({"id": own_id, "rawId": own_id, "type": "public-key", "response": response})


def json_bytes(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()


def _client_data(kind: str, challenge: str, origin: str) -> str:
    return bytes_to_base64url(json_bytes(kind, challenge, origin))
