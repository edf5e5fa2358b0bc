"""Groups of a directory, and the roles that administrators tie to them."""

from itertools import product

import pytest

from tenants.contract.errors import ConflictError, DomainError
from tenants.contract.roles import Role
from tenants.identity.scim.models import ScimGroup
from tenants.identity.scim.roles import role_after, set_group_role
from tenants.identity.services.members import add_member, remove_member, update_member
from tenants.registry.actor import NotPermittedError
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor
from tenants.workspace.models import EndedSignIns, Member
from tests.tenants.identity.scim.directory import GROUP, connect


def role_of(tenant, user) -> str:
    with tenant_schema(tenant):
        return Member.objects.get(pk=user["id"]).role


def tie(tenant, group, role, actor) -> None:
    set_group_role(tenant.pk, group["id"], role=role, actor=actor)


def test_a_group_keeps_its_people(acme):
    directory = connect(acme)
    ann, bob = directory.add_user("ann@acme.example"), directory.add_user("bob@acme.example")
    group = directory.add_group("Staff", ann["id"])
    assert group["members"] == [
        {"value": ann["id"], "$ref": f"http://acme.localhost/settings/scim/v2/Users/{ann['id']}", "type": "User"}
    ]
    address = f"/Groups/{group['id']}"
    directory.patch(address, {"op": "add", "path": "members", "value": [{"value": bob["id"]}]}, status=204)
    directory.patch(address, {"op": "remove", "path": f'members[value eq "{ann["id"]}"]'}, status=204)
    present = directory.ask("GET", address)
    assert [member["value"] for member in present["members"]] == [bob["id"]]
    assert directory.ask("GET", f"/Users/{bob['id']}")["groups"][0]["display"] == "Staff"
    changes = [entry.changes for entry in AuditEntry.objects.filter(action="scim_group.update").order_by("id")]
    assert changes == [{"added": ["bob@acme.example"]}, {"removed": ["ann@acme.example"]}]
    emptied = directory.ask("PUT", address, {"schemas": [GROUP], "displayName": "Crew"})
    assert (emptied["displayName"], emptied.get("members")) == ("Crew", None)
    directory.ask("DELETE", address, status=204)
    directory.ask("GET", address, status=404)
    assert directory.ask("GET", f"/Users/{bob['id']}")["userName"] == "bob@acme.example"


def test_a_list_leaves_members_out_where_it_is_asked_to(acme):
    directory = connect(acme)
    group = directory.add_group("Staff", directory.add_user("ann@acme.example")["id"])
    for query in ("excludedAttributes=members", "attributes=displayName"):
        listed = directory.ask("GET", f"/Groups?{query}")["Resources"]
        assert [(found["id"], found.get("members")) for found in listed] == [(group["id"], None)]
    assert directory.ask("GET", f"/Groups/{group['id']}?attributes=members")["members"] == group["members"]


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"schemas": [GROUP]}, 400, "invalidValue"),
        ({"schemas": [GROUP], "displayName": " "}, 400, "invalidValue"),
        ({"schemas": [GROUP], "displayName": "STAFF"}, 409, "uniqueness"),
        ({"schemas": [GROUP], "displayName": "n" * 201}, 400, "invalidValue"),
        ({"schemas": [GROUP], "displayName": "New", "members": [{"value": "nobody"}]}, 400, "invalidValue"),
        ({"schemas": [GROUP], "displayName": "New", "members": [{"value": "x\u0000"}]}, 400, "invalidValue"),
        ({"schemas": [GROUP], "displayName": "New", "members": [{"type": "Group", "value": "g"}]}, 400, "invalidValue"),
        ({"schemas": [GROUP], "displayName": "New", "members": [{"display": "nobody"}]}, 400, "invalidValue"),
    ],
)
def test_a_bad_group_is_refused(acme, body, status, kind):
    directory = connect(acme)
    directory.add_group("Staff")
    refusal = directory.ask("POST", "/Groups", body, status=status)
    assert refusal["scimType"] == kind
    with tenant_schema(acme):
        assert ScimGroup.objects.count() == 1


def test_people_of_another_tenant_are_nobody_here(acme, globex):
    stranger = connect(globex).add_user("eve@globex.example")
    directory = connect(acme)
    body = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": stranger["id"]}]}
    assert "no such user" in directory.ask("POST", "/Groups", body, status=400)["detail"]


def test_an_old_version_of_a_group_is_refused_and_each_member_makes_a_new_one(acme, operator):
    directory = connect(acme)
    ann, bob = directory.add_user("ann@acme.example"), directory.add_user("bob@acme.example")
    group = directory.add_group("Staff", ann["id"])
    address, first = f"/Groups/{group['id']}", group["meta"]["version"]
    add_bob = {"op": "add", "path": "members", "value": [{"value": bob["id"]}]}
    directory.patch(address, add_bob, status=204, **{"if-match": first})
    directory.patch(address, add_bob, status=412, **{"if-match": first})
    second = directory.send("GET", address)["ETag"]
    remove_member(acme.pk, ann["id"], actor=operator)
    third = directory.send("GET", address)["ETag"]
    assert len({first, second, third}) == 3


def test_whoever_joins_a_tied_group_becomes_admin_at_once_and_stops_being_one_on_leaving(acme, operator):
    directory = connect(acme)
    ann, bob = directory.add_user("ann@acme.example"), directory.add_user("bob@acme.example")
    group = directory.add_group("Chat admins", ann["id"])
    address = f"/Groups/{group['id']}"
    assert role_of(acme, ann) == "member"
    tie(acme, group, "admin", operator)
    assert (role_of(acme, ann), role_of(acme, bob)) == ("admin", "member")
    with tenant_schema(acme):
        assert EndedSignIns.objects.filter(member_id=ann["id"]).exists()
    directory.patch(address, {"op": "add", "path": "members", "value": [{"value": bob["id"]}]}, status=204)
    assert role_of(acme, bob) == "admin"
    assert directory.ask("GET", f"/Users/{bob['id']}")["roles"][0]["value"] == "admin"
    directory.patch(address, {"op": "remove", "path": "members", "value": [{"value": ann["id"]}]}, status=204)
    assert (role_of(acme, ann), role_of(acme, bob)) == ("member", "admin")
    directory.ask("DELETE", address, status=204)
    assert role_of(acme, bob) == "member"


def test_what_people_gave_by_hand_no_group_takes_away(acme, operator):
    directory = connect(acme)
    ann = directory.add_user("ann@acme.example")
    update_member(acme.pk, ann["id"], name="", role="admin", is_active=True, actor=operator)
    group = directory.add_group("Chat admins", ann["id"])
    tie(acme, group, "admin", operator)
    update_member(acme.pk, ann["id"], name="", role="owner", is_active=True, actor=operator)
    directory.ask("PUT", f"/Groups/{group['id']}", {"schemas": [GROUP], "displayName": "Chat admins"})
    assert role_of(acme, ann) == "owner"


def test_the_strongest_of_several_groups_counts(acme, operator):
    directory = connect(acme)
    ann = directory.add_user("ann@acme.example")
    admins, owners = directory.add_group("Admins", ann["id"]), directory.add_group("Owners", ann["id"])
    tie(acme, admins, "admin", operator)
    tie(acme, owners, "owner", operator)
    assert role_of(acme, ann) == "owner"
    tie(acme, owners, "", operator)
    assert role_of(acme, ann) == "admin"


def test_a_group_never_leaves_a_tenant_without_an_owner(acme, operator):
    directory = connect(acme)
    ann = directory.add_user("ann@acme.example")
    group = directory.add_group("Owners", ann["id"])
    tie(acme, group, "owner", operator)
    with tenant_schema(acme):
        first = Member.objects.get(email="owner@acme.example")
    remove_member(acme.pk, first.pk, actor=operator)
    address = f"/Groups/{group['id']}"
    refusal = directory.ask("PUT", address, {"schemas": [GROUP], "displayName": "Owners"}, status=409)
    assert refusal["detail"] == "A tenant keeps at least one active owner."
    directory.ask("DELETE", address, status=409)
    with pytest.raises(ConflictError, match="at least one active owner"):
        tie(acme, group, "", operator)
    assert directory.ask("GET", address)["members"][0]["value"] == ann["id"]
    assert role_of(acme, ann) == "owner"


def test_admins_tie_groups_to_admins_and_owners_alone_to_owners(acme, operator):
    group = connect(acme).add_group("Staff")
    admin = add_member(acme.pk, email="admin@acme.example", role="admin", actor=operator)
    plain = add_member(acme.pk, email="plain@acme.example", actor=operator)
    tie(acme, group, "admin", member_actor(admin))
    with pytest.raises(NotPermittedError):
        tie(acme, group, "owner", member_actor(admin))
    tie(acme, group, "owner", operator)
    with pytest.raises(NotPermittedError):
        tie(acme, group, "", member_actor(admin))
    with pytest.raises(NotPermittedError):
        tie(acme, group, "admin", member_actor(plain))


@pytest.mark.parametrize("role", ["member", "god"])
def test_a_group_can_make_nothing_but_admins_and_owners(acme, operator, role):
    group = connect(acme).add_group("Staff")
    with pytest.raises(DomainError) as refusal:
        tie(acme, group, role, operator)
    assert refusal.value.code == "role_invalid"


def test_groups_raise_whom_they_give_more_and_take_back_no_more_than_they_gave():
    ranks = ["", *(str(role) for role in (Role.MEMBER, Role.ADMIN, Role.OWNER))]
    for role, before, now in product(ranks[1:], ["", "admin", "owner"], ["", "admin", "owner"]):
        after = role_after(role, before=before, now=now)
        if ranks.index(now) > ranks.index(role):
            assert after == now
        elif role == before:
            assert after == (now or "member")
        else:
            assert after == role
