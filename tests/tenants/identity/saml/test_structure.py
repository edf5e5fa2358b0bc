"""The one shape of an answer, checked before anything else is asked: each refused one breaks one rule of it."""

import base64
import copy

import pytest
from lxml import etree

from tenants.identity.saml.documents import name_of
from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.structure import check_structure, signed_elements
from tests.tenants.identity.saml.identity_provider import IdentityProvider, find


def document() -> etree._Element:
    """An answer in which response and assertion are signed."""
    encoded = IdentityProvider().answer(
        acs_url="https://acme.example/acs/", audience="acme", request_id="_1", sign=("saml:Assertion", "samlp:Response")
    )
    return etree.fromstring(base64.b64decode(encoded))


def extensions(root) -> etree._Element:
    made = etree.Element(name_of("samlp:Extensions"))
    find(root, "./saml:Issuer").addnext(made)
    return made


def another_root(root):
    root.tag = name_of("samlp:LogoutResponse")


def two_assertions(root):
    root.append(etree.Element(name_of("saml:Assertion"), ID="_other"))


def no_assertion(root):
    root.remove(find(root, "./saml:Assertion"))


def a_deeper_assertion(root):
    extensions(root).append(find(root, "./saml:Assertion"))


def a_response_within(root):
    etree.SubElement(extensions(root), name_of("samlp:Response"))


def an_id_twice(root):
    find(root, ".//saml:Subject").set("Id", find(root, "./saml:Assertion").get("ID"))


def an_id_twice_by_xml(root):
    name = "{http://www.w3.org/XML/1998/namespace}id"
    find(root, ".//saml:Subject").set(name, find(root, "./saml:Assertion").get("ID"))


def a_signature_elsewhere(root):
    subject = find(root, ".//saml:Subject")
    subject.set("ID", "_subject")
    signature = copy.deepcopy(find(root, "./ds:Signature"))
    find(signature, ".//ds:Reference").set("URI", "#_subject")
    subject.append(signature)


def a_signature_of_another(root):
    find(root, "./saml:Assertion/ds:Signature//ds:Reference").set("URI", f"#{root.get('ID')}")


def a_signature_of_the_document(root):
    find(root, "./ds:Signature//ds:Reference").set("URI", "")


def a_signature_of_two(root):
    info = find(root, "./ds:Signature/ds:SignedInfo")
    info.append(copy.deepcopy(find(info, "./ds:Reference")))


def a_reference_in_the_key(root):
    find(root, "./ds:Signature/ds:KeyInfo").append(copy.deepcopy(find(root, ".//ds:Reference")))


def an_object_in_a_signature(root):
    etree.SubElement(find(root, "./ds:Signature"), name_of("ds:Object"))


def a_third_transform(root):
    transforms = find(root, "./ds:Signature//ds:Transforms")
    transforms.append(copy.deepcopy(transforms[1]))


@pytest.mark.parametrize(
    "change",
    [
        another_root, two_assertions, no_assertion, a_deeper_assertion, a_response_within, an_id_twice,
        an_id_twice_by_xml, a_signature_elsewhere, a_signature_of_another, a_signature_of_the_document,
        a_signature_of_two, a_reference_in_the_key, an_object_in_a_signature, a_third_transform,
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(change):
    root = document()
    check_structure(root)
    change(root)
    with pytest.raises(ResponseRefusedError) as raised:
        check_structure(root)
    assert raised.value.reason is Reason.STRUCTURE


@pytest.mark.parametrize("path", [".//ds:SignatureMethod", ".//ds:DigestMethod", ".//ds:CanonicalizationMethod"])
def test_algorithms_that_are_not_named_are_refused(path):
    root = document()
    find(root, path).set("Algorithm", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")
    with pytest.raises(ResponseRefusedError) as raised:
        check_structure(root)
    assert raised.value.reason is Reason.ALGORITHM


def test_what_carries_a_signature_is_told_by_name():
    root = document()
    assert signed_elements(root) == {name_of("saml:Assertion"), name_of("samlp:Response")}
    root.remove(find(root, "./ds:Signature"))
    assert signed_elements(root) == {name_of("saml:Assertion")}
