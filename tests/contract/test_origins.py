"""Origins as people type them: put right where it is clear what is meant, refused with a reason where it is not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.contract.origins import InvalidOriginError, normalise_origin
from tenants.contract.state import AccessPolicy, TenantState, decode_state, encode_state


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:8443/", "https://shop.example:8443"),
        ("shop.example:8443", "https://shop.example:8443"),
        ("https://müller.example", "https://xn--mller-kva.example"),
        ("https://shop.example.", "https://shop.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://shop.localhost", "http://shop.localhost"),
    ],
)
def test_what_is_clear_is_put_right(typed, origin):
    assert normalise_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    ["", "*", "https://*.shop.example", "http://shop.example", "https://shop.example/page", "https://shop.example?",
     "https://shop.example/#x", "ftp://shop.example", "file:///x", "https://", "https://1.2.3.4",
     "https://[::1]", "https://user@shop.example", "https://shop.example:0", "https://shop.example:70000",
     "https://shop .example", "javascript:alert(1)", "https://shop.example\nhttps://other.example",
     "https://shop.example; script-src *", "https://-.example"],
)  # fmt: skip
def test_what_is_no_web_site_is_refused_in_words(typed):
    with pytest.raises(InvalidOriginError) as refused:
        normalise_origin(typed)
    assert refused.value.code == "origin_invalid"
    assert refused.value.message.endswith((".", "example."))


@given(st.text(max_size=40) | st.text("htps:/.ab-*?#@[]0189 ;\n", max_size=40))
def test_whatever_is_taken_fits_the_contract_and_stays_as_it_is(typed):
    try:
        origin = normalise_origin(typed)
    except InvalidOriginError:
        return
    assert normalise_origin(origin) == origin
    assert re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", origin)
    policy = AccessPolicy(allowed_origins=(origin,))
    state = TenantState(
        id="1", slug="a", name="A", schema="a", status="active", app="a", hosts=("a.example",),
        branding={"display_name": "A"}, access=policy,
    )  # fmt: skip
    assert decode_state(encode_state(state)).access == policy
