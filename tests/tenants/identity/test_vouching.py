"""Whom an identity provider's word signs in, as what, and whom not: always at its own tenant."""

import pytest

from tenants.contract.access import SignInKind
from tenants.contract.errors import ConflictError, DomainError, InvalidValueError, NotFoundError
from tenants.contract.roles import Role
from tenants.identity.browser import live_state
from tenants.identity.models import ExternalIdentity, IdentityProvider, SignIn
from tenants.identity.providers.services import (
    add_provider,
    get_provider,
    open_secret,
    remove_provider,
    update_provider,
)
from tenants.identity.providers.vouching import VouchedPerson, foresee_sign_in, sign_in_vouched
from tenants.identity.proxies.secrets import make_proxy_secret
from tenants.identity.services.members import add_member, update_member
from tenants.registry.actor import Actor, ActorKind, NotPermittedError
from tenants.registry.models import AuditEntry, Publication
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import AccessPolicy, Member
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD as OWNERS
from tests.tenants.identity.people import HOME, offer_provider, signed_in

ANN = VouchedPerson(subject="ann-1", email="Ann@acme.example", email_verified=True, name="Ann Lee")


def refusal(tenant, provider, person) -> str:
    with pytest.raises(DomainError) as raised:
        sign_in_vouched(tenant, provider, person, visit=HOME)
    return raised.value.code


def vouched(**values) -> VouchedPerson:
    return VouchedPerson(**{"subject": "ann-1", "email": "ann@acme.example", "email_verified": True, **values})


def members(tenant) -> dict[str, str]:
    with tenant_schema(tenant):
        return dict(Member.objects.values_list("email", "role"))


def test_somebody_new_becomes_a_member_of_the_one_tenant_and_is_known_by_subject_from_then_on(acme, globex, operator):
    provider = offer_provider(acme, operator)
    offer_provider(globex, operator)
    first = sign_in_vouched(acme, provider, ANN, visit=HOME)
    assert (first.email, first.name, first.role, first.method) == ("ann@acme.example", "Ann Lee", "member", "company")
    again = sign_in_vouched(acme, provider, vouched(email="renamed@acme.example", email_verified=False), visit=HOME)
    assert (again.member, again.email) == (first.member, "ann@acme.example")
    assert set(members(acme)) == {"owner@acme.example", "ann@acme.example"}
    assert set(members(globex)) == {"owner@globex.example"}
    with tenant_schema(globex):
        assert not ExternalIdentity.objects.exists()
        assert not SignIn.objects.exists()
    entry = AuditEntry.objects.filter(action="sign_in.begin").last()
    assert (entry.tenant_id, entry.target, entry.address, entry.method) == (
        acme.pk, "ann@acme.example", HOME.address, "company",
    )  # fmt: skip


def test_a_verified_address_makes_a_member_known_and_an_unverified_one_takes_nobody_over(acme, globex, operator):
    provider = offer_provider(acme, operator, requires_verified_email=False)
    for unverified in ("owner@acme.example", "bob@acme.example"):
        if unverified.startswith("bob"):
            add_member(acme.pk, email=unverified, actor=operator)
        assert (
            refusal(acme, provider, vouched(subject="x", email=unverified, email_verified=False)) == "email_unverified"
        )
    with tenant_schema(acme):
        assert not ExternalIdentity.objects.exists()
    person = sign_in_vouched(acme, provider, vouched(subject="o", email="OWNER@acme.example"), visit=HOME)
    assert (person.email, person.role) == ("owner@acme.example", "owner")
    # Where the provider's addresses need not be verified, whoever comes with one is somebody new.
    stranger = sign_in_vouched(
        acme, provider, vouched(subject="s", email="s@acme.example", email_verified=False), visit=HOME
    )
    assert stranger.role == "member"


def test_one_provider_says_nothing_about_anothers_people_nor_one_tenants_about_another(acme, globex, operator):
    first, second = offer_provider(acme, operator), offer_provider(acme, operator, "partner")
    elsewhere = offer_provider(globex, operator)
    ann = sign_in_vouched(acme, first, ANN, visit=HOME)
    for tenant, provider in ((acme, second), (globex, elsewhere)):
        other = sign_in_vouched(tenant, provider, vouched(email="eve@acme.example"), visit=HOME)
        assert other.member != ann.member
        assert other.email == "eve@acme.example"


@pytest.mark.parametrize(
    ("rules", "person", "code"),
    [
        ({}, vouched(email=""), "email_missing"),
        ({}, vouched(email="no address"), "email_missing"),
        ({}, vouched(email_verified=False), "email_unverified"),
        ({}, vouched(subject=""), "sign_in_not_allowed"),
        ({"creates_members": False}, ANN, "sign_in_not_allowed"),
        ({"email_domains": ["other.example"]}, ANN, "sign_in_not_allowed"),
    ],
)
def test_who_is_refused_leaves_a_reason_in_the_log_and_nothing_else(acme, operator, rules, person, code):
    provider = offer_provider(acme, operator, **rules)
    assert refusal(acme, provider, person) == code
    entry = AuditEntry.objects.get(action="sign_in.refuse")
    assert (entry.tenant_id, entry.method, entry.address, entry.changes) == (
        acme.pk, "company", HOME.address, {"reason": code},
    )  # fmt: skip
    assert set(members(acme)) == {"owner@acme.example"}
    with tenant_schema(acme):
        assert not SignIn.objects.exists()


def test_the_access_policy_holds_for_whom_providers_vouch_for(acme, operator):
    provider = offer_provider(acme, operator)
    update_access(acme.pk, entry="domains", email_domains=["acme.example"], actor=operator)
    assert refusal(acme, provider, vouched(subject="b", email="bob@elsewhere.example")) == "sign_in_not_allowed"
    update_access(acme.pk, entry="invited", actor=operator)
    assert refusal(acme, provider, ANN) == "sign_in_not_allowed"
    ann = add_member(acme.pk, email="ann@acme.example", actor=operator)
    assert sign_in_vouched(acme, provider, ANN, visit=HOME).member == str(ann.pk)
    update_access(acme.pk, networks=["198.51.100.0/24"], actor=operator)
    assert refusal(acme, provider, ANN) == "sign_in_not_allowed"
    update_access(acme.pk, networks=[], actor=operator)
    update_member(acme.pk, ann.pk, name="", role="member", is_active=False, actor=operator)
    assert refusal(acme, provider, ANN) == "sign_in_not_allowed"
    update_member(acme.pk, ann.pk, name="", role="member", is_active=True, actor=operator)
    update_access(acme.pk, methods=["password"], actor=operator)
    assert refusal(acme, provider, ANN) == "sign_in_not_allowed"


def test_a_password_is_worth_nothing_where_the_policy_offers_none(acme, operator):
    offer_provider(acme, operator)
    assert signed_in(acme, "owner@acme.example", OWNERS)
    make_proxy_secret(acme.pk, "company", actor=operator)
    update_access(acme.pk, methods=["company"], actor=operator)
    with pytest.raises(DomainError) as raised:
        signed_in(acme, "owner@acme.example", OWNERS)
    assert raised.value.code == "sign_in_not_allowed"


def test_groups_decide_the_role_at_each_sign_in_where_there_are_rules(acme, operator):
    provider = offer_provider(acme, operator, role_rules=[{"group": "chiefs", "role": "admin"}])
    first = sign_in_vouched(acme, provider, vouched(groups=("staff", "chiefs")), visit=HOME)
    assert first.role == "admin"
    second = sign_in_vouched(acme, provider, vouched(groups=("staff",)), visit=HOME)
    assert (second.member, second.role) == (first.member, "member")
    # What the earlier sign-in may do, its token says: it is over with the role.
    assert live_state(acme).access.is_ended(first.member, first.auth_time)
    assert not live_state(acme).access.is_ended(second.member, second.auth_time)


def test_only_a_rule_makes_an_owner_and_the_last_one_stays(acme, operator):
    provider = offer_provider(acme, operator, role_rules=[{"group": "staff", "role": "member"}])
    owner = vouched(subject="o", email="owner@acme.example", groups=("staff",))
    assert sign_in_vouched(acme, provider, owner, visit=HOME).role == "owner"
    rules = [{"group": "owners", "role": "owner"}, {"group": "staff", "role": "admin"}]
    update_provider(acme.pk, provider.pk, role_rules=rules, actor=operator)
    with tenant_schema(acme):
        provider = get_provider(provider.pk)
    assert sign_in_vouched(acme, provider, owner, visit=HOME).role == "owner"
    assert sign_in_vouched(acme, provider, vouched(groups=("owners",)), visit=HOME).role == "owner"
    assert sign_in_vouched(acme, provider, owner, visit=HOME).role == "admin"
    with pytest.raises(InvalidValueError, match="owners need a rule"):
        update_provider(acme.pk, provider.pk, default_role="owner", actor=operator)


def test_what_would_happen_is_foreseen_and_nothing_done(acme, operator):
    provider = add_provider(acme.pk, "company", kind="header", default_role="admin", actor=operator)
    foreseen = foresee_sign_in(acme, provider, ANN, visit=HOME)
    assert (foreseen.role, foreseen.is_new, foreseen.refusal) == ("admin", True, None)
    known = foresee_sign_in(acme, provider, vouched(email="owner@acme.example"), visit=HOME)
    assert (known.email, known.role, known.is_new) == ("owner@acme.example", "owner", False)
    refused = foresee_sign_in(acme, provider, vouched(email_verified=False), visit=HOME)
    assert refused.refusal.code == "email_unverified"
    assert set(members(acme)) == {"owner@acme.example"}
    assert not AuditEntry.objects.filter(action__startswith="sign_in").exists()


def test_a_provider_is_a_way_to_sign_in_of_its_tenant_alone_and_its_secret_is_nowhere_in_the_open(
    acme, globex, operator
):
    offer_provider(acme, operator, label="Acme SSO", secret="the shared secret")
    assert [(m.id, m.kind, m.label) for m in live_state(acme).access.methods] == [
        ("password", SignInKind.PASSWORD, ""), ("company", SignInKind.HEADER, "Acme SSO"),
    ]  # fmt: skip
    with pytest.raises(InvalidValueError, match="no way to sign in called"):
        update_access(globex.pk, methods=["password", "company"], actor=operator)
    with tenant_schema(acme):
        provider = get_provider("company")
    assert open_secret(acme, provider) == "the shared secret"
    with pytest.raises(DomainError, match="cannot be read"):
        open_secret(globex, provider)
    told = str(list(AuditEntry.objects.values())) + str(list(Publication.objects.values("document"))) + provider.secret
    assert "the shared secret" not in told
    sealed = provider.secret
    update_provider(acme.pk, "company", secret="the shared secret", label="Acme", actor=operator)
    with tenant_schema(acme):
        assert get_provider("company").secret == sealed
    assert AuditEntry.objects.filter(action="provider.update").last().changes == {"label": ["Acme SSO", "Acme"]}


def test_removing_a_provider_takes_it_out_of_the_policy_and_leaves_a_way_in(acme, globex, operator):
    for tenant in (acme, globex):
        offer_provider(tenant, operator)
    make_proxy_secret(acme.pk, "company", actor=operator)
    update_access(acme.pk, methods=["company"], actor=operator)
    with pytest.raises(ConflictError) as last:
        remove_provider(acme.pk, "company", actor=operator)
    assert last.value.code == "sign_in_method_last"
    update_access(acme.pk, methods=["company", "password"], actor=operator)
    with tenant_schema(acme):
        Member.objects.update(password="!")
    with pytest.raises(ConflictError) as locked_out:
        remove_provider(acme.pk, "company", actor=operator)
    assert locked_out.value.code == "owners_locked_out"
    with tenant_schema(acme):
        assert IdentityProvider.objects.filter(pk="company").exists()
    remove_provider(globex.pk, "company", actor=operator)
    assert [method.id for method in live_state(globex).access.methods] == ["password"]
    with tenant_schema(globex):
        assert AccessPolicy.objects.get().methods == ["password"]
    with pytest.raises(NotFoundError):
        remove_provider(globex.pk, "company", actor=operator)


@pytest.mark.parametrize(
    ("provider_id", "values", "field"),
    [
        ("Big", {}, "id"),
        ("password", {}, "id"),
        ("a" * 40, {}, "id"),
        ("company", {"kind": "password"}, "kind"),
        ("company", {"label": " "}, "label"),
        ("company", {"email_domains": ["*.acme.example"]}, "email_domains"),
        ("company", {"role_rules": [{"group": "", "role": "admin"}]}, "role_rules"),
        ("company", {"role_rules": [{"group": "g", "role": "king"}]}, "role_rules"),
    ],
)
def test_what_is_wrong_with_a_provider_is_said_at_its_field(acme, operator, provider_id, values, field):
    with pytest.raises(InvalidValueError) as raised:
        add_provider(acme.pk, provider_id, **{"kind": "header", **values}, actor=operator)
    assert raised.value.field == field


def test_two_providers_have_two_short_names(acme, globex, operator):
    for tenant in (acme, globex):
        add_provider(tenant.pk, "twice", kind="header", actor=operator)
    with pytest.raises(ConflictError) as raised:
        add_provider(acme.pk, "twice", kind="header", actor=operator)
    assert raised.value.code == "provider_id_taken"


def test_only_owners_and_operators_say_who_vouches_for_people(acme, operator):
    offer_provider(acme, operator)
    admin = Actor(ActorKind.MEMBER, "admin@acme.example", role=Role.ADMIN)
    for forbidden in (
        lambda: add_provider(acme.pk, "mine", kind="header", actor=admin),
        lambda: update_provider(acme.pk, "company", label="Mine", actor=admin),
        lambda: remove_provider(acme.pk, "company", actor=admin),
    ):
        with pytest.raises(NotPermittedError):
            forbidden()
    owner = Actor(ActorKind.MEMBER, "owner@acme.example", role=Role.OWNER)
    assert update_provider(acme.pk, "company", label="Ours", actor=owner).label == "Ours"
