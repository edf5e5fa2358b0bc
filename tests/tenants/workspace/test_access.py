"""Editing who may enter: checked, published, told in the log, and never a way to lock all owners out."""

import json
import time
from dataclasses import replace

import pytest
from django.contrib.auth.hashers import make_password

from tenants.contract.access import Entry, SecondFactor, SignInKind, SignInMethod, SignUp
from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.contract.roles import Role
from tenants.contract.state import decode_state
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.revisions import restore_revision
from tenants.workspace.access.abilities import Abilities, abilities, register_abilities
from tenants.workspace.models import EndedSignIns, Member
from tenants.workspace.services.access import preview_access, update_access
from tests.conftest import PASSWORD

OWNER_OF_ACME = Actor(ActorKind.MEMBER, "owner@acme.example", Role.OWNER)
GOOGLE = SignInMethod(SignInKind.OIDC, "google", "Google")


def live_access(tenant):
    publication = Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication
    return decode_state(json.dumps(publication.document)).access


def add(tenant, *, role: str, email: str) -> None:
    with tenant_schema(tenant):
        Member.objects.create(email=email, role=role, password=make_password(PASSWORD))


@pytest.fixture
def able():
    """Return a function that gives every tenant providers and a second factor, for one test."""
    before = abilities()

    def give(*providers: SignInMethod, enrolled: bool | None = None, sign_up=frozenset(SignUp)) -> None:
        has_one = None if enrolled is None else lambda _: enrolled
        register_abilities(Abilities(providers=lambda: providers, has_second_factor=has_one, sign_up=sign_up))

    yield give
    register_abilities(before)


def test_every_field_is_published_with_one_entry_that_says_what_was_and_is(acme, globex, operator, able):
    able(GOOGLE, enrolled=True)
    before = live_access(globex)

    update_access(
        acme.pk, mode="members", entry="domains", email_domains=["@Acme.example"], methods=["google", "password"],
        session_seconds=8 * 3600, idle_seconds=1800, networks=["203.0.113.7"], sign_up="domain",
        owner_second_factor="required", member_second_factor="off", actor=operator,
    )  # fmt: skip

    access = live_access(acme)
    assert (access.entry, access.email_domains, access.sign_up) == (Entry.DOMAINS, ("acme.example",), SignUp.DOMAIN)
    assert [method.id for method in access.methods] == ["google", "password"]
    assert access.methods[0] == GOOGLE
    assert (access.session_seconds, access.idle_seconds, access.networks) == (28_800, 1800, ("203.0.113.7/32",))
    assert access.second_factor.owner is SecondFactor.REQUIRED
    assert access.second_factor.member is SecondFactor.OFF
    assert live_access(globex) == before
    entry = AuditEntry.objects.get(tenant_id=acme.pk, action="access.update")
    assert entry.changes["session_seconds"] == [1_296_000, 28_800]
    assert entry.changes["methods"] == [["password"], ["google", "password"]]
    assert "admin_second_factor" not in entry.changes


def test_what_is_left_out_stays_as_it_is(acme, operator):
    update_access(acme.pk, mode="members", session_seconds=3600, actor=operator)
    update_access(acme.pk, networks=["203.0.113.0/24"], actor=operator)
    access = live_access(acme)
    assert (access.mode, access.session_seconds, access.networks) == ("members", 3600, ("203.0.113.0/24",))


def test_no_second_factor_is_required_where_there_is_none_to_set_up(acme, operator, able):
    able()
    with pytest.raises(InvalidValueError) as refused:
        update_access(acme.pk, owner_second_factor="required", actor=operator)
    assert (refused.value.code, refused.value.field) == ("second_factor_unavailable", "owner_second_factor")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"mode": "password"}, "access_mode_invalid", "mode"),
        ({"entry": "nobody"}, "entry_invalid", "entry"),
        ({"entry": "domains"}, "email_domain_invalid", "email_domains"),
        ({"email_domains": ["*.acme.example"]}, "email_domain_invalid", "email_domains"),
        ({"email_domains": [f"d{n}.example" for n in range(51)]}, "email_domain_invalid", "email_domains"),
        ({"methods": []}, "sign_in_method_missing", "methods"),
        ({"methods": ["password", "google"]}, "sign_in_method_unknown", "methods"),
        ({"session_seconds": 299}, "session_time_invalid", "session_seconds"),
        ({"session_seconds": 31_536_001}, "session_time_invalid", "session_seconds"),
        ({"idle_seconds": 59}, "idle_time_invalid", "idle_seconds"),
        ({"idle_seconds": 3601, "session_seconds": 3600}, "idle_time_invalid", "idle_seconds"),
        ({"networks": ["10.1.2.3/8"]}, "network_invalid", "networks"),
        ({"networks": [f"10.0.{n}.0/24" for n in range(101)]}, "network_invalid", "networks"),
        ({"sign_up": "domain"}, "email_domain_invalid", "email_domains"),
        (
            {"sign_up": "domain", "email_domains": ["acme.example"], "entry": "invited"},
            "sign_up_invalid",
            "sign_up",
        ),
        ({"sign_up": "anyone"}, "sign_up_invalid", "sign_up"),
        ({"member_second_factor": "always"}, "second_factor_invalid", "member_second_factor"),
    ],
)
def test_a_value_that_cannot_be_is_refused_at_its_field_and_nothing_is_saved(acme, operator, changes, code, field):
    before = live_access(acme)
    with pytest.raises(InvalidValueError) as refused:
        update_access(acme.pk, **changes, actor=operator)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert live_access(acme) == before
    assert not AuditEntry.objects.filter(tenant_id=acme.pk, action="access.update").exists()


def test_domains_at_which_no_owner_is_are_refused_with_the_reason(acme, operator):
    with pytest.raises(ConflictError) as refused:
        update_access(acme.pk, entry="domains", email_domains=["globex.example"], actor=operator)
    assert (refused.value.code, refused.value.field) == ("owners_locked_out", "email_domains")
    reason = "owner@acme.example would be refused: the e-mail address is not at globex.example"
    assert reason in refused.value.message


def test_the_last_way_in_that_an_owner_can_use_is_not_taken_away(acme, operator, able):
    able(GOOGLE)
    update_access(acme.pk, methods=["google", "password"], actor=operator)
    with tenant_schema(acme):
        Member.objects.filter(role="owner").update(password="!unusable")

    with pytest.raises(ConflictError, match="the only way in is a password, and the member has none") as refused:
        update_access(acme.pk, methods=["password"], actor=operator)

    assert (refused.value.code, refused.value.field) == ("owners_locked_out", "methods")
    update_access(acme.pk, methods=["google"], actor=operator)


def test_one_owner_who_gets_in_is_enough(acme, operator):
    add(acme, role="owner", email="second@globex.example")
    update_access(acme.pk, entry="domains", email_domains=["globex.example"], actor=operator)
    assert live_access(acme).email_domains == ("globex.example",)


def test_a_member_does_not_lock_themselves_out_by_a_network_and_an_operator_may_name_any(acme, operator):
    with pytest.raises(ConflictError, match=r"You come from 198\.51\.100\.7") as refused:
        update_access(acme.pk, networks=["203.0.113.0/24"], actor=replace(OWNER_OF_ACME, address="::ffff:198.51.100.7"))
    assert (refused.value.code, refused.value.field) == ("network_locks_out", "networks")
    update_access(acme.pk, networks=["203.0.113.0/24"], actor=replace(OWNER_OF_ACME, address="203.0.113.9"))
    update_access(acme.pk, networks=["192.0.2.0/24"], actor=replace(operator, address="198.51.100.7"))
    assert live_access(acme).networks == ("192.0.2.0/24",)


def test_a_second_factor_may_be_required_of_owners_who_can_set_one_up_when_they_come(acme, operator, able):
    able(enrolled=False)
    update_access(acme.pk, owner_second_factor="required", actor=operator)
    preview = preview_access(acme.pk, mode="members", email="owner@acme.example", actor=operator)
    assert preview.verdict is not None
    assert preview.verdict.sentences[-2:] == (
        "then would have to set up a second factor", "where signed in already, only at the next sign-in"
    )  # fmt: skip


def test_a_preview_says_what_would_change_and_happen_and_saves_nothing(acme, globex, operator):
    add(acme, role="member", email="ann@acme.example")
    before = live_access(acme)

    preview = preview_access(
        acme.pk, mode="members", networks=["203.0.113.0/24"], email="Ann@acme.example", from_address="198.51.100.7",
        actor=operator,
    )  # fmt: skip

    assert preview.changes == [
        "Who may enter: members, signing in (was: anyone with the address)",
        "Networks: 203.0.113.0/24 (was: any)",
    ]
    assert str(preview.verdict) == "would be refused: 198.51.100.7 is in none of the allowed networks"
    inside = preview_access(acme.pk, mode="members", email="ann@acme.example", actor=operator)
    assert str(inside.verdict) == "would be asked for a password"
    elsewhere = preview_access(globex.pk, mode="members", email="ann@acme.example", actor=operator)
    assert str(elsewhere.verdict) == "would be refused: there is no such member; an administrator can invite them"
    assert live_access(acme) == before


def test_a_preview_refuses_what_saving_would(acme, operator):
    with pytest.raises(ConflictError, match="No owner could sign in"):
        preview_access(acme.pk, entry="domains", email_domains=["globex.example"], actor=operator)
    with pytest.raises(InvalidValueError):
        preview_access(acme.pk, networks=["x"], actor=operator)


def test_the_ends_of_sign_ins_are_published_as_long_as_one_from_before_could_last(acme, globex, operator):
    now = int(time.time())
    with tenant_schema(acme):
        ann, bob = Member(), Member()
        EndedSignIns.objects.create(member_id=ann.pk, ended_at=now)
        EndedSignIns.objects.create(member_id=bob.pk, ended_at=now - 7200)
    update_access(acme.pk, session_seconds=3600, actor=operator)
    update_access(globex.pk, session_seconds=3600, actor=operator)
    assert live_access(acme).ended == {str(ann.pk): now}
    assert live_access(globex).ended == {}


def test_an_older_policy_comes_back_unless_it_would_lock_the_owners_out_or_its_provider_is_gone(acme, operator, able):
    able(GOOGLE)
    update_access(acme.pk, methods=["google", "password"], idle_seconds=600, actor=operator)
    with_google = Tenant.objects.select_related("live_publication").get(pk=acme.pk).live_publication.revision
    update_access(acme.pk, methods=["password"], idle_seconds=0, actor=operator)

    restore_revision(acme.pk, with_google, actor=operator)
    assert live_access(acme).idle_seconds == 600
    assert live_access(acme).methods[0] == GOOGLE

    update_access(acme.pk, methods=["password"], actor=operator)
    able()
    with pytest.raises(ConflictError) as refused:
        restore_revision(acme.pk, with_google, actor=operator)
    assert refused.value.code == "revision_method_missing"
