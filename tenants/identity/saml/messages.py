"""What is asked of an identity provider: to sign somebody in, or out.

Messages are sent by the redirect binding (SAML bindings, 3.4): the browser takes them along in an address.
"""

import base64
import secrets
import zlib
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from tenants.identity.saml.documents import NAMESPACES, Element, name_of
from tenants.identity.saml.service_provider import POST_BINDING, ServiceProvider
from tenants.identity.saml.settings import SamlSettings

__all__ = ["Message", "new_message_id", "sign_in_message", "sign_out_message"]

RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


class Message(NamedTuple):
    """A message and the address that a browser takes it to."""

    id: str
    url: str


def new_message_id() -> str:
    """Return an id that nobody can guess; XML wants it to begin with a letter or an underscore."""
    return f"_{secrets.token_hex(20)}"


def sign_in_message(provider: ServiceProvider, settings: SamlSettings, *, message_id: str) -> Message:
    """Ask to sign somebody in, and to send the answer to this tenant's address."""
    request = _message("AuthnRequest", provider, message_id, destination=settings.sso_url)
    request.set("ProtocolBinding", POST_BINDING)
    request.set("AssertionConsumerServiceURL", provider.acs_url)
    policy = etree.SubElement(request, name_of("samlp:NameIDPolicy"))
    policy.set("Format", str(settings.name_id_format))
    policy.set("AllowCreate", "true")
    return Message(message_id, _address(request, settings.sso_url, provider, signed=settings.signs_requests))


def sign_out_message(
    provider: ServiceProvider,
    settings: SamlSettings,
    *,
    message_id: str,
    name_id: str,
    name_id_format: str = "",
    session_index: str = "",
    relay_state: str = "",
) -> Message:
    """Ask to sign somebody out who was signed in under that name; always signed (SAML profiles, 4.4.4.1)."""
    request = _message("LogoutRequest", provider, message_id, destination=settings.slo_url)
    named = etree.SubElement(request, name_of("saml:NameID"))
    named.text = name_id
    if name_id_format:
        named.set("Format", name_id_format)
    if session_index:
        etree.SubElement(request, name_of("samlp:SessionIndex")).text = session_index
    return Message(message_id, _address(request, settings.slo_url, provider, signed=True, relay_state=relay_state))


def _message(name: str, provider: ServiceProvider, message_id: str, *, destination: str) -> Element:
    namespaces = {prefix: NAMESPACES[prefix] for prefix in ("samlp", "saml")}
    message = etree.Element(name_of(f"samlp:{name}"), nsmap=namespaces)
    message.set("ID", message_id)
    message.set("Version", "2.0")
    message.set("IssueInstant", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    message.set("Destination", destination)
    etree.SubElement(message, name_of("saml:Issuer")).text = provider.entity_id
    return message


def _address(message: Element, place: str, provider: ServiceProvider, *, signed: bool, relay_state: str = "") -> str:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = deflate.compress(etree.tostring(message)) + deflate.flush()
    # In this order: it is what is signed (SAML bindings, 3.4.4.1).
    query = urlencode(
        {"SAMLRequest": base64.b64encode(packed).decode(), **({"RelayState": relay_state} if relay_state else {})}
    )
    if signed:
        query += "&" + urlencode({"SigAlg": RSA_SHA256})
        key = load_pem_private_key(provider.key_pair.private_key.encode(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - it is of our own making (key_pairs)
        signature = key.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
        query += "&" + urlencode({"Signature": base64.b64encode(signature).decode()})
    return f"{place}{'&' if '?' in place else '?'}{query}"
