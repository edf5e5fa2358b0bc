"""Django's and unfold's own pages of the admin answer too, beside ours."""

import pytest

PAGES = [
    "/admin/", "/admin/registry/", "/admin/auth/", "/admin/registry/auditentry/", "/admin/registry/publication/",
    "/admin/registry/provisioning/", "/admin/registry/sharedvariable/", "/admin/auth/user/", "/admin/auth/group/add/",
    "/admin/password_change/", "/admin/fleet/runtimeprocess/",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_it_answers(operator_client, page):
    assert operator_client.get(page).status_code == 200
