"""Users by SCIM are the tenant's members, and whatever a directory changes is as if a person had changed it."""

import pytest

from tenants.conversations.models import User as Chatter
from tenants.identity.models import SignIn
from tenants.identity.services.members import add_member, update_member
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import EndedSignIns, Member
from tests.tenants.identity.people import signed_in
from tests.tenants.identity.scim.directory import GROUP, PATCH, SEARCH, USER, connect

PASSWORD = "a long passphrase"


def member_of(tenant, email) -> Member:
    with tenant_schema(tenant):
        return Member.objects.get(email=email)


def id_of(tenant, email) -> str:
    return str(member_of(tenant, email).pk)


def last_entry(tenant, action) -> AuditEntry:
    return AuditEntry.objects.filter(tenant_id=tenant.pk, action=action).latest("id")


def test_a_user_becomes_a_member_who_has_no_password_yet(acme):
    directory = connect(acme, name="Okta")
    user = directory.add_user(
        "Ann@Acme.example", externalId="00u1", displayName="Ann Lee", name={"givenName": "Ann", "familyName": "Lee"}
    )
    member = member_of(acme, "ann@acme.example")
    assert (user["id"], user["userName"], user["externalId"]) == (str(member.pk), "ann@acme.example", "00u1")
    assert (member.name, member.role, member.is_active) == ("Ann Lee", "member", True)
    assert signed_in(acme, "ann@acme.example", "") is None
    entry = last_entry(acme, "member.add")
    assert (entry.actor_kind, entry.actor, entry.address) == ("system", "SCIM: Okta", "127.0.0.1")
    assert user["meta"]["location"] == f"http://acme.localhost/settings/scim/v2/Users/{member.pk}"
    assert directory.ask("GET", f"/Users/{member.pk}") == user


def test_what_a_directory_sends_beyond_our_attributes_is_dropped_and_never_kept(acme):
    user = connect(acme).add_user("ann@acme.example", password="Secret-12345", title="Boss", roles=[{"value": "owner"}])
    assert not {"password", "title"} & user.keys()
    assert user["roles"] == [{"value": "member", "primary": True}]
    assert signed_in(acme, "ann@acme.example", "Secret-12345") is None
    assert "Secret-12345" not in str(list(AuditEntry.objects.values()))


def test_members_whom_people_added_are_users_too(acme):
    directory = connect(acme)
    found = directory.find("Users", 'userName eq "OWNER@acme.example"')
    assert [user["userName"] for user in found["Resources"]] == ["owner@acme.example"]
    assert found["Resources"][0]["roles"] == [{"value": "owner", "primary": True}]


def test_deactivating_ends_every_sign_in_at_once_and_is_published(acme, operator):
    directory = connect(acme)
    member = add_member(acme.pk, email="ann@acme.example", password=PASSWORD, actor=operator)
    assert signed_in(acme, "ann@acme.example", PASSWORD)
    directory.patch(f"/Users/{member.pk}", {"op": "replace", "path": "active", "value": False})
    assert signed_in(acme, "ann@acme.example", PASSWORD) is None
    with tenant_schema(acme):
        assert SignIn.objects.get().reason == "member"
        assert EndedSignIns.objects.filter(member_id=member.pk).exists()
    published = Tenant.objects.select_related("live_publication").get(pk=acme.pk).live_publication
    assert str(member.pk) in published.document["access"]["ended"]
    assert last_entry(acme, "member.update").changes == {"is_active": [True, False]}
    directory.patch(f"/Users/{member.pk}", {"op": "replace", "path": "active", "value": True})
    assert signed_in(acme, "ann@acme.example", PASSWORD)


def test_leaving_active_out_brings_nobody_back(acme):
    directory = connect(acme)
    user = directory.add_user("ann@acme.example", active=False)
    sent = {"schemas": [USER], "userName": "ann@acme.example", "displayName": "Ann"}
    assert directory.ask("PUT", f"/Users/{user['id']}", sent)["active"] is False
    assert directory.patch(f"/Users/{user['id']}", {"op": "remove", "path": "active"})["active"] is False


def test_deleting_removes_the_member_and_keeps_the_conversations_from_whoever_is_next(acme):
    directory = connect(acme)
    user = directory.add_user("ann@acme.example")
    with tenant_schema(acme):
        Chatter.objects.create(identifier="ann@acme.example")
    directory.ask("DELETE", f"/Users/{user['id']}", status=204)
    for method in ("GET", "DELETE"):
        directory.ask(method, f"/Users/{user['id']}", status=404)
    again = directory.add_user("ann@acme.example")
    assert again["id"] != user["id"]
    with tenant_schema(acme):
        assert Chatter.objects.get().identifier == f"ann@acme.example (removed, {user['id']})"


def test_a_new_address_takes_the_conversations_along_and_ends_sign_ins(acme, operator):
    directory = connect(acme)
    member = add_member(acme.pk, email="ann@acme.example", password=PASSWORD, actor=operator)
    assert signed_in(acme, "ann@acme.example", PASSWORD)
    with tenant_schema(acme):
        own = Chatter.objects.create(identifier="ann@acme.example")
        stranger = Chatter.objects.create(identifier="ann.lee@acme.example")
    directory.patch(f"/Users/{member.pk}", {"op": "replace", "path": "userName", "value": "Ann.Lee@acme.example"})
    assert signed_in(acme, "ann@acme.example", PASSWORD) is None
    assert signed_in(acme, "ann.lee@acme.example", PASSWORD)
    with tenant_schema(acme):
        own.refresh_from_db()
        stranger.refresh_from_db()
        assert SignIn.objects.filter(ended_at=None).count() == 1
    assert own.identifier == "ann.lee@acme.example"
    assert stranger.identifier == f"ann.lee@acme.example (before {member.pk})"
    assert last_entry(acme, "member.change_email").changes == {"email": ["ann@acme.example", "ann.lee@acme.example"]}


def test_the_last_owner_is_neither_deactivated_nor_removed(acme):
    directory = connect(acme)
    owner = id_of(acme, "owner@acme.example")
    sentence = "A tenant keeps at least one active owner."
    refused = directory.patch(f"/Users/{owner}", {"op": "replace", "path": "active", "value": False}, status=409)
    assert refused == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409", "detail": sentence
    }  # fmt: skip
    assert directory.ask("DELETE", f"/Users/{owner}", status=409)["detail"] == sentence
    assert member_of(acme, "owner@acme.example").is_active


def test_a_refused_change_changes_nothing(acme):
    directory = connect(acme)
    owner = id_of(acme, "owner@acme.example")
    directory.patch(
        f"/Users/{owner}",
        {"op": "replace", "value": {"displayName": "Changed", "userName": "new@acme.example", "active": False}},
        status=409,
    )
    assert member_of(acme, "owner@acme.example").name == ""


def test_the_shown_name_follows_its_parts_until_it_has_a_name_of_its_own(acme):
    directory = connect(acme)
    user = directory.add_user("ann@acme.example", name={"givenName": "Ann", "familyName": "Lee"})
    assert user["displayName"] == "Ann Lee"
    address = f"/Users/{user['id']}"
    married = directory.patch(address, {"op": "replace", "path": "name.familyName", "value": "Ray"})
    assert married["displayName"] == "Ann Ray"
    named = directory.patch(address, {"op": "replace", "path": "displayName", "value": "Annie"})
    assert (named["displayName"], named["name"]) == ("Annie", {"givenName": "Ann", "familyName": "Ray"})
    later = directory.patch(address, {"op": "replace", "path": "name.familyName", "value": "Lee"})
    assert (later["displayName"], later["name"]["familyName"]) == ("Annie", "Lee")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"schemas": [USER], "userName": "no address"}, 400, "invalidValue"),
        ({"schemas": [USER]}, 400, "invalidValue"),
        ({"schemas": [USER], "userName": "owner@acme.example"}, 409, "uniqueness"),
        ({"schemas": [USER], "userName": "a\u0000@acme.example"}, 400, "invalidValue"),
        ({"schemas": [USER], "userName": "x@acme.example", "externalId": "i" * 256}, 400, "invalidValue"),
        ({"schemas": [USER], "userName": "x@acme.example", "displayName": "\u0000"}, 400, "invalidValue"),
        ({"schemas": [USER], "userName": "x@acme.example", "active": "perhaps"}, 400, "invalidValue"),
        ({"schemas": [USER], "userName": ["x@acme.example"]}, 400, "invalidValue"),
        ({"schemas": [USER], "userName": "x@acme.example", "emails": [{"value": f"{n}@a.b"} for n in range(21)]}, 400,
         "invalidValue"),
        ({"schemas": [GROUP], "userName": "x@acme.example"}, 400, None),
        ([], 400, None),
    ],
)  # fmt: skip
def test_a_bad_user_is_refused_in_scims_own_words(acme, body, status, kind):
    refusal = connect(acme).ask("POST", "/Users", body, status=status)
    assert refusal["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert refusal["status"] == str(status)
    assert refusal["detail"]
    if kind is not None:
        assert refusal["scimType"] == kind
    with tenant_schema(acme):
        assert Member.objects.count() == 1


def test_a_body_that_is_no_json_or_too_long_is_refused(acme, settings):
    directory = connect(acme)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert directory.send("POST", "/Users", "x" * 2000).status_code == 413
    broken = directory.send("POST", "/Users", {"userName": "a"}, content_type="text/plain")
    assert broken.status_code in {400, 415}


def deep(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/Users", deep(200_000), 400),
        ("PATCH", "/Users/{id}", deep(200_000), 400),
        ("PATCH", "/Users/{id}", {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "name"}] * 1001}, 413),
        ("PATCH", "/Users/{id}", {"schemas": [PATCH], "Operations": [{"op": "remove", "path": "x" * 9000}]}, 400),
        ("PATCH", "/Users/{id}", {"schemas": [PATCH], "Operations": "none"}, 400),
        ("POST", "/Users/.search", {"schemas": [SEARCH], "filter": " or ".join(["active eq true"] * 1000)}, 400),
    ],
)
def test_what_would_take_long_to_read_is_refused_before_it_is_read(acme, method, path, body, status):
    directory = connect(acme)
    user = directory.add_user("ann@acme.example")
    response = directory.send(method, path.format(id=user["id"]), body)
    assert response.status_code == status, response.content
    assert b"urn:ietf:params:scim:api:messages:2.0:Error" in response.content


def test_each_change_makes_another_version_and_an_old_one_is_refused(acme, operator):
    directory = connect(acme)
    user = directory.add_user("ann@acme.example", displayName="Ann")
    address, first = f"/Users/{user['id']}", user["meta"]["version"]
    assert directory.send("GET", address)["ETag"] == first
    assert directory.send("GET", address, **{"if-none-match": first}).status_code == 304
    # Somebody else changes the member, on the settings page.
    update_member(acme.pk, user["id"], name="Annie", role="member", is_active=True, actor=operator)
    rename = {"op": "replace", "path": "displayName", "value": "Anna"}
    directory.patch(address, rename, status=412, **{"if-match": first})
    put = {"schemas": [USER], "userName": "ann@acme.example"}
    directory.ask("PUT", address, put, status=412, **{"if-match": first})
    directory.ask("DELETE", address, status=412, **{"if-match": first})
    present = directory.send("GET", address)["ETag"]
    assert present != first
    changed = directory.patch(address, rename, **{"if-match": present})
    assert (changed["displayName"], changed["meta"]["version"] != present) == ("Anna", True)


def test_the_examples_of_rfc_7644_do_what_it_says(acme):
    """Sections 3.3 (creating), 3.5.1 (replacing) and 3.5.2 (changing), with our user names."""
    directory = connect(acme)
    created = directory.add_user(
        "bjensen@acme.example",
        externalId="bjensen",
        name={"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara"},
    )
    address = f"/Users/{created['id']}"
    replaced = directory.ask(
        "PUT",
        address,
        {
            "schemas": [USER], "id": created["id"], "userName": "bjensen@acme.example", "externalId": "bjensen",
            "name": {"formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara",
                     "middleName": "Jane"},
            "roles": [], "emails": [{"value": "bjensen@acme.example"}, {"value": "babs@jensen.example"}],
        },
    )  # fmt: skip
    assert [email["value"] for email in replaced["emails"]] == ["bjensen@acme.example", "babs@jensen.example"]
    changed = directory.patch(
        address,
        {"op": "add", "value": {"emails": [{"value": "third@jensen.example", "type": "home"}], "displayName": "Babs"}},
        {"op": "remove", "path": 'emails[value eq "babs@jensen.example"]'},
        {"op": "replace", "path": 'emails[type eq "home"].value', "value": "home@jensen.example"},
    )
    assert [email["value"] for email in changed["emails"]] == ["bjensen@acme.example", "home@jensen.example"]
    assert changed["displayName"] == "Babs"
    narrow = directory.ask("GET", f"{address}?attributes=userName")
    assert narrow.keys() == {"schemas", "id", "userName"}
    without = directory.ask("GET", f"{address}?excludedAttributes=emails,name")
    assert not {"emails", "name"} & without.keys()


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "frobnicate", "path": "displayName", "value": "x"},
        {"op": "replace", "path": "displayName[", "value": "x"},
        {"op": "replace", "path": "id", "value": "x"},
        {"op": "replace", "path": "roles", "value": [{"value": "owner"}]},
        {"op": "remove"},
        {"op": "remove", "path": "userName"},
    ],
)
def test_a_bad_change_is_refused(acme, operation):
    directory = connect(acme)
    user = directory.add_user("ann@acme.example")
    body = {"schemas": [PATCH], "Operations": [operation]}
    refusal = directory.ask("PATCH", f"/Users/{user['id']}", body, status=400)
    assert refusal["scimType"]
    assert directory.ask("GET", f"/Users/{user['id']}") == user
