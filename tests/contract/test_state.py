"""The document between control plane and runtime: canonical, complete, and strict about what it does not know."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.contract.flags import Flag, FlagRule
from tenants.contract.state import (
    AccessMode,
    AccessPolicy,
    Asset,
    AssetRole,
    Branding,
    Features,
    FileUpload,
    Interface,
    Palette,
    TenantState,
    TenantStatus,
    Theme,
    decode_state,
    encode_state,
    state_checksum,
)
from tests.runtime.registry import make_state

FLAGS = st.booleans() | st.builds(
    Flag,
    enabled=st.booleans(),
    rules=st.lists(st.builds(FlagRule, st.just("on"), percent=st.integers(0, 100)), max_size=2).map(tuple),
)
STATES = st.builds(
    make_state,
    st.sampled_from(["acme", "globex"]),
    status=st.sampled_from(TenantStatus),
    branding=st.builds(
        Branding,
        display_name=st.text(min_size=1, max_size=80),
        description=st.text(max_size=300),
        default_theme=st.none() | st.sampled_from(Theme),
        light=st.builds(Palette, primary=st.none() | st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)),
    ),
    features=st.builds(
        Features,
        edit_message=st.none() | st.booleans(),
        spontaneous_file_upload=st.builds(FileUpload, max_files=st.none() | st.integers(1, 100)),
    ),
    interface=st.builds(Interface, cot=st.sampled_from([None, "hidden", "tool_call", "full"])),
    flags=st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True), FLAGS, max_size=5),
    access=st.builds(AccessPolicy, mode=st.sampled_from(AccessMode), sign_out_epoch=st.integers(0, 1000)),
    environment=st.dictionaries(st.sampled_from(["A", "B", "C"]), st.text(max_size=50)),
    assets=st.lists(
        st.builds(
            Asset,
            role=st.sampled_from(AssetRole),
            url=st.just("/_assets/x"),
            content_type=st.just("image/png"),
            sha256=st.just("0" * 64),
            size=st.integers(0, 10**9),
        ),
        max_size=3,
    ).map(tuple),
)


@given(STATES)
def test_a_state_comes_back_as_it_was(state):
    document = encode_state(state)
    assert decode_state(document) == decode_state(document.decode()) == state


@given(STATES)
def test_a_trip_through_a_json_column_changes_nothing(state):
    # jsonb keeps neither the order of keys nor white space.
    shuffled = json.dumps(dict(reversed(json.loads(encode_state(state)).items())), indent=2)
    assert encode_state(decode_state(shuffled)) == encode_state(state)


def test_equal_states_are_equal_bytes_whatever_the_order_they_were_made_in():
    first, second = {"b": True, "a": False}, {"a": False, "b": True}
    state = make_state("acme")
    documents = [encode_state(msgspec.structs.replace(state, flags=flags)) for flags in (first, second)]
    assert documents[0] == documents[1]
    assert state_checksum(documents[0]) == state_checksum(documents[1])
    assert state_checksum(documents[0]) != state_checksum(encode_state(state))


def test_what_is_not_set_is_left_to_the_app_and_out_of_the_document():
    document = json.loads(encode_state(make_state("acme")))
    assert set(document) == {"id", "slug", "name", "schema", "status", "app", "hosts", "branding"}
    assert decode_state(encode_state(make_state("acme"))).features.edit_message is None


def test_false_is_a_decision_of_the_tenant_and_stays_in_the_document():
    state = make_state("acme", features=Features(edit_message=False))
    assert json.loads(encode_state(state))["features"] == {"edit_message": False}


def broken(**changes):
    """Return the JSON of a state with changes at its top."""
    return json.dumps({**json.loads(encode_state(make_state("acme"))), **changes})


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (broken(unknown=1), "unknown"),
        (broken(features={"unsafe_allow_html": True}), "unsafe_allow_html"),
        (broken(branding={"display_name": "A", "custom_css": "x"}), "custom_css"),
        (broken(status="open"), "status"),
        (broken(hosts="acme.localhost"), "hosts"),
        (broken(branding={"display_name": ""}), "display_name"),
        (broken(branding={"display_name": "A", "light": {"primary": "red"}}), "primary"),
        (broken(branding={"display_name": "A", "light": {"primary": "#ff0000;}"}}), "primary"),
        (broken(branding={"display_name": "A", "light": {"primary": "#ff0000\n"}}), "primary"),
        (broken(interface={"language": "de_DE"}), "language"),
        (broken(interface={"custom_meta_url": "javascript:alert(1)"}), "custom_meta_url"),
        (broken(interface={"header_links": [{"name": "x", "icon_url": "/i", "url": "javascript:x"}]}), "url"),
        (broken(flags={"beta": "yes"}), "flags"),
        (broken(access={"mode": "everyone"}), "mode"),
        (broken(features={"spontaneous_file_upload": {"max_files": 0}}), "max_files"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_with_the_place_named(document, place):
    with pytest.raises(msgspec.ValidationError, match=place):
        decode_state(document)


@pytest.mark.parametrize("document", ["", "{", "null", "[]", '"text"', "{}", "\x00"])
def test_what_is_no_document_is_refused(document):
    with pytest.raises(msgspec.DecodeError):
        decode_state(document)


def test_an_asset_is_found_by_its_role():
    logo = Asset(AssetRole.LOGO_LIGHT, "/_assets/logo", "image/png", "0" * 64, 10)
    state = make_state("acme", assets=(logo,))
    assert state.asset(AssetRole.LOGO_LIGHT) is logo
    assert state.asset(AssetRole.FAVICON) is None


def test_a_state_cannot_be_changed():
    with pytest.raises(AttributeError):
        make_state("acme").slug = "globex"


def test_only_what_is_decided_for_tenants_may_be_theirs():
    """Guard: code, credentials and process settings of an app must not slip into what tenants own."""
    owned = {field.name for struct in (TenantState, Features, Interface) for field in msgspec.structs.fields(struct)}
    assert owned.isdisjoint({"unsafe_allow_html", "custom_css", "custom_js", "custom_build", "slack", "servers"})
