"""Two directories at once: of changes to the same version one is made, and of two last owners one stays."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tenants.identity.services.members import add_member
from tenants.registry.actor import SYSTEM
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.tenants.identity.scim.directory import PATCH, connect


def at_once(*requests) -> list[int]:
    """Send requests at the same moment, each on a connection of its own; return their statuses."""
    barrier = Barrier(len(requests))

    def send(request) -> int:
        barrier.wait()
        try:
            return request().status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))


@pytest.fixture
def directory(committed_tenant, django_db_blocker):
    """A directory of a tenant whose rows all connections see."""
    with django_db_blocker.unblock():
        yield connect(committed_tenant)


def test_of_two_changes_to_the_same_version_one_is_made(directory):
    user = directory.add_user("ann@acme.example", displayName="Ann")

    def rename(name: str):
        body = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "displayName", "value": name}]}
        return lambda: directory.send("PATCH", f"/Users/{user['id']}", body, **{"if-match": user["meta"]["version"]})

    statuses = at_once(rename("Anna"), rename("Annie"), rename("Anne"))
    assert sorted(statuses) == [200, 412, 412]
    assert directory.ask("GET", f"/Users/{user['id']}")["displayName"] in {"Anna", "Annie", "Anne"}


def test_of_many_who_join_a_group_at_once_none_is_lost(directory):
    users = [directory.add_user(f"u{number}@acme.example")["id"] for number in range(4)]
    group = directory.add_group("Staff")

    def join(user_id: str):
        body = {"schemas": [PATCH], "Operations": [{"op": "Add", "path": "members", "value": [{"value": user_id}]}]}
        return lambda: directory.send("PATCH", f"/Groups/{group['id']}", body)

    assert at_once(*map(join, users)) == [204] * 4
    present = directory.ask("GET", f"/Groups/{group['id']}")["members"]
    assert {member["value"] for member in present} == set(users)


def test_of_two_last_owners_who_are_removed_at_once_one_stays(committed_tenant, directory):
    second = add_member(committed_tenant.pk, email="second@acme.example", role="owner", actor=SYSTEM)
    with tenant_schema(committed_tenant):
        first = Member.objects.exclude(pk=second.pk).get()
    statuses = at_once(*(lambda pk=pk: directory.send("DELETE", f"/Users/{pk}") for pk in (first.pk, second.pk)))
    assert sorted(statuses) == [204, 409]
    with tenant_schema(committed_tenant):
        assert Member.objects.filter(role="owner", is_active=True).count() == 1


def test_of_two_who_are_given_the_same_address_one_is_told_that_it_is_taken(directory):
    body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann@acme.example"}
    statuses = at_once(*(lambda: directory.send("POST", "/Users", body) for _ in range(3)))
    assert sorted(statuses) == [201, 409, 409]
