"""What is asked of identity providers: as XML of the schema, packed and signed as the redirect binding has it."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from tenants.identity.saml.messages import new_message_id, sign_in_message, sign_out_message
from tenants.identity.saml.service_provider import ServiceProvider
from tenants.identity.saml.settings import NameIdFormat, SamlSettings
from tests.tenants.identity.saml.identity_provider import key_pair

SP = ServiceProvider("https://acme.example/m/", "https://acme.example/acs/", "", key_pair("acme"))
SETTINGS = SamlSettings(
    entity_id="idp",
    sso_url="https://idp.example/sso?idp=1&x=2",
    slo_url="https://idp.example/slo",
    certificates=("x",),
    name_id_format=NameIdFormat.PERSISTENT,
)


def unpack(url: str) -> etree._Element:
    packed = parse_qs(urlsplit(url).query)["SAMLRequest"][0]
    document = OneLogin_Saml2_Utils.decode_base64_and_inflate(packed)
    assert not isinstance(OneLogin_Saml2_XML.validate_xml(document, "saml-schema-protocol-2.0.xsd"), str)
    return etree.fromstring(document)


def is_signed_by(url: str, certificate: str) -> bool:
    query = urlsplit(url).query
    signed = query[query.index("SAMLRequest=") : query.index("&Signature=")]
    fields = parse_qs(query)
    return OneLogin_Saml2_Utils.validate_binary_sign(
        signed, base64.b64decode(fields["Signature"][0]), cert=certificate, algorithm=fields["SigAlg"][0]
    )


def test_a_sign_in_is_asked_for_at_the_providers_address_signed_by_the_tenant():
    message = sign_in_message(SP, SETTINGS, message_id="_1")
    request = unpack(message.url)
    assert message.url.startswith("https://idp.example/sso?idp=1&x=2&SAMLRequest=")
    assert (request.get("ID"), request.get("AssertionConsumerServiceURL")) == ("_1", SP.acs_url)
    assert request.get("Destination") == SETTINGS.sso_url
    assert [child.get("Format") or child.text for child in request] == [SP.entity_id, NameIdFormat.PERSISTENT]
    assert is_signed_by(message.url, SP.key_pair.certificate)
    assert not is_signed_by(message.url, key_pair("globex").certificate)


def test_requests_are_unsigned_where_the_administrator_says_so():
    plain = SamlSettings(entity_id="idp", sso_url="https://idp.example/", certificates=("x",), signs_requests=False)
    assert "Signature" not in sign_in_message(SP, plain, message_id="_1").url


def test_where_a_sign_out_began_is_signed_with_it():
    message = sign_out_message(SP, SETTINGS, message_id="_2", name_id="ann", relay_state="/chat?a=b&c")
    assert is_signed_by(message.url, SP.key_pair.certificate)
    assert "&RelayState=%2Fchat%3Fa%3Db%26c&SigAlg=" in message.url
    assert not is_signed_by(message.url.replace("%2Fchat", "%2Fother"), SP.key_pair.certificate)


@pytest.mark.parametrize("name_id", ["ann", '<"&>'])
def test_a_sign_out_names_who_and_which_session(name_id):
    message = sign_out_message(
        SP, SETTINGS, message_id="_2", name_id=name_id, name_id_format=NameIdFormat.EMAIL, session_index="_s"
    )
    request = unpack(message.url)
    assert [child.text for child in request] == [SP.entity_id, name_id, "_s"]
    assert message.url.startswith("https://idp.example/slo?SAMLRequest=")
    assert is_signed_by(message.url, SP.key_pair.certificate)


def test_ids_are_nobodys_to_guess():
    ids = {new_message_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(each.startswith("_") and len(each) == 41 for each in ids)
