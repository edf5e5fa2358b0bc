"""Host names: one form for each host, and nothing that is not one."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.contract.errors import InvalidValueError
from tenants.contract.hosts import (
    RESERVED_NAMES,
    InvalidHostError,
    normalise_host,
    validate_schema_name,
    validate_slug,
)

CANONICAL = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("acme.localhost", "acme.localhost"),
        ("ACME.LocalHost", "acme.localhost"),
        ("acme.localhost.", "acme.localhost"),
        ("acme.localhost:8000", "acme.localhost"),
        ("acme.localhost.:443", "acme.localhost"),
        ("acme.localhost:00080", "acme.localhost"),
        ("localhost", "localhost"),
        ("1.example", "1.example"),
        ("a-b--c.example", "a-b--c.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.Example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0ecom", "example.com"),
        ("faß.example", "xn--fa-hia.example"),
        ("\u212a.example", "k.example"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example"),
        (".".join(["a" * 61] * 4) + ".aaaaa", ".".join(["a" * 61] * 4) + ".aaaaa"),
    ],
)
def test_every_spelling_of_a_host_has_one_form(value, host):
    assert normalise_host(value) == host


HOSTILE = {
    "empty": "",
    "only a dot": ".",
    "only dots": "...",
    "only a port": ":8000",
    "empty port": "acme.localhost:",
    "port zero": "acme.localhost:0",
    "port too high": "acme.localhost:65536",
    "negative port": "acme.localhost:-1",
    "signed port": "acme.localhost:+80",
    "port in words": "acme.localhost:http",
    "port in other digits": "acme.localhost:٨٠",
    "port in superscript": "acme.localhost:²",
    "two ports": "acme.localhost:80:90",
    "endless port": "acme.localhost:" + "1" * 280,
    "two trailing dots": "acme.localhost..",
    "leading dot": ".acme.localhost",
    "empty label": "acme..localhost",
    "leading hyphen": "-acme.localhost",
    "trailing hyphen": "acme-.localhost",
    "underscore": "acme_1.localhost",
    "wildcard": "*.localhost",
    "label too long": "a" * 64 + ".localhost",
    "host too long": ".".join(["a" * 61] * 4) + ".aaaaaa",
    "far too long": "a." * 5000,
    "user information": "user@acme.localhost",
    "user and password": "user:secret@acme.localhost",
    "scheme": "http://acme.localhost",
    "path": "acme.localhost/admin",
    "query": "acme.localhost?x=1",
    "fragment": "acme.localhost#x",
    "backslash": "acme.localhost\\@globex.localhost",
    "percent": "acme%2elocalhost",
    "two hosts": "acme.localhost,globex.localhost",
    "inner space": "acme .localhost",
    "leading space": " acme.localhost",
    "trailing space": "acme.localhost ",
    "no-break space": "acme\u00a0.localhost",
    "tab": "acme\t.localhost",
    "line feed": "acme.localhost\n",
    "header injection": "acme.localhost\r\nX-Evil: 1",
    "NUL": "acme.localhost\x00",
    "delete": "acme\x7f.localhost",
    "IPv4": "127.0.0.1",
    "IPv4 and port": "127.0.0.1:8000",
    "IPv4 short": "127.1",
    "IPv4 as a number": "2130706433",
    "IPv4 in hexadecimal": "0x7f000001",
    "IPv4 partly hexadecimal": "127.0.0.0x1",
    "IPv4 in octal": "0177.0.0.01",
    "IPv4 with a dot": "127.0.0.1.",
    "ends in a number": "acme.1",
    "IPv4 in full width": "\uff11\uff12\uff17.0.0.1",
    "IPv6": "[::1]",
    "IPv6 and port": "[::1]:8000",
    "IPv6 bare": "::1",
    "IPv6 of IPv4": "[::ffff:127.0.0.1]",
    "script": "<script>alert(1)</script>",
    "quote": "acme'.localhost",
    "SQL": "acme.localhost'; DROP TABLE registry_tenant; --",
    "template": "{{acme}}.localhost",
    "emoji": "\U0001f600.example",
    "zero width space only": "\u200b",
    "right-to-left override": "acme\u202e.localhost",
    "lone surrogate": "acme\ud800.localhost",
    "mixed directions": "aא.example",
    "not punycode": "xn--a.localhost",
    "punycode of nothing": "xn--.localhost",
    "punycode of ASCII": "xn--acme-.localhost",
    "punycode of capitals": "xn--Bcher-kva8.example",
    "punycode of an emoji": "xn--e28h.example",
    "slash in full width": "acme\uff0elocalhost\uff0fadmin",
    "colon in full width": "acme.localhost\uff1a80",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_not_surely_a_host_is_refused(value):
    with pytest.raises(InvalidHostError) as refused:
        normalise_host(value)
    assert (refused.value.code, refused.value.field) == ("host_invalid", "host")
    assert refused.value.message.endswith(".")
    assert "script" not in refused.value.message


@given(st.one_of(st.text(max_size=320), st.text(string.ascii_letters + string.digits + ".-:xn[]@% äß。", max_size=80)))
def test_any_text_is_refused_or_becomes_a_canonical_host_that_stays_as_it_is(value):
    try:
        host = normalise_host(value)
    except InvalidHostError:
        return
    assert CANONICAL.fullmatch(host)
    assert normalise_host(host) == host
    assert normalise_host(f"{host}.:8000") == normalise_host(host.upper()) == host


LABELS = st.from_regex(r"[a-z0-9]([a-z0-9]{0,10}-)?[a-z0-9]{1,10}", fullmatch=True).filter(
    lambda label: not label.startswith("xn--")
)


@given(st.lists(LABELS, min_size=1, max_size=5), st.integers(1, 65535))
def test_every_ordinary_host_is_accepted_with_any_port(labels, port):
    host = ".".join([*labels, "example"])
    assert normalise_host(f"{host.upper()}:{port}") == host


@pytest.mark.parametrize("slug", ["ab", "acme", "acme-2", "a-b-c", "a1", "a" * 39])
def test_short_names_that_serve(slug):
    assert validate_slug(slug) == slug


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "a",
        "A",
        "Acme",
        "1acme",
        "-acme",
        "acme-",
        "acme--two",
        "acme_2",
        "ac me",
        "a" * 40,
        "acme\n",
        "äcme",
        "a.b",
    ],
)
def test_short_names_that_do_not_serve(slug):
    with pytest.raises(InvalidValueError) as refused:
        validate_slug(slug)
    assert (refused.value.code, refused.value.field) == ("slug_invalid", "slug")


@pytest.mark.parametrize("slug", [*sorted(RESERVED_NAMES), "pg-toast", "xn--acme"])
def test_short_names_of_the_platform_are_reserved(slug):
    with pytest.raises(InvalidValueError) as refused:
        validate_slug(slug)
    assert refused.value.code in {"slug_reserved", "slug_invalid"}


@pytest.mark.parametrize("name", ["t_acme", "abc", "a" * 48, "t_acme_2"])
def test_schema_names_that_serve(name):
    assert validate_schema_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "ab", "Acme", "1acme", "_acme", "acme-2", "a b", "a" * 49, 'acme"', "acme;drop", "acme\n", "public",
        "pg_catalog", "pg_temp", "information_schema",
    ],
)  # fmt: skip
def test_schema_names_that_do_not_serve(name):
    with pytest.raises(InvalidValueError) as refused:
        validate_schema_name(name)
    assert refused.value.code == "schema_name_invalid"
