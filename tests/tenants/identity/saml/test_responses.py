"""Which answers of an identity provider are believed: each refused one differs from a good one in one thing."""

import copy

import pytest

from tenants.identity.saml.errors import Reason
from tenants.identity.saml.service_provider import ServiceProvider
from tests.tenants.identity.saml.answers import ACS, ENTITY, answer, believe, refusal, remove, set_attribute, set_text
from tests.tenants.identity.saml.identity_provider import find, key_pair, moment


def test_a_signed_answer_to_what_was_asked_is_believed():
    assertion = believe(answer(name_id="ann", attributes={"email": ["ann@acme.example"], "groups": ["staff", "hr"]}))
    assert (assertion.name_id, assertion.attributes) == (
        "ann", {"email": ("ann@acme.example",), "groups": ("staff", "hr")},
    )  # fmt: skip
    assert assertion.session_index.startswith("_")
    assert assertion.authentication.endswith(":PasswordProtectedTransport")


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


def test_an_answer_to_no_question_is_believed_where_none_was_asked():
    assert believe(answer(request_id=""), request_id="")
    assert refusal(answer(request_id="")) is Reason.REQUEST
    assert refusal(answer(), request_id="") is Reason.REQUEST


def test_a_refusal_of_the_provider_is_told_as_one():
    encoded = answer(status="urn:oasis:names:tc:SAML:2.0:status:Requester", change=remove("./saml:Assertion"))
    assert refusal(encoded) is Reason.DECLINED
