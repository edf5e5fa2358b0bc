"""Reading the metadata of an identity provider (SAML metadata, 2.4.3)."""

from typing import NamedTuple
from urllib.parse import urlsplit

from tenants.identity.saml.certificates import MAXIMUM_CERTIFICATES, normalise_certificate
from tenants.identity.saml.documents import NAMESPACES, Element, UnreadableError, parse_document, text_of
from tenants.identity.saml.errors import MetadataInvalidError

__all__ = ["MAXIMUM_METADATA_BYTES", "ProviderMetadata", "read_provider_metadata"]

MAXIMUM_METADATA_BYTES = 1024 * 1024
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"


class ProviderMetadata(NamedTuple):
    """What an identity provider says of itself."""

    entity_id: str
    sso_url: str
    slo_url: str
    certificates: tuple[str, ...]


def read_provider_metadata(content: bytes) -> ProviderMetadata:
    """Return what the metadata of one identity provider says, or raise ``MetadataInvalidError`` that says why not."""
    if len(content) > MAXIMUM_METADATA_BYTES:
        raise MetadataInvalidError("Metadata has at most 1 MB.")
    try:
        root = parse_document(content, comments=True)
    except UnreadableError as error:
        raise MetadataInvalidError("This is not the metadata of an identity provider: it is no plain XML.") from error
    found = [each for each in _all(root, "//md:EntityDescriptor/md:IDPSSODescriptor") if _speaks_saml(each)]
    if len(found) != 1:
        several = "the metadata of several identity providers; give that of one"
        raise MetadataInvalidError(f"This is {several if found else 'not the metadata of an identity provider'}.")
    provider = found[0]
    entity = provider.getparent()
    sso_url = _location(provider, "md:SingleSignOnService")
    if not sso_url:
        raise MetadataInvalidError("The identity provider offers no sign-in by the redirect binding.")
    certificates = _certificates(provider)
    if not certificates:
        raise MetadataInvalidError("The metadata holds no certificate to check signatures with.")
    entity_id = (entity.get("entityID") or "").strip() if entity is not None else ""
    if not entity_id:
        raise MetadataInvalidError("The metadata does not say the identity provider's entity id.")
    return ProviderMetadata(entity_id, sso_url, _location(provider, "md:SingleLogoutService"), certificates)


def _speaks_saml(descriptor: Element) -> bool:
    return _PROTOCOL in (descriptor.get("protocolSupportEnumeration") or "").split()


def _location(provider: Element, service: str) -> str:
    """Return where a service is reached by the redirect binding, or nothing."""
    for place in _all(provider, f"./{service}"):
        location = (place.get("Location") or "").strip()
        if place.get("Binding") == _REDIRECT and urlsplit(location).scheme in {"https", "http"}:
            return location
    return ""


def _certificates(provider: Element) -> tuple[str, ...]:
    """Return whose keys may sign: those for signing, and those that are not said to be for anything."""
    path = "./md:KeyDescriptor[not(@use) or @use='signing']/ds:KeyInfo/ds:X509Data/ds:X509Certificate"
    certificates = dict.fromkeys(normalise_certificate(text_of(each)) for each in _all(provider, path))
    if len(certificates) > MAXIMUM_CERTIFICATES:
        raise MetadataInvalidError(f"The metadata holds more than {MAXIMUM_CERTIFICATES} certificates.")
    return tuple(certificates)


def _all(element: Element, path: str) -> list[Element]:
    found: list[Element] = element.xpath(path, namespaces=NAMESPACES)
    return found
