"""What is public and what is not, address by address; and which spellings of an address are taken."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.outbound.addresses import is_public, resolve_name
from tenants.outbound.errors import UrlRefusedError, UrlUnreachableError
from tenants.outbound.urls import parse_url

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "172.32.0.1", "192.0.1.1", "223.255.255.255",
    "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
]  # fmt: skip
NOT_PUBLIC = {
    "this network": ["0.0.0.0", "0.1.2.3"],  # noqa: S104 - an address that is refused
    "loopback": ["127.0.0.1", "127.255.255.255", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"],
    "shared (CGNAT)": ["100.64.0.1", "100.127.255.255"],
    "link-local": ["169.254.1.1", "fe80::1", "febf::1"],
    "site-local": ["fec0::1"],
    "metadata": ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1"],
    "reserved and broadcast": ["240.0.0.1", "255.255.255.255"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "benchmarks and protocols": ["198.18.0.1", "192.0.0.1", "2001:2::1", "100::1", "5f00::1"],
    "unspecified": ["::"],
    "mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"],
    "compatible": ["::8.8.8.8", "::127.0.0.1"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1", "192.88.99.1"],
    "Teredo": ["2001:0:53aa:64c:0:fffe:f5ff:fffe", "2001::1"],
    "NAT64": ["64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet_are_public(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", [address for addresses in NOT_PUBLIC.values() for address in addresses], ids=lambda address: address
)
def test_everything_else_is_not(address):
    assert not is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_address_is_no_more_public_inside_another_one(address: IPv4Address):
    mapped, translated = (IPv6Address(f"{prefix}{address}") for prefix in ("::ffff:", "64:ff9b::"))
    assert is_public(mapped) == is_public(translated) == is_public(address)
    sixth = IPv6Address((0x2002 << 112) | (int(address) << 80))
    assert not is_public(sixth)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_private(address):
    if is_public(address):
        unwrapped = getattr(address, "ipv4_mapped", None) or address
        kinds = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_unspecified")
        assert [kind for kind in kinds if getattr(unwrapped, kind)] == []


def test_a_name_has_the_addresses_that_the_system_knows():
    assert IPv4Address("127.0.0.1") in resolve_name("localhost", 10)


def test_a_name_that_cannot_be_one_has_no_address():
    with pytest.raises(UrlUnreachableError, match="There is no address"):
        resolve_name("a..b", 10)


@pytest.mark.parametrize(
    ("url", "parsed"),
    [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM:443/a b".replace(" ", "%20"), "https://example.com/a%20b"),
        ("https://example.com./logo.png#part", "https://example.com/logo.png"),
        ("https://bücher.example/ü?q=ü&x=%2F", "https://xn--bcher-kva.example/%C3%BC?q=%C3%BC&x=%2F"),
        ("https://93.184.216.34/x", "https://93.184.216.34/x"),
        ("https://[2606:2800:220:1::1]/x", "https://[2606:2800:220:1::1]/x"),
    ],
)
def test_an_address_is_read_into_one_spelling(url, parsed):
    assert str(parse_url(url, https_only=True, ports={443})) == parsed


@pytest.mark.parametrize(
    "url",
    [
        "", "logo.png", "//example.com/x", "ftp://example.com/x", "file:///etc/passwd", "javascript:alert(1)",
        "gopher://example.com:443/_x", "https://", "https:///x", "https://user@example.com/", "https://u:p@example.com/",
        "https://example.com@10.0.0.1/", "https://10.0.0.1\\@example.com/", "https://example.com\\.evil.example/",
        "https://example.com:22/", "https://example.com:0/", "https://example.com:99999/", "https://example.com:x/",
        "https://exa mple.com/", "https://example.com/\r\nHost: evil", "https://example.com/\x00", "https://\u202eexample.com",
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://0x7f.1/", "https://127.0.0.1.0x1/", "https://010.8.8.8/", "https://1.2.3.4.5/", "https://①②⑦.⓪.⓪.①/",
        "https://[::1", "https://[::1]x/", "https://[fe80::1%25eth0]/", "https://[::ffff:1.2.3]/", "https://[1.2.3.4]/",
        "https://localhost/", "https://metadata/", "https://exa_mple.com/", "https://-a.example/", "https://a..example/",
        "https://%6c%6f.example/", "https://xn--a.example/", "https://example.com/" + "x" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_could_be_read_otherwise_is_refused(url):
    with pytest.raises(UrlRefusedError):
        parse_url(url, https_only=True, ports={80, 443})


def test_plain_http_is_taken_where_it_is_allowed_only():
    with pytest.raises(UrlRefusedError, match="must begin with https"):
        parse_url("http://example.com/", https_only=True, ports={80, 443})
    assert parse_url("http://example.com/", https_only=False, ports={80, 443}).port == 80
