"""Each role may do in each service what the table of roles says, and nothing else; no service is forgotten."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction

import tenants
from tenants.contract.errors import ConflictError, DomainError
from tenants.contract.roles import Permission, Role, may
from tenants.registry.actor import Actor, ActorKind, NotPermittedError
from tenants.registry.models import AuditEntry, Publication
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor
from tenants.workspace.models import Member
from tenants.workspace.services.access import preview_access, update_access
from tests.tenants.permission_case import Case, Ground, full_name
from tests.tenants.permission_matrix import MATRIX, UNASKED

VIEWER = Actor(ActorKind.VIEWER, "operator@example.com")
VISITOR = Actor(ActorKind.VISITOR, "nobody@example.com", Role.OWNER)


def takes_an_actor(function) -> bool:
    return any(parameter.annotation is Actor for parameter in inspect.signature(function).parameters.values())


def services_with_an_actor() -> set[str]:
    found = set()
    for module in pkgutil.walk_packages(tenants.__path__, "tenants."):
        if {"migrations", "commands"} & set(module.name.split(".")):
            continue
        public = importlib.import_module(module.name)
        for name in getattr(public, "__all__", ()):
            function = getattr(public, name)
            if inspect.isfunction(function) and takes_an_actor(inspect.unwrap(function)):
                found.add(full_name(function))
    return found


def test_every_service_that_takes_an_actor_is_tried_with_every_role():
    assert services_with_an_actor() == {full_name(case.service) for case in MATRIX} | UNASKED.keys()


def test_every_permission_is_asked_for_somewhere():
    sources = "".join(path.read_text() for path in Path(tenants.__path__[0]).rglob("*.py") if path.name != "roles.py")
    asked = set(re.findall(r"\bPermission\.([A-Z_]+)", sources))
    assert {permission.name for permission in Permission} == asked


def traces(ground: Ground) -> tuple[object, ...]:
    """What a service leaves behind that did something."""
    with tenant_schema(ground.tenant):
        people = list(Member.objects.order_by("pk").values_list("pk", "email", "name", "role", "is_active", "password"))
    return AuditEntry.objects.count(), Publication.objects.count(), people


def missing(case: Case, ground: Ground, actor: Actor) -> str | None:
    """Call the service as the actor and undo it; return the permission for whose lack it was refused."""
    try:
        with transaction.atomic(), tenant_schema(ground.tenant):
            case.call(ground, actor)
            transaction.set_rollback(True)
    except NotPermittedError as error:
        return error.details["permission"]
    except DomainError:
        return None
    return None


@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.name)
def test_each_role_may_what_the_table_says(ground, case):
    somebody_elses = case.permission is Permission.EDIT_OWN_PROFILE and not case.own
    for role in Role:
        ground.acting.role = role
        with tenant_schema(ground.tenant):
            ground.acting.save()
        before = traces(ground)
        lacks = missing(case, ground, member_actor(ground.acting))
        assert (lacks is None) is (may(role, case.permission) and not somebody_elses), role
        assert lacks is None or somebody_elses or not may(role, Permission(lacks))
        assert traces(ground) == before
    assert missing(case, ground, VISITOR)
    assert missing(case, ground, VIEWER)


def test_admins_keep_no_owner_out_by_the_domains_of_members(ground):
    with tenant_schema(ground.tenant):
        Member.objects.filter(pk=ground.owner.pk).update(email="owner@other.example")
        Member.objects.update(password=make_password("a long passphrase"))
    admin = member_actor(ground.admin)
    for ask in (update_access, preview_access):
        with pytest.raises(ConflictError, match=r"Only owners may keep an owner out: owner@other\.example"):
            ask(ground.id, entry="domains", email_domains=["acme.example"], actor=admin)
    update_access(ground.id, entry="domains", email_domains=["acme.example", "other.example"], actor=admin)
    update_access(ground.id, email_domains=["acme.example"], actor=member_actor(ground.acting))
