"""A tenant's directory in the operators' admin."""

import re

from django.test import Client

from tenants.identity.scim.models import ScimGroup, ScimToken
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tests.controlplane.operators.pages import audited, body, command, text_of
from tests.tenants.identity.scim.directory import Directory, connect


def test_an_operator_makes_a_token_that_is_shown_once_and_revokes_it(
    operator_client: Client, acme: Tenant, globex: Tenant
) -> None:
    page = text_of(command(operator_client, acme, "access", "issue-scim-token", name="Okta", days="30"))
    found = re.search(r"scim_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", page)
    assert found is not None
    assert audited(acme)[0] == "scim_token.issue"
    assert found[0] not in body(operator_client, acme, "access")
    Directory("acme.localhost", found[0]).ask("GET", "/Users")
    Directory("globex.localhost", found[0]).ask("GET", "/Users", status=401)
    with tenant_schema(acme):
        token = ScimToken.objects.get()
    assert "The token is revoked." in text_of(
        command(operator_client, acme, "access", "revoke-scim-token", token=str(token.pk))
    )
    Directory("acme.localhost", found[0]).ask("GET", "/Users", status=401)


def test_a_bad_token_is_refused_at_its_field(operator_client: Client, acme: Tenant) -> None:
    connect(acme, name="Okta")
    page = text_of(command(operator_client, acme, "access", "issue-scim-token", name="okta", days="30"))
    assert "There is a token “okta” already." in page


def test_an_operator_ties_a_group_to_a_role(operator_client: Client, acme: Tenant) -> None:
    group = connect(acme).add_group("Staff")
    page = text_of(command(operator_client, acme, "access", "tie-group", group=group["id"], role="owner"))
    assert "role is saved." in page
    with tenant_schema(acme):
        assert ScimGroup.objects.get().role == "owner"
    for name, values in (("tie-group", {"group": "x", "role": "owner"}), ("revoke-scim-token", {"token": "x"})):
        assert "There is no such" in text_of(command(operator_client, acme, "access", name, **values))
