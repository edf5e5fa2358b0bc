"""Networks: one spelling each, and no address that comes in by another spelling than the one that is listed."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.contract.networks import InvalidNetworkError, Networks, normalise_address, normalise_network


@pytest.mark.parametrize(
    ("typed", "network"),
    [
        ("203.0.113.0/24", "203.0.113.0/24"),
        (" 203.0.113.7 ", "203.0.113.7/32"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8:0:0::1", "2001:db8::1/128"),
        ("::ffff:203.0.113.0/120", "203.0.113.0/24"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_a_network_has_one_spelling(typed, network):
    assert normalise_network(typed) == network
    assert normalise_network(network) == network


@pytest.mark.parametrize(
    "typed",
    [
        "", "acme.example", "203.0.113", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/24/8", "10.1.2.3/8",
        "2001:db8::1/32", "fe80::1%eth0", "fe80::%eth0/64", "203.0.113.256", "0x7f.1", "010.0.0.1", "1", "a" * 500,
    ],
)  # fmt: skip
def test_what_is_not_surely_a_network_is_refused_with_a_sentence(typed):
    with pytest.raises(InvalidNetworkError, match=r"\w{3}.*\.$") as refused:
        normalise_network(typed)
    assert (refused.value.code, refused.value.field) == ("network_invalid", "networks")


def test_an_address_within_a_network_is_refused_with_both_ways_to_write_it():
    with pytest.raises(InvalidNetworkError, match=r"write 10\.0\.0\.0/8 for all of it, or 10\.1\.2\.3 alone"):
        normalise_network("10.1.2.3/8")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("203.0.113.7", True),
        ("::ffff:203.0.113.7", True),
        ("::ffff:cb00:7107", True),
        ("203.0.114.7", False),
        ("2001:db8::7", True),
        ("2001:0DB8:0::7", True),
        ("2001:db9::7", False),
        ("::ffff:203.0.114.7", False),
        ("::203.0.113.7", False),
        ("", False),
        ("unknown", False),
        ("203.0.113.7:443", False),
        ("203.0.113.7, 10.0.0.1", False),
    ],
)
def test_an_address_is_compared_whatever_its_spelling(address, allowed):
    networks = Networks(["203.0.113.0/24", "2001:db8::/32"])
    assert (address in networks, networks.allow(address)) == (allowed, allowed)


def test_without_a_network_everybody_may_come_in_also_by_an_address_that_is_not_known():
    assert Networks([]).allow("")
    assert Networks([]).allow("203.0.113.7")
    assert "203.0.113.7" not in Networks([])


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_lies_in_its_own_network_under_both_of_its_spellings(address, prefix):
    network = normalise_network(str(ipaddress.ip_network((address, prefix), strict=False)))
    for spelling in (str(address), f"::ffff:{address}"):
        assert spelling in Networks([network])
        assert normalise_address(spelling) == str(address)
