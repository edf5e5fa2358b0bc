"""This side's description of itself, by which an identity provider is set up (SAML metadata, 2.4.4)."""

from dataclasses import dataclass

from lxml import etree
from onelogin.saml2.metadata import OneLogin_Saml2_Metadata

from tenants.identity.saml.documents import NAMESPACES, name_of
from tenants.identity.saml.key_pairs import KeyPair
from tenants.identity.saml.settings import SamlSettings

__all__ = ["POST_BINDING", "REDIRECT_BINDING", "ServiceProvider", "service_provider_metadata"]

POST_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
REDIRECT_BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"


@dataclass(frozen=True)
class ServiceProvider:
    """A tenant as one of its identity providers sees it.

    The entity id is the address of the metadata on the tenant's first domain. Answers come to the domain on which they
    were asked for; ``other_acs_urls`` are those of the tenant's other domains.
    """

    entity_id: str
    acs_url: str
    slo_url: str
    key_pair: KeyPair
    other_acs_urls: tuple[str, ...] = ()


def service_provider_metadata(provider: ServiceProvider, settings: SamlSettings) -> bytes:
    """Return the signed metadata as XML."""
    root = etree.Element(name_of("md:EntityDescriptor"), nsmap={"md": NAMESPACES["md"], "ds": NAMESPACES["ds"]})
    root.set("entityID", provider.entity_id)
    descriptor = etree.SubElement(root, name_of("md:SPSSODescriptor"))
    descriptor.set("protocolSupportEnumeration", _PROTOCOL)
    descriptor.set("AuthnRequestsSigned", _boolean(settings.signs_requests))
    descriptor.set("WantAssertionsSigned", _boolean(settings.wants_signed_assertion))
    for use in ("signing", "encryption"):
        _key(descriptor, use, provider.key_pair.certificate)
    if settings.slo_url:
        logout = etree.SubElement(descriptor, name_of("md:SingleLogoutService"))
        logout.set("Binding", REDIRECT_BINDING)
        logout.set("Location", provider.slo_url)
    etree.SubElement(descriptor, name_of("md:NameIDFormat")).text = str(settings.name_id_format)
    for index, location in enumerate((provider.acs_url, *provider.other_acs_urls)):
        consumer = etree.SubElement(descriptor, name_of("md:AssertionConsumerService"))
        consumer.set("Binding", POST_BINDING)
        consumer.set("Location", location)
        consumer.set("index", str(index))
        consumer.set("isDefault", _boolean(index == 0))
    signed = OneLogin_Saml2_Metadata.sign_metadata(
        etree.tostring(root), provider.key_pair.private_key, provider.key_pair.certificate
    )
    return signed if isinstance(signed, bytes) else signed.encode()


def _key(descriptor: etree._Element, use: str, certificate: str) -> None:
    key = etree.SubElement(descriptor, name_of("md:KeyDescriptor"))
    key.set("use", use)
    data = etree.SubElement(etree.SubElement(key, name_of("ds:KeyInfo")), name_of("ds:X509Data"))
    lines = [line for line in certificate.splitlines() if line and not line.startswith("-----")]
    etree.SubElement(data, name_of("ds:X509Certificate")).text = "".join(lines)


def _boolean(value: bool) -> str:
    return "true" if value else "false"
