"""How far cookies go."""

import pytest

from tenants.contract.cookies import cookie_reach, other_reach


@pytest.mark.parametrize(
    ("https", "other_sites", "written", "other"),
    [
        (False, False, "; SameSite=Lax", None),
        (False, True, "; SameSite=Lax", None),
        (True, False, "; Secure; SameSite=Lax", "; Secure; SameSite=None; Partitioned"),
        (True, True, "; Secure; SameSite=None; Partitioned", "; Secure; SameSite=Lax"),
    ],
)
def test_a_cookie_goes_to_other_sites_over_https_alone_and_in_a_jar_for_each(https, other_sites, written, other):
    reach = cookie_reach(https=https, other_sites=other_sites)
    assert str(reach) == written
    replaced = other_reach(reach)
    assert (replaced and str(replaced)) == other
    assert "None" not in written or "Secure" in written
