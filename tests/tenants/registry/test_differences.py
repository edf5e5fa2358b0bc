"""Documents made readable."""

import pytest

from tenants.registry.differences import Change, document_changes, document_entries

ASSET = {"role": "logo_light", "url": "/a.png", "content_type": "image/png", "sha256": "ab" * 32, "size": 1234}


def test_secrets_are_replaced_and_a_new_value_is_said() -> None:
    changes = document_changes({"secrets": {"KEY": "gAAA1", "OLD": "gAAA2"}}, {"secrets": {"KEY": "gAAA3", "N": "g4"}})
    assert changes == [
        Change("Secrets / KEY", "secret", "secret (new value)"),
        Change("Secrets / N", None, "secret"),
        Change("Secrets / OLD", "secret", None),
    ]
    assert [entry.value for entry in document_entries({"secrets": {"KEY": "gAAA1"}})] == ["secret"]


@pytest.mark.parametrize("layer", ["platform_environment", "plan_environment"])
def test_secrets_that_tenants_share_are_replaced_too(layer: str) -> None:
    before = {layer: {"owner": "x", "environment": {"REGION": "eu"}, "secrets": {"KEY": "gAAA1"}}}
    after = {layer: {"owner": "x", "environment": {"REGION": "us"}, "secrets": {"KEY": "gAAA2"}}}
    title = layer.replace("_", " ").capitalize()

    assert document_changes(before, after) == [
        Change(f"{title} / environment / REGION", "eu", "us"),
        Change(f"{title} / secrets / KEY", "secret", "secret (new value)"),
    ]
    assert "gAAA1" not in str(document_entries(before))


def test_a_flag_may_be_called_secrets() -> None:
    assert [entry.value for entry in document_entries({"flags": {"secrets": True}})] == ["on"]


def test_values_are_said_in_words() -> None:
    document = {"features": {"latex": True, "audio": {"enabled": False}}, "hosts": ["a.example", "b.example"]}
    assert {entry.name: entry.value for entry in document_entries(document)} == {
        "Features / audio / enabled": "off",
        "Features / latex": "on",
        "Hosts": "a.example, b.example",
    }


def test_assets_are_compared_by_role() -> None:
    changes = document_changes({}, {"assets": [ASSET]})
    assert changes == [Change("Assets / logo light", None, "image/png, 1,234 bytes, abababababab")]


def test_files_of_one_role_are_told_apart_by_name_and_a_new_description_is_shown() -> None:
    chart = {**ASSET, "role": "public_file", "name": "elements/Chart_2.jsx"}
    photo = {**ASSET, "role": "avatar", "name": "my_assistant"}
    changes = document_changes(
        {"assets": [chart, photo]}, {"assets": [photo | {"alt": "A robot"}, chart | {"size": 2000}]}
    )
    assert changes == [
        Change(
            "Assets / avatar / my_assistant",
            "image/png, 1,234 bytes, abababababab",
            "image/png, 1,234 bytes, abababababab, “A robot”",
        ),
        Change(
            "Assets / public file / elements/Chart_2.jsx",
            "image/png, 1,234 bytes, abababababab",
            "image/png, 2,000 bytes, abababababab",
        ),
    ]


def test_the_first_publication_has_nothing_to_differ_from() -> None:
    assert document_changes(None, {"name": "Acme"}) == []


def test_colours_are_known_as_such() -> None:
    (change,) = document_changes({"branding": {"x": "#zzzzzz"}}, {"branding": {"x": "#12ab9f"}})
    assert (change.before_colour, change.after_colour) == ("", "#12ab9f")


def test_a_flag_with_rules_is_one_line_in_words() -> None:
    before = {"flags": {"beta": True}}
    after = {"flags": {"beta": {"rules": [{"variant": "on", "percent": 20.0, "roles": ["admin"]}]}}}
    [change] = document_changes(before, after)
    assert (change.name, change.before) == ("Flags / beta", "on")
    assert change.after == "on for 20 % of admins; off for everybody else"
