"""Domains of e-mail addresses: nobody comes in with an address that only looks like one at the domain."""

import pytest

from tenants.contract.email_domains import InvalidEmailDomainError, email_is_at, normalise_email_domain


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("acme.example", "acme.example"),
        (" @Acme.Example ", "acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_has_one_spelling(typed, domain):
    assert normalise_email_domain(typed) == domain
    assert normalise_email_domain(domain) == domain


@pytest.mark.parametrize(
    "typed",
    ["", "@", "example", "*.acme.example", "ann@acme.example", "acme.example:25", "https://acme.example", "10.0.0.1",
     "acme example", "acme..example", "acme.example\x00", "-acme.example"],
)  # fmt: skip
def test_what_is_not_surely_a_domain_is_refused_with_a_sentence(typed):
    with pytest.raises(InvalidEmailDomainError, match=r"\w{3}.*\.$") as refused:
        normalise_email_domain(typed)
    assert (refused.value.code, refused.value.field) == ("email_domain_invalid", "email_domains")


@pytest.mark.parametrize(
    ("email", "at"),
    [
        ("ann@acme.example", True),
        ("ann@ACME.example", True),
        ("ann@sub.acme.example", False),
        ("ann@evilacme.example", False),
        ("ann@acme.example.evil.example", False),
        ("acme.example", False),
        ("@acme.example", False),
        ("ann@", False),
        ("", False),
        ("ann@acme.example@evil.example", False),
        ("ann@bücher.example", True),
    ],
)
def test_an_address_is_at_a_domain_itself_and_nowhere_near_it(email, at):
    assert email_is_at(email, ("acme.example", "xn--bcher-kva.example")) is at
