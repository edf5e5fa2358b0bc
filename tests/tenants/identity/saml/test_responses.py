"""Which answers of an identity provider are believed: each refused one differs from a good one in one thing."""

import base64
import copy

import pytest
import xmlsec
from lxml import etree

from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.responses import MAXIMUM_RESPONSE_BYTES, receive, verify
from tenants.identity.saml.service_provider import ServiceProvider
from tenants.identity.saml.settings import SamlSettings
from tests.tenants.identity.saml.identity_provider import (
    NAMESPACES,
    IdentityProvider,
    encrypt_assertion,
    find,
    key_pair,
    moment,
    sign_element,
)

ACS = "https://acme.example/settings/sign-in/saml/okta/acs/"
ENTITY = "https://acme.example/settings/sign-in/saml/okta/metadata/"
ACME = ServiceProvider(ENTITY, ACS, "https://acme.example/settings/sign-in/saml/okta/logout/", key_pair("acme"))
ASKED = "_a-question"
RSA, AES = "http://www.w3.org/2001/04/xmlenc#rsa-1_5", "http://www.w3.org/2001/04/xmlenc#tripledes-cbc"


def settings_for(idp: IdentityProvider, **more) -> SamlSettings:
    return SamlSettings(entity_id=idp.entity_id, sso_url=idp.sso_url, certificates=idp.certificates, **more)


def answer(idp: IdentityProvider | None = None, **options) -> str:
    asked = {"acs_url": ACS, "audience": ENTITY, "request_id": ASKED} | options
    return (idp or IdentityProvider()).answer(**asked)


def believe(encoded: str, *, request_id: str = ASKED, provider: ServiceProvider = ACME, **settings):
    return verify(receive(encoded), provider, settings_for(IdentityProvider(), **settings), request_id=request_id)


def refusal(encoded: str, **options) -> Reason:
    with pytest.raises(ResponseRefusedError) as raised:
        believe(encoded, **options)
    return raised.value.reason


def set_attribute(path: str, name: str, value: str | None):
    """Return a change of one attribute, or its removal."""

    def change(root):
        element = find(root, path)
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)

    return change


def set_text(path: str, text: str):
    def change(root):
        find(root, path).text = text

    return change


def remove(path: str):
    def change(root):
        element = find(root, path)
        element.getparent().remove(element)

    return change


def test_a_signed_answer_to_what_was_asked_is_believed():
    assertion = believe(answer(name_id="ann", attributes={"email": ["ann@acme.example"], "groups": ["staff", "hr"]}))
    assert (assertion.name_id, assertion.attributes) == (
        "ann", {"email": ("ann@acme.example",), "groups": ("staff", "hr")},
    )  # fmt: skip
    assert assertion.session_index.startswith("_")
    assert assertion.authentication.endswith(":PasswordProtectedTransport")


def test_an_encrypted_assertion_is_opened_with_the_tenants_own_key_alone():
    encrypted = answer(encrypt_for=ACME.key_pair.certificate)
    assert b"ann@acme.example" not in base64.b64decode(encrypted)
    assert believe(encrypted).attributes["email"] == ("ann@acme.example",)
    assert refusal(answer(encrypt_for=key_pair("globex").certificate)) is Reason.ENCRYPTION
    assert refusal(answer(encrypt_for=ACME.key_pair.certificate, sign=())) is Reason.UNSIGNED


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


def test_encryption_that_gives_the_key_away_is_refused():
    def encrypt(root):
        encrypt_assertion(root, ACME.key_pair.certificate, key_transport=xmlsec.Transform.RSA_PKCS1)

    assert refusal(answer(tamper=encrypt)) is Reason.ALGORITHM


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (set_text("./saml:Issuer", "https://other.example"), Reason.ISSUER),
        (set_text(".//saml:Assertion/saml:Issuer", "https://other.example"), Reason.ISSUER),
        (set_text(".//saml:Audience", "https://globex.example/settings/sign-in/saml/okta/metadata/"), Reason.AUDIENCE),
        (set_text(".//saml:Audience", ENTITY + "more"), Reason.AUDIENCE),
        (remove(".//saml:AudienceRestriction"), Reason.AUDIENCE),
        (set_attribute(".", "Destination", "https://globex.example/settings/sign-in/saml/okta/acs/"), Reason.RECIPIENT),
        (set_attribute(".", "Destination", ACS + "more"), Reason.RECIPIENT),
        (set_attribute(".", "Destination", None), Reason.RECIPIENT),
        (set_attribute(".//saml:SubjectConfirmationData", "Recipient", ACS + "more"), Reason.RECIPIENT),
        (set_attribute(".//saml:SubjectConfirmationData", "Recipient", None), Reason.RECIPIENT),
        (
            set_attribute(".//saml:SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"),
            Reason.RECIPIENT,
        ),
        (remove(".//saml:SubjectConfirmationData"), Reason.RECIPIENT),
        (set_attribute(".", "InResponseTo", "_another"), Reason.REQUEST),
        (set_attribute(".", "InResponseTo", "_" * 81), Reason.REQUEST),
        (set_attribute(".//saml:SubjectConfirmationData", "InResponseTo", "_another"), Reason.REQUEST),
        (set_attribute(".//saml:SubjectConfirmationData", "InResponseTo", None), Reason.REQUEST),
        (set_attribute(".//saml:Conditions", "NotBefore", moment(days=1)), Reason.TOO_EARLY),
        (set_attribute(".//saml:Conditions", "NotOnOrAfter", moment(minutes=-10)), Reason.EXPIRED),
        (set_attribute(".//saml:SubjectConfirmationData", "NotOnOrAfter", moment(minutes=-10)), Reason.EXPIRED),
        (set_attribute(".//saml:SubjectConfirmationData", "NotOnOrAfter", None), Reason.EXPIRED),
        (set_attribute(".//saml:AuthnStatement", "SessionNotOnOrAfter", moment(minutes=-10)), Reason.EXPIRED),
        (set_attribute(".//saml:Conditions", "NotOnOrAfter", "soon"), Reason.STRUCTURE),
        (remove(".//saml:Conditions"), Reason.STRUCTURE),
        (remove(".//saml:AuthnStatement"), Reason.STRUCTURE),
        (remove(".//saml:NameID"), Reason.SUBJECT),
        (set_text(".//saml:NameID", " "), Reason.SUBJECT),
        (set_text(".//saml:NameID", "a" * 256), Reason.SUBJECT),
        (
            set_attribute(".//saml:NameID", "Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
            Reason.TRANSIENT,
        ),
        (set_attribute(".", "Version", "1.1"), Reason.STRUCTURE),
        (
            set_attribute(".//samlp:StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"),
            Reason.DECLINED,
        ),
    ],
)  # fmt: skip
def test_an_answer_that_its_provider_signed_is_refused_for_one_thing(change, reason):
    assert refusal(answer(change=change)) is reason


def test_every_restriction_of_the_audience_must_name_this_one():
    def restrict_twice(root):
        restriction = find(root, ".//saml:AudienceRestriction")
        restriction.addnext(copy.deepcopy(restriction))
        find(restriction, "./saml:Audience").text = "https://globex.example/"

    assert refusal(answer(change=restrict_twice)) is Reason.AUDIENCE


def test_the_same_answer_is_not_believed_by_another_tenant():
    globex = ServiceProvider(ENTITY.replace("acme", "globex"), ACS.replace("acme", "globex"), "", key_pair("globex"))
    assert believe(answer())
    assert refusal(answer(), provider=globex) is Reason.RECIPIENT


@pytest.mark.parametrize(
    ("path", "name", "seconds", "reason"),
    [
        ("saml:Conditions", "NotBefore", 90, None),
        ("saml:Conditions", "NotBefore", 150, Reason.TOO_EARLY),
        ("saml:Conditions", "NotOnOrAfter", -90, None),
        ("saml:Conditions", "NotOnOrAfter", -150, Reason.EXPIRED),
        ("saml:SubjectConfirmationData", "NotBefore", 90, None),
        ("saml:SubjectConfirmationData", "NotBefore", 150, Reason.TOO_EARLY),
        ("saml:SubjectConfirmationData", "NotOnOrAfter", -90, None),
        ("saml:SubjectConfirmationData", "NotOnOrAfter", -150, Reason.EXPIRED),
    ],
)
def test_clocks_may_differ_by_two_minutes_and_no_more(path, name, seconds, reason):
    encoded = answer(change=set_attribute(f".//{path}", name, moment(seconds=seconds)))
    if reason is None:
        assert believe(encoded)
    else:
        assert refusal(encoded) is reason


def test_what_is_signed_cannot_be_changed():
    for change in (
        set_text(".//saml:AttributeValue", "owner@acme.example"),
        set_text(".//saml:NameID", "somebody-else"),
        set_attribute(".//saml:Assertion", "IssueInstant", moment(minutes=1)),
    ):
        assert refusal(answer(tamper=change)) is Reason.SIGNATURE


def test_an_answer_to_no_question_is_believed_where_none_was_asked():
    assert believe(answer(request_id=""), request_id="")
    assert refusal(answer(request_id="")) is Reason.REQUEST
    assert refusal(answer(), request_id="") is Reason.REQUEST


def test_a_refusal_of_the_provider_is_told_as_one():
    encoded = answer(status="urn:oasis:names:tc:SAML:2.0:status:Requester", change=remove("./saml:Assertion"))
    assert refusal(encoded) is Reason.DECLINED


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


def changed_text(encoded: str, before: str, after: str) -> str:
    text = base64.b64decode(encoded).decode()
    assert before in text
    return base64.b64encode(text.replace(before, after).encode()).decode()


def test_a_comment_cannot_cut_an_address_in_two():
    """Canonical XML leaves comments out, so the signature still fits; the first text alone would be somebody else."""
    long = answer(name_id="owner@acme.example.evil.example")
    assert believe(long).name_id == "owner@acme.example.evil.example"
    cut = changed_text(long, "owner@acme.example.evil.example", "owner@acme.example<!-- -->.evil.example")
    assert refusal(cut) is Reason.UNREADABLE


def test_a_comment_in_what_was_encrypted_is_seen_too():
    def comment(root):
        named = find(root, ".//saml:NameID")
        named.text = "owner@acme.example"
        named.append(etree.Comment("cut"))
        named[0].tail = ".evil.example"

    encrypted = answer(change=comment, encrypt_for=ACME.key_pair.certificate)
    assert refusal(encrypted) is Reason.UNREADABLE


@pytest.mark.parametrize(
    "prologue",
    [
        "<!DOCTYPE samlp:Response>",
        '<!DOCTYPE samlp:Response [<!ENTITY who "owner@acme.example">]>',
        '<!DOCTYPE samlp:Response [<!ENTITY who SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE samlp:Response SYSTEM "http://127.0.0.1:9/evil.dtd">',
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
        "<?xml-stylesheet href='evil.xsl'?>",
        "<!-- -->",
    ],
)
def test_nothing_may_stand_before_an_answer(prologue):
    text = base64.b64decode(answer()).decode()
    assert believe(base64.b64encode(text.encode()).decode())
    assert refusal(base64.b64encode(f"{prologue}{text}".encode()).decode()) is Reason.UNREADABLE


@pytest.mark.parametrize("encoded", ["", "%%%", "bm90IHhtbA==", base64.b64encode(b"<a/><b/>").decode(), "\udce4"])
def test_what_is_no_xml_is_refused(encoded):
    assert refusal(encoded) is Reason.UNREADABLE


def test_what_is_no_response_is_refused():
    assert refusal(base64.b64encode(b"<html/>").decode()) is Reason.STRUCTURE


def test_a_huge_answer_is_refused_unread():
    groups = [f"group-{number}" for number in range(1500)]
    assert len(believe(answer(attributes={"groups": groups})).attributes["groups"]) == 1500
    huge = answer(attributes={"groups": ["x" * MAXIMUM_RESPONSE_BYTES]})
    assert refusal(huge) is Reason.TOO_LARGE
    assert refusal("A" * 10_000_000) is Reason.TOO_LARGE
