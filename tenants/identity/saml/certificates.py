"""Certificates of identity providers.

In SAML metadata they carry a key and no more: who signed them, and until when they are good, says nothing.
"""

import base64
import binascii
import re
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tenants.identity.saml.errors import MetadataInvalidError

__all__ = ["MAXIMUM_CERTIFICATES", "CertificateFacts", "describe_certificate", "normalise_certificate", "pem_of",
           "split_certificates"]  # fmt: skip

MAXIMUM_CERTIFICATES = 10
MINIMUM_RSA_BITS = 2048
MINIMUM_CURVE_BITS = 256
_LABELS = re.compile(r"-----(BEGIN|END) CERTIFICATE-----")


class CertificateFacts(NamedTuple):
    """What people compare certificates by."""

    subject: str
    fingerprint: str
    """SHA-256, in pairs of hexadecimal digits."""
    expires_at: datetime


def split_certificates(pasted: str) -> list[str]:
    """Return the certificates in what somebody pasted: PEM one after the other, or one without its labels."""
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", pasted, re.DOTALL)
    return [normalise_certificate(block) for block in blocks or [pasted] if block.strip()]


def normalise_certificate(text: str) -> str:
    """Return a certificate as base64 of its DER in one line, from PEM or base64 with whatever spaces.

    Raises ``MetadataInvalidError`` (``saml_metadata_invalid``) for what is none, and for keys that are too weak.
    """
    encoded = re.sub(r"\s+", "", _LABELS.sub("", text))
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(encoded, validate=True))
        key = certificate.public_key()
    except (binascii.Error, ValueError, TypeError) as error:
        raise MetadataInvalidError("This is not a certificate.", field="certificates") from error
    strong = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= MINIMUM_RSA_BITS) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= MINIMUM_CURVE_BITS
    )
    if not strong:
        raise MetadataInvalidError(
            f"A certificate needs an RSA key of at least {MINIMUM_RSA_BITS} bits, or one of an elliptic curve of at "
            f"least {MINIMUM_CURVE_BITS}.",
            field="certificates",
        )
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def pem_of(certificate: str) -> str:
    """Return a normalised certificate as PEM."""
    return x509.load_der_x509_certificate(base64.b64decode(certificate)).public_bytes(Encoding.PEM).decode()


def describe_certificate(certificate: str) -> CertificateFacts:
    """Return what is shown of a normalised certificate."""
    read = x509.load_der_x509_certificate(base64.b64decode(certificate))
    digest = read.fingerprint(hashes.SHA256()).hex(":").upper()
    return CertificateFacts(read.subject.rfc4514_string(), digest, read.not_valid_after_utc)
