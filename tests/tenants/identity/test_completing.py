"""When a first proof is enough, and what is pending when it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.identity.errors import PendingOverError, SecondFactorNeededError
from tenants.identity.factors.codes import create_secret
from tenants.identity.models import AuthenticatorApp, PendingSignIn, SignIn
from tenants.identity.services.completing import complete_sign_in
from tenants.identity.services.factors import has_second_factor
from tenants.identity.services.members import add_member
from tenants.identity.services.pending import end_pending, find_pending, open_pending
from tenants.identity.services.signing_in import sign_in_with_password
from tenants.registry.schema import tenant_schema
from tenants.workspace.access.abilities import abilities, register_abilities
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD
from tests.tenants.identity.people import HOME

EMAIL = "ann@acme.example"


@pytest.fixture(autouse=True)
def second_factors():
    before = abilities()
    register_abilities(replace(before, has_second_factor=has_second_factor))
    yield
    register_abilities(before)


@pytest.fixture
def ann(acme, operator):
    return add_member(acme.pk, email=EMAIL, name="Ann", password=PASSWORD, actor=operator)


def set_one_up(tenant, member):
    with tenant_schema(tenant):
        AuthenticatorApp.objects.create(member_id=member.pk, secret=create_secret(), last_step=0)


def ask(tenant, policy, operator):
    update_access(tenant.pk, mode="members", member_second_factor=policy, actor=operator)


def pending(tenant, member) -> tuple[str, str]:
    """Return id and secret of the link at which a member goes on."""
    with pytest.raises(SecondFactorNeededError) as needed:
        sign_in_with_password(tenant, email=member.email, password=PASSWORD, visit=HOME)
    assert needed.value.next.startswith("/settings/sign-in/second-factor/")
    assert needed.value.next.endswith("/")
    link = needed.value.next.split("/")
    return link[-3], link[-2]


@pytest.mark.parametrize(
    ("given", "enters"),
    [
        (("off", False, False), True), (("off", True, False), True), (("optional", False, False), True),
        (("optional", True, False), False), (("optional", True, True), True), (("required", False, False), False),
        (("required", True, False), False), (("required", False, True), True),
    ],
)  # fmt: skip
def test_a_second_factor_is_asked_as_the_policy_says(acme, ann, operator, given, enters):
    policy, has_one, proved = given
    ask(acme, policy, operator)
    if has_one:
        set_one_up(acme, ann)
    if enters:
        person = complete_sign_in(acme, ann.pk, method="google", visit=HOME, proved_second_factor=proved)
        assert (person.email, person.method) == (EMAIL, "google")
    else:
        with pytest.raises(SecondFactorNeededError):
            complete_sign_in(acme, ann.pk, method="google", visit=HOME, proved_second_factor=proved)
    with tenant_schema(acme):
        assert SignIn.objects.exists() is enters
        assert PendingSignIn.objects.exists() is not enters


def test_each_role_has_a_rule_of_its_own(acme, globex, ann, operator):
    ask(acme, "required", operator)
    assert sign_in_with_password(acme, email="owner@acme.example", password=PASSWORD, visit=HOME)
    assert sign_in_with_password(globex, email="owner@globex.example", password=PASSWORD, visit=HOME)
    pending(acme, ann)


def test_a_link_works_once_and_the_browser_that_opened_it_goes_on(acme, ann, operator):
    ask(acme, "required", operator)
    link = pending(acme, ann)
    with tenant_schema(acme):
        with pytest.raises(PendingOverError):
            find_pending(acme, ".".join(link))
        with pytest.raises(PendingOverError):
            open_pending(acme, link[0], "another secret", target="/")
        key = open_pending(acme, *link, target="/settings/flags/")
        with pytest.raises(PendingOverError):
            open_pending(acme, *link, target="/")
        found = find_pending(acme, key)
        assert (found.member_id, found.method, found.target) == (ann.pk, "password", "/settings/flags/")
        for wrong in ("", ".", "x.y", f"{link[0]}.", f"{link[0]}.{link[1]}", f"{key}x"):
            with pytest.raises(PendingOverError):
                find_pending(acme, wrong)
        end_pending(found)
        with pytest.raises(PendingOverError):
            end_pending(found)
        with pytest.raises(PendingOverError):
            find_pending(acme, key)


def test_what_is_pending_at_one_tenant_is_nothing_at_another_even_when_its_row_is_copied(acme, globex, ann, operator):
    ask(acme, "required", operator)
    link = pending(acme, ann)
    with tenant_schema(acme):
        row = PendingSignIn.objects.get()
    with tenant_schema(globex):
        with pytest.raises(PendingOverError):
            open_pending(globex, *link, target="/")
        owner = Member.objects.get()
        copy = PendingSignIn.objects.create(
            id=row.pk, member=owner, method="password", secret_hash=row.secret_hash, expires_at=row.expires_at
        )
        with pytest.raises(PendingOverError):
            open_pending(globex, *link, target="/")
    with tenant_schema(acme):
        key = open_pending(acme, *link, target="/")
        opened = PendingSignIn.objects.get()
    with tenant_schema(globex):
        PendingSignIn.objects.filter(pk=copy.pk).update(secret_hash=opened.secret_hash, opened_at=opened.opened_at)
        with pytest.raises(PendingOverError):
            find_pending(globex, key)


def test_it_ends_after_ten_minutes_and_with_the_members_activity(acme, ann, operator):
    ask(acme, "required", operator)
    first, second = pending(acme, ann), pending(acme, ann)
    with tenant_schema(acme):
        key = open_pending(acme, *first, target="/")
        row = PendingSignIn.objects.get(pk=first[0])
        assert row.expires_at - row.created_at <= timedelta(minutes=10)
        Member.objects.filter(pk=ann.pk).update(is_active=False)
        with pytest.raises(PendingOverError):
            find_pending(acme, key)
        Member.objects.filter(pk=ann.pk).update(is_active=True)
        PendingSignIn.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(PendingOverError):
            find_pending(acme, key)
        with pytest.raises(PendingOverError):
            open_pending(acme, *second, target="/")


def test_the_secrets_are_stored_nowhere(acme, ann, operator):
    ask(acme, "required", operator)
    link = pending(acme, ann)
    with tenant_schema(acme):
        key = open_pending(acme, *link, target="/")
        stored = str(list(PendingSignIn.objects.values()))
    assert link[1] not in stored
    assert key.partition(".")[2] not in stored
