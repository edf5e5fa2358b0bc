"""Members: added, changed and signed in within their own tenant; one owner always stays."""

from uuid import uuid4

import pytest

from tenants.contract.errors import ConflictError, DomainError, NotFoundError
from tenants.conversations.models import Thread, User
from tenants.identity.services.members import (
    add_member,
    remove_member,
    set_member_password,
    update_member,
)
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tests.tenants.identity.people import signed_in


def owner_of(tenant):
    with tenant_schema(tenant):
        return Member.objects.get(role=Member.Role.OWNER)


def test_a_member_signs_in_at_the_own_tenant_only(acme, globex, operator):
    add_member(acme.pk, email="Ann@Acme.example", password="a long passphrase", actor=operator)
    assert signed_in(acme, " ann@acme.EXAMPLE ", "a long passphrase").email == "ann@acme.example"
    assert signed_in(globex, "ann@acme.example", "a long passphrase") is None


def test_wrong_unknown_inactive_and_passwordless_members_are_refused_alike(acme, operator):
    member = add_member(acme.pk, email="ann@acme.example", password="a long passphrase", actor=operator)
    add_member(acme.pk, email="bob@acme.example", actor=operator)
    assert signed_in(acme, "ann@acme.example", "wrong") is None
    assert signed_in(acme, "nobody@acme.example", "a long passphrase") is None
    assert signed_in(acme, "bob@acme.example", "") is None
    update_member(acme.pk, member.pk, name="Ann", role="member", is_active=False, actor=operator)
    assert signed_in(acme, "ann@acme.example", "a long passphrase") is None


def test_a_new_password_replaces_the_old_one_and_is_in_no_log(acme, operator):
    member = owner_of(acme)
    set_member_password(acme.pk, member.pk, password="an even longer phrase", actor=operator)
    assert signed_in(acme, member.email, "correct horse battery") is None
    assert signed_in(acme, member.email, "an even longer phrase")
    assert "longer phrase" not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"email": "no-address"}, "email_invalid"),
        ({"email": "OWNER@acme.example"}, "email_taken"),
        ({"email": "x@acme.example", "role": "god"}, "role_invalid"),
        ({"email": "x@acme.example", "password": "short"}, "password_weak"),
        ({"email": "x@acme.example", "password": "password123"}, "password_weak"),
    ],
)
def test_a_bad_member_is_refused_by_name(acme, operator, values, code):
    with pytest.raises(DomainError) as refusal:
        add_member(acme.pk, **values, actor=operator)
    assert refusal.value.code == code
    with tenant_schema(acme):
        assert Member.objects.count() == 1


def test_the_last_active_owner_stays(acme, operator):
    owner = owner_of(acme)
    second = add_member(acme.pk, email="second@acme.example", role="owner", actor=operator)
    update_member(acme.pk, second.pk, name="", role="owner", is_active=False, actor=operator)
    for change in (
        lambda: remove_member(acme.pk, owner.pk, actor=operator),
        lambda: update_member(acme.pk, owner.pk, name="", role="admin", is_active=True, actor=operator),
        lambda: update_member(acme.pk, owner.pk, name="", role="owner", is_active=False, actor=operator),
    ):
        with pytest.raises(ConflictError) as refusal:
            change()
        assert refusal.value.code == "last_owner"
    remove_member(acme.pk, second.pk, actor=operator)
    assert owner_of(acme) == owner


def test_whoever_gets_a_removed_members_address_begins_without_their_conversations(acme, globex, operator):
    for tenant in (acme, globex):
        add_member(tenant.pk, email="ann@acme.example", password="a long passphrase", actor=operator)
        with tenant_schema(tenant):
            user = User.objects.create(identifier="ann@acme.example")
            Thread.objects.create(id=uuid4(), user=user, name="Salaries")
    with tenant_schema(acme):
        ann = Member.objects.get(email="ann@acme.example")
    remove_member(acme.pk, ann.pk, actor=operator)
    add_member(acme.pk, email="ann@acme.example", password="a long passphrase", actor=operator)
    with tenant_schema(acme):
        assert not Thread.objects.filter(user__identifier="ann@acme.example").exists()
        assert str(ann.pk) in Thread.objects.get(name="Salaries").user.identifier
    with tenant_schema(globex):
        assert Thread.objects.filter(user__identifier="ann@acme.example").exists()


def test_a_member_of_another_tenant_cannot_be_touched(acme, globex, operator):
    foreign = owner_of(globex)
    with pytest.raises(NotFoundError):
        remove_member(acme.pk, foreign.pk, actor=operator)
    with pytest.raises(NotFoundError):
        set_member_password(acme.pk, foreign.pk, password="a long passphrase", actor=operator)
    assert owner_of(globex) == foreign
