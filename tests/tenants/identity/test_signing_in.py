"""Who is signed in by a password, what the others are told, and how often one may try."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import get_hasher
from django.utils import timezone

from tenants.contract.errors import DomainError
from tenants.identity.attempts.limits import ACCOUNT, ADDRESS
from tenants.identity.errors import NotAllowedError, SignInRefusedError, TooManyAttemptsError
from tenants.identity.models import SignIn
from tenants.identity.services.members import add_member, update_member
from tenants.identity.services.signing_in import sign_in_with_password
from tenants.identity.visit import Visit
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD as OWNERS
from tests.tenants.identity.people import HOME, signed_in

PASSWORD = "a long passphrase"
EMAIL = "ann@acme.example"


@pytest.fixture
def ann(acme, operator):
    return add_member(acme.pk, email=EMAIL, name="Ann", password=PASSWORD, actor=operator)


@pytest.fixture
def hashes(monkeypatch):
    """The hashes that are computed, as a list that grows: what a sign-in costs, without a clock."""
    computed = []
    kind = type(get_hasher("default"))
    encode = kind.encode

    def counted(self, password, salt, *rest):
        computed.append(password)
        return encode(self, password, salt, *rest)

    monkeypatch.setattr(kind, "encode", counted)
    return computed


def refusal(tenant, email, password, visit=HOME) -> DomainError:
    with pytest.raises(DomainError) as raised:
        sign_in_with_password(tenant, email=email, password=password, visit=visit)
    return raised.value


def test_a_sign_in_says_who_came_from_where_and_how(acme, globex, ann):
    person = signed_in(acme, " Ann@ACME.example", PASSWORD)
    assert (person.email, person.name, person.role, person.method) == (EMAIL, "Ann", "member", "password")
    with tenant_schema(acme):
        row = SignIn.objects.get(pk=person.sign_in)
    assert (row.member_id, row.address, row.user_agent, row.ended_at) == (ann.pk, "192.0.2.7", "Firefox", None)
    entry = AuditEntry.objects.get(action="sign_in.begin")
    assert (entry.tenant_id, entry.actor, entry.address, entry.method) == (acme.pk, EMAIL, "192.0.2.7", "password")
    assert signed_in(globex, EMAIL, PASSWORD) is None


def test_unknown_wrong_inactive_passwordless_and_locked_are_told_alike_at_the_same_cost(acme, ann, operator, hashes):
    add_member(acme.pk, email="new@acme.example", actor=operator)
    gone = add_member(acme.pk, email="gone@acme.example", password=PASSWORD, actor=operator)
    update_member(acme.pk, gone.pk, name="", role="member", is_active=False, actor=operator)
    locked = add_member(acme.pk, email="locked@acme.example", password=PASSWORD, actor=operator)
    for _ in range(ACCOUNT.free):
        signed_in(acme, locked.email, "wrong", Visit("198.51.100.1"))
    signed_in(acme, "nobody@acme.example", "the first one also makes the hash to compare with")

    told = set()
    for email, password in [
        ("nobody@acme.example", PASSWORD), (EMAIL, "wrong"), (gone.email, PASSWORD), ("new@acme.example", PASSWORD),
        (locked.email, PASSWORD),
    ]:  # fmt: skip
        hashes.clear()
        error = refusal(acme, email, password)
        told.add((error.code, error.message, error.status, len(hashes)))
    assert len(told) == 1
    assert {cost for *_, cost in told} == {1}
    assert signed_in(acme, EMAIL, PASSWORD)


def test_an_account_is_locked_after_some_attempts_wherever_they_come_from_at_its_own_tenant_alone(
    acme, globex, ann, operator
):
    add_member(globex.pk, email=EMAIL, password=PASSWORD, actor=operator)
    for number in range(ACCOUNT.free):
        assert signed_in(acme, EMAIL, "wrong", Visit(f"192.0.2.{number}")) is None
    assert signed_in(acme, EMAIL, PASSWORD, Visit("192.0.2.99")) is None
    assert signed_in(globex, EMAIL, PASSWORD)


def test_a_sign_in_takes_the_attempts_back(acme, ann):
    for _ in range(3):
        for _ in range(ACCOUNT.free - 1):
            assert signed_in(acme, EMAIL, "wrong") is None
        assert signed_in(acme, EMAIL, PASSWORD)


def test_one_address_may_not_try_account_after_account(acme, globex, ann, hashes):
    for number in range(ADDRESS.free):
        refusal(acme, f"somebody-{number}@acme.example", PASSWORD)
    hashes.clear()
    assert isinstance(refusal(acme, EMAIL, PASSWORD), TooManyAttemptsError)
    assert not hashes
    assert signed_in(acme, EMAIL, PASSWORD, Visit("198.51.100.1"))
    assert isinstance(refusal(globex, EMAIL, PASSWORD), SignInRefusedError)


def test_refusals_are_in_the_log_until_the_account_is_locked(acme, ann):
    for _ in range(ACCOUNT.free + 10):
        signed_in(acme, EMAIL, "wrong")
    entries = AuditEntry.objects.filter(action="sign_in.refuse", tenant_id=acme.pk)
    assert entries.count() == ACCOUNT.free
    assert {(entry.actor_kind, entry.target, entry.address) for entry in entries} == {("visitor", EMAIL, "192.0.2.7")}
    assert "wrong" not in str(list(entries.values()))
    assert AuditEntry.objects.filter(action="sign_in.lock", tenant_id=acme.pk, target=EMAIL).count() == 1


def test_the_access_policy_keeps_out_who_proved_who_they_are(acme, ann, operator):
    owner = "owner@acme.example"
    update_access(acme.pk, mode="members", entry="domains", email_domains=["acme.example"], actor=operator)
    assert signed_in(acme, EMAIL, PASSWORD)
    add_member(acme.pk, email="bob@elsewhere.example", password=PASSWORD, actor=operator)
    assert isinstance(refusal(acme, "bob@elsewhere.example", PASSWORD), NotAllowedError)
    assert isinstance(refusal(acme, "bob@elsewhere.example", "wrong"), SignInRefusedError)
    update_access(acme.pk, mode="members", networks=["198.51.100.0/24"], actor=operator)
    assert isinstance(refusal(acme, owner, OWNERS), NotAllowedError)
    assert signed_in(acme, owner, OWNERS, Visit("198.51.100.7"))


def test_old_sign_ins_are_forgotten_with_the_next_one(acme, ann):
    first = signed_in(acme, EMAIL, PASSWORD)
    with tenant_schema(acme):
        SignIn.objects.update(created_at=timezone.now() - timedelta(days=31))
    second = signed_in(acme, EMAIL, PASSWORD)
    with tenant_schema(acme):
        assert {str(row.pk) for row in SignIn.objects.all()} == {second.sign_in} != {first.sign_in}
