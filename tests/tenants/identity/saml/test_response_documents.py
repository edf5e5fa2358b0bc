"""Answers as documents: encrypted, with comments, with something before them, or too large."""

import base64

import pytest
import xmlsec
from lxml import etree

from tenants.identity.saml.errors import Reason
from tenants.identity.saml.responses import MAXIMUM_RESPONSE_BYTES
from tests.tenants.identity.saml.answers import ACME, answer, believe, refusal
from tests.tenants.identity.saml.identity_provider import encrypt_assertion, find, key_pair


def test_an_encrypted_assertion_is_opened_with_the_tenants_own_key_alone():
    encrypted = answer(encrypt_for=ACME.key_pair.certificate)
    assert b"ann@acme.example" not in base64.b64decode(encrypted)
    assert believe(encrypted).attributes["email"] == ("ann@acme.example",)
    assert refusal(answer(encrypt_for=key_pair("globex").certificate)) is Reason.ENCRYPTION
    assert refusal(answer(encrypt_for=ACME.key_pair.certificate, sign=())) is Reason.UNSIGNED


def test_encryption_that_gives_the_key_away_is_refused():
    def encrypt(root):
        encrypt_assertion(root, ACME.key_pair.certificate, key_transport=xmlsec.Transform.RSA_PKCS1)

    assert refusal(answer(tamper=encrypt)) is Reason.ALGORITHM


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
