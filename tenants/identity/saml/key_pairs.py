"""A tenant's own key: it signs what is sent to identity providers, and opens what they encrypt."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["KeyPair", "create_key_pair"]

BITS = 3072
LIFETIME = timedelta(days=3650)
"""Providers pin the certificate; some refuse one that has expired, though SAML does not ask for it."""


class KeyPair(NamedTuple):
    """Both as PEM."""

    private_key: str
    certificate: str

    def __repr__(self) -> str:
        return "<KeyPair>"


def create_key_pair(name: str) -> KeyPair:
    """Return a new RSA key with a certificate that it signed itself; ``name`` is what providers show of it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .sign(key, hashes.SHA256())
    )
    return KeyPair(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        certificate.public_bytes(Encoding.PEM).decode(),
    )
