"""Flags in a document: strict about what nobody could follow, kind to documents from before there were rules."""

import json

import msgspec
import pytest

from tenants.contract.flags import Flag, FlagKind, FlagRule
from tenants.contract.roles import Role
from tenants.contract.state import decode_state, encode_state
from tests.runtime.registry import make_state


def trip(**flags):
    """Return flags as a document gives them back, over a column that keeps neither order nor defaults apart."""
    document = json.loads(encode_state(make_state("acme", flags=flags)))
    return decode_state(json.dumps(document)).flags


def test_a_document_from_before_there_were_rules_still_reads():
    document = json.loads(encode_state(make_state("acme"))) | {"flags": {"beta": True, "old": False}}
    assert decode_state(json.dumps(document)).flags == {"beta": True, "old": False}


def test_rules_and_values_come_back_as_they_were():
    flags = {
        "beta": Flag(rules=(FlagRule("on", percent=12.5, roles=(Role.ADMIN,), locales=("de",)),)),
        "model": Flag(
            default="small", variants={"small": "a", "large": "b"}, rules=(FlagRule("large", groups=("x",)),)
        ),
        "limit": Flag(default="low", variants={"low": 3, "high": 4.5}, enabled=False),
        "prompts": Flag(default="a", variants={"a": {"deep": [1, "x", None]}}),
        "plain": True,
    }
    assert trip(**flags) == flags


def test_equal_flags_are_equal_bytes_however_they_were_made():
    made = Flag(default="".join(["o", "ff"]), rules=(FlagRule("on", percent=float("1e2")),))
    read = msgspec.convert({"default": "off", "rules": [{"variant": "on", "percent": 100}]}, Flag)
    written = [encode_state(make_state("acme", id="1", flags={"x": flag})) for flag in (made, read)]
    assert written[0] == written[1]
    assert b"percent" not in written[0]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"default": "blue"}, "there is no variant “blue”"),
        ({"rules": [{"variant": "blue"}]}, "there is no variant “blue”"),
        ({"variants": {"a": "x", "b": 1}, "default": "a"}, "of one kind"),
        ({"variants": {"on": True}, "default": "on"}, "lists no variants"),
        ({"variants": {"Big One": "x"}, "default": "a"}, "Expected `str` matching regex"),
        ({"rules": [{"variant": "on", "percent": 101}]}, "<= 100"),
        ({"rules": [{"variant": "on", "percent": 33.333}]}, "two decimals"),
        ({"rules": [{"variant": "on", "members": ["Ann@acme.example"]}]}, "lower case"),
        ({"rules": [{"variant": "on", "email_domains": ["@acme.example"]}]}, "spelling of a domain"),
        ({"rules": [{"variant": "on", "email_domains": ["acme"]}]}, "write all of it"),
        ({"rules": [{"variant": "on", "roles": ["god"]}]}, "Invalid enum value"),
        ({"rules": [{"variant": "on", "locales": ["German"]}]}, "regex"),
        ({"rules": [{"variant": "on", "members": ["a"] * 1001}]}, "length <= 1000"),
        ({"surprise": 1}, "unknown field"),
    ],
)
def test_what_nobody_could_follow_is_refused_with_its_reason(fields, reason):
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert(fields, Flag)


@pytest.mark.parametrize(
    ("variants", "kind"),
    [({}, FlagKind.SWITCH), ({"off": "x"}, FlagKind.TEXT), ({"off": 0}, FlagKind.NUMBER), ({"off": []}, FlagKind.JSON)],
)
def test_the_kind_of_a_flag_is_that_of_its_values(variants, kind):
    assert Flag(variants=variants).kind is kind
