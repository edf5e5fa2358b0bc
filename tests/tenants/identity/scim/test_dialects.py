"""Sessions as the clients of Microsoft Entra and Okta send them, by their documentation, quirks included."""

import pytest

from tenants.identity.services.members import add_member
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.tenants.identity.people import HOME, offer_provider
from tests.tenants.identity.scim.directory import GROUP, PATCH, USER, connect

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_a_session_of_microsoft_entra(acme):
    """https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups"""
    entra = connect(acme)
    # "Test connection" asks for somebody who cannot exist, and wants an empty list.
    empty = entra.find("Users", 'userName eq "non-existent user"')
    assert (empty["totalResults"], empty["Resources"]) == (0, [])
    # The first cycle: look for the person, then create.
    assert entra.find("Users", 'userName eq "ann@acme.example"')["totalResults"] == 0
    ann = entra.ask(
        "POST",
        "/Users",
        {
            "schemas": [USER, ENTERPRISE],
            "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            "userName": "Ann@acme.example",
            "active": True,
            "displayName": "Ann Lee",
            "emails": [{"primary": True, "type": "work", "value": "ann.lee@acme.example"}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Ann Lee", "familyName": "Lee", "givenName": "Ann"},
            "roles": [],
            "title": "Engineer",
            ENTERPRISE: {"department": "Research", "manager": {"value": "26118915"}},
        },
        status=201,
    )
    assert ann["schemas"] == [USER]
    user = f"/Users/{ann['id']}"
    # Without the opt-in to RFC compliance: operations with a capital letter, booleans as text, paths of other schemas.
    entra.patch(
        user,
        {"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ann@mail.example"},
        {"op": "Add", "path": "emails[type eq \"home\"].value", "value": "ann@home.example"},
        {"op": "Replace", "path": "name.familyName", "value": "Ray"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Sales"},
        {"op": "Replace", "path": "phoneNumbers[type eq \"work\"].value", "value": "+1 555"},
        {"op": "Add", "path": "title", "value": "Director"},
    )  # fmt: skip
    present = entra.ask("GET", user)
    assert [(email["type"], email["value"]) for email in present["emails"]] == [
        ("work", "ann@mail.example"), ("home", "ann@home.example")
    ]  # fmt: skip
    assert present["name"]["familyName"] == "Ray"
    # With it: several attributes in one value, with dotted names.
    entra.patch(user, {"op": "replace", "value": {"displayName": "Ann Ray", "name.givenName": "Anne"}})
    assert entra.ask("GET", user)["name"]["givenName"] == "Anne"
    # Unassigned, then assigned again, then deleted after its rest in the bin.
    entra.patch(user, {"op": "Replace", "path": "active", "value": "False"})
    assert entra.find("Users", 'userName eq "ann@acme.example"')["Resources"][0]["active"] is False
    entra.patch(user, {"op": "Replace", "path": "active", "value": "True"})
    assert entra.ask("GET", user)["active"] is True

    # Groups: looked for by name without members, created empty, then filled.
    assert entra.find("Groups", 'displayName eq "Chat admins"', excludedAttributes="members")["totalResults"] == 0
    group = entra.ask(
        "POST",
        "/Groups",
        {
            "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "Chat admins",
            "meta": {"resourceType": "Group"},
        },
        status=201,
    )
    address = f"/Groups/{group['id']}"
    add = {"op": "Add", "path": "members", "value": [{"$ref": None, "value": ann["id"]}]}
    entra.patch(address, add, status=204)
    entra.patch(address, add, status=204)
    assert [member["value"] for member in entra.ask("GET", address)["members"]] == [ann["id"]]
    assert entra.find("Groups", f'id eq "{group["id"]}" and members eq "{ann["id"]}"')["totalResults"] == 1
    entra.patch(address, {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": ann["id"]}]}, status=204)
    assert entra.ask("GET", address).get("members") is None
    entra.patch(address, {"op": "Replace", "path": "displayName", "value": "Chat owners"}, status=204)
    entra.ask("DELETE", address, status=204)
    entra.ask("DELETE", user, status=204)


def test_a_session_of_okta(acme):
    """https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/"""
    okta = connect(acme)
    assert okta.ask("GET", "/Users?startIndex=1&count=2")["itemsPerPage"] == 1
    assert okta.find("Users", 'userName eq "ann@acme.example"', startIndex=1, count=100)["Resources"] == []
    sent = {
        "schemas": [USER],
        "userName": "ann@acme.example",
        "name": {"givenName": "Ann", "familyName": "Lee"},
        "emails": [{"primary": True, "value": "ann@acme.example", "type": "work"}],
        "displayName": "Ann Lee",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    ann = okta.ask("POST", "/Users", sent, status=201)
    assert okta.ask("POST", "/Users", sent, status=409)["scimType"] == "uniqueness"
    user = f"/Users/{ann['id']}"
    # A changed profile is read and put back whole, with what was read.
    profile = okta.ask("GET", user) | {"name": {"givenName": "Anne", "familyName": "Lee"}, "displayName": "Anne Lee"}
    assert okta.ask("PUT", user, profile)["displayName"] == "Anne Lee"
    # Deactivated: a change without a path, answered with the whole user. Okta deletes nobody.
    off = {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]}
    assert okta.ask("PATCH", user, off)["active"] is False
    assert okta.ask("PUT", user, profile | {"active": True})["active"] is True

    # Groups are pushed whole, then by differences; the id comes along in the value.
    pushed = {"schemas": [GROUP], "displayName": "Chat admins", "members": []}
    group = okta.ask("POST", "/Groups", pushed, status=201)
    address = f"/Groups/{group['id']}"
    okta.patch(
        address, {"op": "replace", "value": {"id": group["id"], "displayName": "Chat administrators"}}, status=204
    )
    okta.patch(
        address,
        {"op": "add", "path": "members", "value": [{"value": ann["id"], "display": "ann@acme.example"}]},
        status=204,
    )
    assert okta.ask("GET", address)["members"][0]["value"] == ann["id"]
    okta.patch(address, {"op": "remove", "path": f'members[value eq "{ann["id"]}"]'}, status=204)
    okta.patch(
        address, {"op": "replace", "path": "members", "value": [{"value": ann["id"], "display": "Ann"}]}, status=204
    )
    assert okta.ask("GET", address)["displayName"] == "Chat administrators"
    assert okta.ask("GET", "/Groups?startIndex=1&count=100")["totalResults"] == 1
    okta.ask("DELETE", address, status=204)


@pytest.mark.parametrize("provisioned_first", [True, False])
def test_whom_a_directory_provisions_signs_in_by_the_same_companys_provider(acme, operator, provisioned_first):
    from tenants.identity.providers.vouching import VouchedPerson, sign_in_vouched

    provider = offer_provider(acme, operator, creates_members=False)
    directory = connect(acme)
    if not provisioned_first:
        add_member(acme.pk, email="ann@acme.example", actor=operator)
    found = directory.find("Users", 'userName eq "ann@acme.example"')["Resources"]
    user = found[0] if found else directory.add_user("ann@acme.example", externalId="00u1")
    with tenant_schema(acme):
        person = VouchedPerson(subject="00u1", email="Ann@acme.example", email_verified=True, name="Ann", groups=())
        signed_in = sign_in_vouched(acme, provider, person, visit=HOME)
        assert signed_in.member == user["id"]
        assert Member.objects.filter(email="ann@acme.example").count() == 1
