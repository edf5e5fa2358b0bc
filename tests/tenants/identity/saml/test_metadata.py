"""Reading the metadata of identity providers, writing our own, and who somebody is by which names."""

import pytest
from lxml import etree
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from tenants.identity.saml.attributes import describe_subject
from tenants.identity.saml.certificates import describe_certificate, normalise_certificate, split_certificates
from tenants.identity.saml.errors import MetadataInvalidError
from tenants.identity.saml.identity_provider import MAXIMUM_METADATA_BYTES, read_provider_metadata
from tenants.identity.saml.service_provider import ServiceProvider, service_provider_metadata
from tenants.identity.saml.settings import SamlSettings
from tests.tenants.identity.saml.identity_provider import IdentityProvider, find, key_pair

IDP = IdentityProvider(keys=[key_pair("the identity provider"), key_pair("the next one")])
MICROSOFT = "http://schemas.microsoft.com/"
CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"


def test_metadata_says_where_to_go_and_whose_keys_sign():
    read = read_provider_metadata(b'<?xml version="1.0"?><!-- ours -->' + IDP.metadata())
    assert read == (IDP.entity_id, IDP.sso_url, IDP.slo_url, IDP.certificates)
    theirs = OneLogin_Saml2_IdPMetadataParser.parse(IDP.metadata())["idp"]
    assert read.certificates == tuple(theirs["x509certMulti"]["signing"])


def test_a_key_for_encryption_alone_signs_nothing():
    metadata = IDP.metadata().replace(b'use="signing"', b'use="encryption"', 1)
    assert read_provider_metadata(metadata).certificates == IDP.certificates[1:]
    unnamed = IDP.metadata().replace(b' use="signing"', b"")
    assert read_provider_metadata(unnamed).certificates == IDP.certificates


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (b"<md:EntityDescriptor", b"<!DOCTYPE a><md:EntityDescriptor", "no plain XML"),
        (b"IDPSSODescriptor", b"SPSSODescriptor", "not the metadata of an identity provider"),
        (b"SAML:2.0:protocol", b"SAML:1.1:protocol", "not the metadata of an identity provider"),
        (b"bindings:HTTP-Redirect", b"bindings:SOAP", "redirect binding"),
        (b'use="signing"', b'use="encryption"', "no certificate"),
        (b'entityID="https://idp.example/saml"', b'entityID=" "', "entity id"),
        (b"<ds:X509Certificate>", b"<ds:X509Certificate>AAAA", "not a certificate"),
        (b"https://idp.example/saml/sso", b"javascript:alert(1)//", "redirect binding"),
        (b"https://idp.example/saml/slo", b"x" * MAXIMUM_METADATA_BYTES, "at most 1 MB"),
    ],
)
def test_other_metadata_is_refused(before, after, sentence):
    assert before in IDP.metadata()
    with pytest.raises(MetadataInvalidError, match=sentence) as raised:
        read_provider_metadata(IDP.metadata().replace(before, after))
    assert raised.value.code == "saml_metadata_invalid"


def test_the_metadata_of_a_federation_names_nobody():
    both = b'<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">%s%s</md:EntitiesDescriptor>'
    with pytest.raises(MetadataInvalidError, match="several"):
        read_provider_metadata(both % (IDP.metadata(), IDP.metadata()))


def test_certificates_are_taken_as_people_have_them():
    pems = [pair.certificate for pair in IDP.keys]
    assert split_certificates("\n".join(pems)) == list(IDP.certificates)
    assert split_certificates(f"  {IDP.certificates[0]}\n") == [IDP.certificates[0]]
    assert normalise_certificate(pems[0].replace("\n", "\r\n")) == IDP.certificates[0]
    assert describe_certificate(IDP.certificates[0]).subject == "CN=the identity provider"


def test_our_metadata_is_of_the_schema_signed_and_says_what_is_wanted():
    sp = ServiceProvider(
        "https://acme.example/metadata/", "https://acme.example/acs/?a=1&b=2", "https://acme.example/out/",
        key_pair("acme"),
    )  # fmt: skip
    settings = SamlSettings(
        entity_id=IDP.entity_id, sso_url=IDP.sso_url, slo_url=IDP.slo_url, certificates=IDP.certificates
    )
    written = service_provider_metadata(sp, settings)
    assert not isinstance(OneLogin_Saml2_XML.validate_xml(written, "saml-schema-metadata-2.0.xsd"), str)
    assert OneLogin_Saml2_Utils.validate_metadata_sign(written, cert=sp.key_pair.certificate)
    root = etree.fromstring(written)
    descriptor = find(root, "./*[local-name()='SPSSODescriptor']")
    assert (descriptor.get("AuthnRequestsSigned"), descriptor.get("WantAssertionsSigned")) == ("true", "true")
    places = {element.get("Location") for element in root.iter() if element.get("Location")}
    assert places == {sp.acs_url, sp.slo_url}
    assert sp.key_pair.private_key.splitlines()[1] not in written.decode()


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (  # Microsoft Entra
            {
                f"{CLAIMS}emailaddress": ("Ann@Acme.example",),
                f"{CLAIMS}name": ("ann@acme.onmicrosoft.com",),
                f"{MICROSOFT}identity/claims/displayname": ("Ann A",),
                f"{MICROSOFT}ws/2008/06/identity/claims/groups": ("1f2e", "9a0b"),
            },
            ("ann@acme.example", "Ann A", ("1f2e", "9a0b")),
        ),
        (  # Okta
            {"email": ("ann@acme.example",), "firstName": ("Ann",), "lastName": ("A",), "groups": ("staff",)},
            ("ann@acme.example", "Ann A", ("staff",)),
        ),
        (  # Google
            {"email": ("ann@acme.example",), "firstName": ("Ann",), "lastName": ("A",)},
            ("ann@acme.example", "Ann A", ()),
        ),
        (  # Keycloak
            {
                "urn:oid:1.2.840.113549.1.9.1": ("ann@acme.example",),
                "urn:oid:2.5.4.42": ("Ann",),
                "urn:oid:2.5.4.4": ("A",),
                "Role": ("staff", "hr"),
            },
            ("ann@acme.example", "Ann A", ("staff", "hr")),
        ),
        (  # AD FS
            {
                f"{CLAIMS}upn": ("ann@acme.example",),
                f"{CLAIMS}givenname": ("Ann",),
                f"{CLAIMS}surname": ("A",),
                "http://schemas.xmlsoap.org/claims/Group": ("staff",),
            },
            ("ann@acme.example", "Ann A", ("staff",)),
        ),
        ({}, ("name-id@acme.example", "", ())),
    ],
)
def test_people_are_known_by_the_names_of_the_great_providers(attributes, expected):
    settings = SamlSettings(entity_id="x", sso_url="https://idp.example/", certificates=("x",))
    assert describe_subject(settings, name_id="name-id@acme.example", attributes=attributes) == expected


def test_a_name_that_was_chosen_is_the_only_one_that_counts():
    settings = SamlSettings(
        entity_id="x", sso_url="https://idp.example/", certificates=("x",), email_attribute="work", name_attribute="n",
        groups_attribute="g",
    )  # fmt: skip
    given = {"email": ("private@ann.example",), "displayName": ("Ann",), "groups": ("staff",)}
    assert describe_subject(settings, name_id="ann@acme.example", attributes=given) == ("", "", ())
    chosen = {"work": ("ann@acme.example",), "n": ("Ann",), "g": ("hr",)}
    assert describe_subject(settings, name_id="x", attributes=given | chosen) == ("ann@acme.example", "Ann", ("hr",))
