"""An identity provider of the tests: its keys, its metadata, and answers signed (and encrypted) as real ones are.

An answer is XML that a test may change before it is signed (``change``) or afterwards (``tamper``), so that each test
shows an answer that differs from a good one in one thing.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

import xmlsec
from lxml import etree

from tenants.identity.saml.certificates import normalise_certificate
from tenants.identity.saml.key_pairs import KeyPair, create_key_pair

NAMESPACES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
}
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
Change = Callable[[etree._Element], object]

RESPONSE = """\
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
    ID="{response_id}" Version="2.0" IssueInstant="{now}" Destination="{acs_url}" InResponseTo="{request_id}">
  <saml:Issuer>{issuer}</saml:Issuer>
  <samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>
  <saml:Assertion ID="{assertion_id}" Version="2.0" IssueInstant="{now}">
    <saml:Issuer>{issuer}</saml:Issuer>
    <saml:Subject>
      <saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{name_id}</saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
        <saml:SubjectConfirmationData NotOnOrAfter="{later}" Recipient="{acs_url}" InResponseTo="{request_id}"/>
      </saml:SubjectConfirmation>
    </saml:Subject>
    <saml:Conditions NotBefore="{now}" NotOnOrAfter="{later}">
      <saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction>
    </saml:Conditions>
    <saml:AuthnStatement AuthnInstant="{now}" SessionIndex="{session_index}">
      <saml:AuthnContext>
        <saml:AuthnContextClassRef>{authentication}</saml:AuthnContextClassRef>
      </saml:AuthnContext>
    </saml:AuthnStatement>
    <saml:AttributeStatement>{attributes}</saml:AttributeStatement>
  </saml:Assertion>
</samlp:Response>"""

METADATA = """\
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    {keys}
    <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{slo_url}"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{sso_url}post"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="{sso_url}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>"""

KEY = (
    '<md:KeyDescriptor use="{use}"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
    "<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
)


@cache
def key_pair(name: str) -> KeyPair:
    """Return a key pair of that name, made once, for making one takes a while."""
    return create_key_pair(name)


def find(root: etree._Element, path: str) -> etree._Element:
    """Return the first element under a path, which must be there."""
    return root.xpath(path, namespaces=NAMESPACES)[0]


def moment(**offset: float) -> str:
    """Return a time from now as SAML writes it."""
    return (datetime.now(UTC) + timedelta(**offset)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class IdentityProvider:
    """A provider with its own name and key. ``keys`` are what its metadata tells, the first one signs."""

    entity_id: str = "https://idp.example/saml"
    sso_url: str = "https://idp.example/saml/sso"
    slo_url: str = "https://idp.example/saml/slo"
    keys: list[KeyPair] = field(default_factory=lambda: [key_pair("the identity provider")])

    @property
    def certificates(self) -> tuple[str, ...]:
        """The certificates as our settings keep them."""
        return tuple(normalise_certificate(pair.certificate) for pair in self.keys)

    def metadata(self) -> bytes:
        """Return the metadata."""
        keys = "".join(KEY.format(use="signing", certificate=certificate) for certificate in self.certificates)
        return METADATA.format(entity_id=self.entity_id, sso_url=self.sso_url, slo_url=self.slo_url, keys=keys).encode()

    def answer(
        self,
        *,
        acs_url: str,
        audience: str,
        request_id: str,
        name_id: str = "7c9e6679",
        attributes: dict[str, list[str]] | None = None,
        status: str = SUCCESS,
        authentication: str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
        sign: tuple[str, ...] = ("saml:Assertion",),
        signature: str = xmlsec.Transform.RSA_SHA256,
        digest: str = xmlsec.Transform.SHA256,
        encrypt_for: str = "",
        change: Change | None = None,
        tamper: Change | None = None,
    ) -> str:
        """Return an answer as the form field holds it: base64 of the XML."""
        given = {"email": ["ann@acme.example"], "displayName": ["Ann"]} if attributes is None else attributes
        document = RESPONSE.format(
            response_id=f"_{secrets.token_hex(16)}", assertion_id=f"_{secrets.token_hex(16)}",
            session_index=f"_{secrets.token_hex(8)}", now=moment(), later=moment(minutes=5), acs_url=acs_url,
            audience=audience, request_id=request_id, issuer=self.entity_id, name_id=name_id, status=status,
            authentication=authentication, attributes="".join(map(_attribute, given, given.values())),
        )  # fmt: skip
        root = etree.fromstring(document)
        if not request_id:
            for element in root.xpath("//*[@InResponseTo]"):
                del element.attrib["InResponseTo"]
        if change is not None:
            change(root)
        for name in sign:  # the assertion before the response around it
            for element in root.xpath(f"descendant-or-self::{name}", namespaces=NAMESPACES):
                sign_element(element, self.keys[0], signature=signature, digest=digest)
        if encrypt_for:
            encrypt_assertion(root, encrypt_for)
        if tamper is not None:
            tamper(root)
        return base64.b64encode(etree.tostring(root)).decode()


def _attribute(name: str, values: list[str]) -> str:
    inner = "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
    return f'<saml:Attribute Name="{name}">{inner}</saml:Attribute>'


def sign_element(
    element: etree._Element,
    pair: KeyPair,
    *,
    signature: str = xmlsec.Transform.RSA_SHA256,
    digest: str = xmlsec.Transform.SHA256,
) -> None:
    """Sign an element by its id, the signature right behind its issuer."""
    node = xmlsec.template.create(element, xmlsec.Transform.EXCL_C14N, signature, ns="ds")
    find(element, "./saml:Issuer").addnext(node)
    reference = xmlsec.template.add_reference(node, digest, uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(node))
    xmlsec.tree.add_ids(element, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pair.private_key, xmlsec.KeyFormat.PEM)
    context.key.load_cert_from_memory(pair.certificate, xmlsec.KeyFormat.PEM)
    context.sign(node)


def encrypt_assertion(
    root: etree._Element, certificate: str, *, key_transport: str = xmlsec.Transform.RSA_OAEP
) -> None:
    """Put the assertion away in an encrypted one that only the certificate's key opens."""
    assertion = find(root, "./saml:Assertion")
    template = xmlsec.template.encrypted_data_create(
        root, xmlsec.Transform.AES256, type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    key_info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    encrypted_key = xmlsec.template.add_encrypted_key(key_info, key_transport)
    xmlsec.template.encrypted_data_ensure_cipher_value(encrypted_key)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM))
    context = xmlsec.EncryptionContext(manager)
    context.key = xmlsec.Key.generate(xmlsec.KeyData.AES, 256, xmlsec.KeyDataType.SESSION)
    wrapper = etree.Element(f"{{{NAMESPACES['saml']}}}EncryptedAssertion")
    assertion.addprevious(wrapper)
    wrapper.append(assertion)
    context.encrypt_xml(template, assertion)
