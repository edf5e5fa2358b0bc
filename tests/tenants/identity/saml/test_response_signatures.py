"""What the signature of an answer covers, by whom and how: nothing else is believed."""

import copy

import pytest
import xmlsec
from lxml import etree

from tenants.identity.saml.errors import Reason
from tenants.identity.saml.responses import receive, verify
from tests.tenants.identity.saml.answers import (
    ACME,
    ASKED,
    answer,
    believe,
    refusal,
    set_attribute,
    set_text,
    settings_for,
)
from tests.tenants.identity.saml.identity_provider import (
    NAMESPACES,
    IdentityProvider,
    find,
    key_pair,
    moment,
    sign_element,
)


@pytest.mark.parametrize(
    ("signs", "required", "believed"),
    [
        (("saml:Assertion",), True, True),
        (("saml:Assertion", "self::samlp:Response"), True, True),
        (("self::samlp:Response",), True, False),
        (("self::samlp:Response",), False, True),
        ((), False, False),
        ((), True, False),
    ],
)
def test_what_has_to_be_signed(signs, required, believed):
    signs = tuple(name.removeprefix("self::") for name in signs)
    encoded = answer(sign=signs)
    if believed:
        assert believe(encoded, wants_signed_assertion=required).attributes["email"] == ("ann@acme.example",)
    else:
        assert refusal(encoded, wants_signed_assertion=required) is Reason.UNSIGNED


def test_all_certificates_of_the_provider_are_tried_and_no_others():
    old, new, foreign = key_pair("the identity provider"), key_pair("the next one"), key_pair("somebody else")
    both = IdentityProvider(keys=[old, new])
    for signer in (old, new):
        received = receive(answer(IdentityProvider(keys=[signer])))
        assert verify(received, ACME, settings_for(both), request_id=ASKED).name_id
    assert refusal(answer(IdentityProvider(keys=[new]))) is Reason.SIGNATURE
    assert refusal(answer(IdentityProvider(keys=[foreign]))) is Reason.SIGNATURE


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("signature", xmlsec.Transform.RSA_SHA1),
        ("digest", xmlsec.Transform.SHA1),
    ],
)
def test_sha1_is_refused(algorithm, value):
    assert refusal(answer(**{algorithm: value})) is Reason.ALGORITHM


def test_what_is_signed_cannot_be_changed():
    for change in (
        set_text(".//saml:AttributeValue", "owner@acme.example"),
        set_text(".//saml:NameID", "somebody-else"),
        set_attribute(".//saml:Assertion", "IssueInstant", moment(minutes=1)),
    ):
        assert refusal(answer(tamper=change)) is Reason.SIGNATURE


def forged(root) -> etree._Element:
    """Return an assertion about somebody else, with another id and no signature."""
    evil = copy.deepcopy(find(root, "./saml:Assertion"))
    evil.set("ID", "_evil")
    evil.remove(find(evil, "./ds:Signature"))
    find(evil, ".//saml:NameID").text = "somebody-else"
    find(evil, ".//saml:AttributeValue").text = "owner@acme.example"
    return evil


def wrap_beside(root):
    """XSW3: the forged assertion before the signed one."""
    find(root, "./saml:Assertion").addprevious(forged(root))


def wrap_behind(root):
    """XSW4 without its nesting: the forged assertion after the signed one."""
    root.append(forged(root))


def wrap_around(root):
    """XSW4: the signed assertion inside of the forged one."""
    signed, evil = find(root, "./saml:Assertion"), forged(root)
    signed.addprevious(evil)
    evil.append(signed)


def wrap_in_object(root):
    """XSW8: the forged assertion holds the signature, whose object holds what was signed."""
    signed, evil = find(root, "./saml:Assertion"), forged(root)
    signature = find(signed, "./ds:Signature")
    signed.addprevious(evil)
    find(evil, "./saml:Issuer").addnext(signature)
    etree.SubElement(signature, f"{{{NAMESPACES['ds']}}}Object").append(signed)


def wrap_in_extensions(root):
    """XSW7: the signed assertion away in the extensions of the answer."""
    signed, evil = find(root, "./saml:Assertion"), forged(root)
    signed.addprevious(evil)
    extensions = etree.Element(f"{{{NAMESPACES['samlp']}}}Extensions")
    find(root, "./saml:Issuer").addnext(extensions)
    extensions.append(signed)


def wrap_by_same_id(root):
    """XSW6: as the object, with the forged assertion under the signed one's id."""
    wrap_in_object(root)
    find(root, "./saml:Assertion").set("ID", find(root, ".//ds:Object/saml:Assertion").get("ID"))


def wrap_by_xml_id(root):
    """Another element says to be the one that is signed, in the way that XML itself has."""
    signed = find(root, "./saml:Assertion")
    find(signed, ".//saml:Subject").set("{http://www.w3.org/XML/1998/namespace}id", signed.get("ID"))


def move_signature(root):
    """The assertion's signature stands in the answer, and speaks of the assertion."""
    signature = find(root, "./saml:Assertion/ds:Signature")
    find(root, "./saml:Issuer").addnext(signature)


@pytest.mark.parametrize(
    "wrap",
    [
        wrap_beside, wrap_behind, wrap_around, wrap_in_object, wrap_in_extensions, wrap_by_same_id, wrap_by_xml_id,
        move_signature,
    ],
)  # fmt: skip
def test_a_signed_assertion_lends_its_signature_to_no_other(wrap):
    assert refusal(answer(tamper=wrap)) is Reason.STRUCTURE


def wrap_response(root):
    """XSW1: a forged answer around the signed one."""
    signed = copy.deepcopy(root)
    signature = find(root, "./ds:Signature")
    root.remove(signature)
    root.set("ID", "_evil")
    find(root, ".//saml:AttributeValue").text = "owner@acme.example"
    etree.SubElement(signature, f"{{{NAMESPACES['ds']}}}Object").append(signed)
    find(root, "./saml:Issuer").addnext(signature)


def test_a_signed_answer_lends_its_signature_to_no_other():
    good = answer(sign=("samlp:Response",))
    assert believe(good, wants_signed_assertion=False)
    assert refusal(answer(sign=("samlp:Response",), tamper=wrap_response), wants_signed_assertion=False) is (
        Reason.STRUCTURE
    )


def test_a_signature_of_several_things_or_of_something_transformed_is_refused():
    def twice(root):
        reference = find(root, ".//ds:Reference")
        reference.addnext(copy.deepcopy(reference))

    def transformed(root):
        find(root, ".//ds:Transform").set("Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116")

    assert refusal(answer(tamper=twice)) is Reason.STRUCTURE
    assert refusal(answer(tamper=transformed)) is Reason.ALGORITHM


def test_a_key_that_comes_with_the_answer_is_not_trusted():
    def sign_anew(root):
        assertion = find(root, "./saml:Assertion")
        find(assertion, ".//saml:AttributeValue").text = "owner@acme.example"
        assertion.remove(find(assertion, "./ds:Signature"))
        sign_element(assertion, key_pair("somebody else"))

    assert refusal(answer(tamper=sign_anew)) is Reason.SIGNATURE
