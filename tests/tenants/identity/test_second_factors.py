"""A member's second factors: set up, proved, counted, removed, reset; each tenant's its own."""

from dataclasses import replace
from uuid import uuid4

import pytest

from tenants.contract.errors import ConflictError, DomainError, InvalidValueError, NotFoundError
from tenants.identity.attempts.limits import ADDRESS, SECOND_FACTOR
from tenants.identity.errors import SecondFactorRefusedError, TooManyAttemptsError
from tenants.identity.factors.passkeys import PasskeyRefusedError
from tenants.identity.models import AuthenticatorApp, RecoveryCode, RegisteredPasskey, SignIn
from tenants.identity.services.enrolling import add_app, add_passkey, ask_new_passkey, begin_app, new_recovery_codes
from tenants.identity.services.factors import (
    describe_factors,
    has_second_factor,
    remove_app,
    remove_passkey,
    rename_passkey,
    reset_factors,
)
from tenants.identity.services.members import add_member
from tenants.identity.services.proving import ask_passkey, prove_by_code, prove_by_passkey
from tenants.identity.visit import Visit
from tenants.registry.actor import NotPermittedError
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.conftest import PASSWORD
from tests.tenants.identity.enrolled import code_of, give_app, give_passkey, site_of
from tests.tenants.identity.factors.device import Device
from tests.tenants.identity.people import HOME, signed_in

EMAIL = "ann@acme.example"


@pytest.fixture
def ann(acme, operator):
    return add_member(acme.pk, email=EMAIL, name="Ann", password=PASSWORD, actor=operator)


@pytest.fixture
def other_ann(globex, ann):
    """Somebody at globex with the same address and the same id."""
    with tenant_schema(globex):
        return Member.objects.create(id=ann.pk, email=EMAIL, name="Ann", password=ann.password)


def proves(tenant, member, code, visit=HOME) -> bool:
    try:
        with tenant_schema(tenant):
            prove_by_code(tenant, member, code, visit=visit)
    except SecondFactorRefusedError:
        return False
    return True


def entries(tenant, action):
    rows = AuditEntry.objects.filter(tenant_id=tenant.pk, action=action)
    return [(row.actor_kind, row.target, row.address, row.method) for row in rows]


def proves_by(tenant, member, device, *, site=None, subject=None, **wrong) -> bool:
    site, subject = site or site_of(tenant), subject or uuid4()
    with tenant_schema(tenant):
        options = ask_passkey(member, site, subject=subject)
        answer = device.sign(options, **({"origin": site.origin} | wrong))
        try:
            prove_by_passkey(tenant, member, site, answer, subject=subject, visit=HOME)
        except PasskeyRefusedError:
            return False
    return True


def test_an_app_is_a_factor_once_it_showed_a_right_code_and_its_secret_is_sealed(acme, ann):
    subject = uuid4()
    with tenant_schema(acme):
        setup = begin_app(acme, ann, subject=subject)
        assert begin_app(acme, ann, subject=subject, sealed=setup.sealed).spelled == setup.spelled
        assert not has_second_factor(ann.pk)
    secret, actor = setup.spelled.replace(" ", ""), member_actor(ann, address="192.0.2.7")
    values = {"sealed": setup.sealed, "code": code_of(secret), "actor": actor}
    for wrong in ({"code": "000000"}, {"subject": uuid4()}, {"sealed": secret}, {"sealed": setup.sealed[:-4] + "AAA="}):
        with pytest.raises(SecondFactorRefusedError):
            add_app(acme, ann.pk, **({"subject": subject} | values | wrong))
    codes = add_app(acme, ann.pk, subject=subject, **values)
    assert len(codes) == 10
    with tenant_schema(acme):
        assert has_second_factor(ann.pk)
        assert secret not in str(list(AuthenticatorApp.objects.values()))
    assert entries(acme, "second_factor.add") == [("member", EMAIL, "192.0.2.7", "totp")]
    with pytest.raises(ConflictError):
        add_app(acme, ann.pk, subject=subject, **values)
    assert not proves(acme, ann, code_of(secret)), "the code that set it up was used"


def test_a_code_proves_once_and_every_use_and_refusal_is_in_the_log(acme, ann):
    secret, _ = give_app(acme, ann)
    assert proves(acme, ann, code_of(secret))
    assert not proves(acme, ann, code_of(secret))
    assert proves(acme, ann, code_of(secret, steps=1))
    assert len(entries(acme, "second_factor.use")) == 2
    assert entries(acme, "second_factor.refuse") == [("visitor", EMAIL, "192.0.2.7", "totp")]


def test_a_recovery_code_works_once_in_any_spelling_and_new_ones_take_the_place_of_the_old(acme, ann):
    _, codes = give_app(acme, ann)
    assert proves(acme, ann, codes[0].upper().replace("-", " "))
    assert not proves(acme, ann, codes[0])
    with tenant_schema(acme):
        assert describe_factors(ann).codes_left == 9
        assert not [code for code in codes if code in str(list(RecoveryCode.objects.values()))]
    fresh = new_recovery_codes(acme, ann.pk, actor=member_actor(ann))
    assert not proves(acme, ann, codes[1])
    assert proves(acme, ann, fresh[1])


def test_codes_rest_after_some_attempts_at_that_tenant_alone_and_passkeys_do_not(acme, globex, ann, other_ann):
    secret, codes = give_app(acme, ann)
    device = give_passkey(acme, ann)
    other_secret, _ = give_app(globex, other_ann)
    for number in range(SECOND_FACTOR.free):
        assert not proves(acme, ann, "000000", Visit(f"192.0.2.{number}"))
    assert not proves(acme, ann, code_of(secret))
    assert not proves(acme, ann, codes[0])
    assert len(entries(acme, "second_factor.refuse")) == SECOND_FACTOR.free
    assert proves_by(acme, ann, device)
    assert proves(globex, other_ann, code_of(other_secret))


def test_one_network_address_may_not_try_member_after_member(acme, ann, operator):
    for number in range(ADDRESS.free):
        member = add_member(acme.pk, email=f"m{number}@acme.example", actor=operator)
        assert not proves(acme, member, "000000")
    secret, _ = give_app(acme, ann)
    with pytest.raises(TooManyAttemptsError):
        proves(acme, ann, code_of(secret))
    assert proves(acme, ann, code_of(secret), Visit("198.51.100.1"))


def test_factors_copied_to_another_tenants_tables_prove_nothing_there(acme, globex, ann, other_ann):
    secret, codes = give_app(acme, ann)
    with tenant_schema(acme):
        app, row = AuthenticatorApp.objects.get(), RecoveryCode.objects.first()
    with tenant_schema(globex):
        RecoveryCode.objects.create(member=other_ann, code_hash=row.code_hash)
        AuthenticatorApp.objects.create(member=other_ann, secret=app.secret, last_step=0)
        assert not any(proves(globex, other_ann, code, Visit(f"192.0.2.{n}")) for n, code in enumerate(codes[:3]))
        with pytest.raises(DomainError):
            prove_by_code(globex, other_ann, code_of(secret), visit=HOME)


def test_a_passkey_proves_at_its_host_and_in_the_sign_in_that_asked(acme, globex, ann, other_ann):
    device = give_passkey(acme, ann)
    assert proves_by(acme, ann, device)
    assert proves_by(acme, ann, device)
    assert not proves_by(acme, ann, device, origin="http://globex.localhost")
    assert not proves_by(acme, ann, device, host="globex.localhost")
    assert not proves_by(acme, ann, replace(device, count=0)), "a copy of the key has a smaller count"
    give_passkey(globex, other_ann)
    assert not proves_by(globex, other_ann, device)
    assert {method for *_, method in entries(acme, "second_factor.use")} == {"passkey"}
    assert len(entries(acme, "second_factor.refuse")) == 3


def test_a_challenge_is_taken_for_one_answer_of_one_sign_in_and_purpose(acme, ann):
    device, subject, site = give_passkey(acme, ann), uuid4(), site_of(acme)

    def prove(answer, sign_in):
        prove_by_passkey(acme, ann, site, answer, subject=sign_in, visit=HOME)

    with tenant_schema(acme):
        answer = device.sign(ask_passkey(ann, site, subject=subject), origin=site.origin)
        with pytest.raises(PasskeyRefusedError):
            prove(answer, uuid4())
        prove(answer, subject)
        with pytest.raises(PasskeyRefusedError):
            prove(answer, subject)
        asked = ask_new_passkey(ann, site, subject=subject)
        challenge = asked.split('"challenge": "')[1].split('"')[0]
        proof = f'{{"challenge": "{challenge}", "rpId": "{site.host}"}}'
        with pytest.raises(PasskeyRefusedError):
            prove(device.sign(proof, origin=site.origin), subject)


def test_several_passkeys_by_name_each_once(acme, ann):
    first = give_passkey(acme, ann, name="Laptop")
    give_passkey(acme, ann, name="  Blue \n key ")
    with tenant_schema(acme):
        assert [row.name for row in RegisteredPasskey.objects.all()] == ["Laptop", "Blue key"]
        laptop = RegisteredPasskey.objects.get(name="Laptop")
    subject, site = uuid4(), site_of(acme)
    with tenant_schema(acme):
        options = ask_new_passkey(ann, site, subject=subject)
    again = first.register(options, origin=site.origin)
    with pytest.raises(ConflictError):
        add_passkey(acme, ann.pk, site, answer=again, name="x", subject=subject, actor=member_actor(ann))
    rename_passkey(acme, ann.pk, laptop.pk, name="Old laptop", actor=member_actor(ann))
    for name in ("", "x" * 61, "a\x00b"):
        with pytest.raises(InvalidValueError):
            rename_passkey(acme, ann.pk, laptop.pk, name=name, actor=member_actor(ann))
    with pytest.raises(NotFoundError):
        remove_passkey(acme, ann.pk, uuid4(), actor=member_actor(ann))
    remove_passkey(acme, ann.pk, laptop.pk, actor=member_actor(ann))
    assert not proves_by(acme, ann, first)


def test_nobody_changes_somebody_elses_factors(acme, ann, operator):
    bob = add_member(acme.pk, email="bob@acme.example", role="owner", actor=operator)
    give_app(acme, ann)
    for change in (
        lambda: remove_app(acme, ann.pk, actor=member_actor(bob)),
        lambda: new_recovery_codes(acme, ann.pk, actor=member_actor(bob)),
    ):
        with pytest.raises(NotPermittedError):
            change()
    with tenant_schema(acme):
        assert has_second_factor(ann.pk)


def test_the_last_factor_stays_where_the_policy_requires_one_and_takes_the_recovery_codes_along(acme, ann, operator):
    give_app(acme, ann)
    update_access(acme.pk, mode="members", member_second_factor="required", actor=operator)
    with pytest.raises(ConflictError):
        remove_app(acme, ann.pk, actor=member_actor(ann))
    update_access(acme.pk, member_second_factor="optional", actor=operator)
    remove_app(acme, ann.pk, actor=member_actor(ann))
    with tenant_schema(acme):
        assert not has_second_factor(ann.pk)
        assert not RecoveryCode.objects.exists()
    with pytest.raises(ConflictError):
        new_recovery_codes(acme, ann.pk, actor=member_actor(ann))


def test_a_reset_takes_all_away_and_ends_every_sign_in(acme, globex, ann, other_ann, operator):
    person = signed_in(acme, EMAIL, PASSWORD)
    _, codes = give_app(acme, ann)
    give_passkey(acme, ann)
    give_app(globex, other_ann)
    with tenant_schema(acme):
        owner = Member.objects.get(email="owner@acme.example")
    admin = add_member(acme.pk, email="admin@acme.example", role="admin", actor=operator)
    with pytest.raises(NotPermittedError):
        reset_factors(acme.pk, ann.pk, actor=member_actor(ann))
    with pytest.raises(NotPermittedError):
        reset_factors(acme.pk, owner.pk, actor=member_actor(admin))
    reset_factors(acme.pk, ann.pk, actor=member_actor(admin, address="192.0.2.9"))
    with tenant_schema(acme):
        assert not describe_factors(ann).any
        assert SignIn.objects.get(pk=person.sign_in).reason == "factors"
    document = Tenant.objects.select_related("live_publication").get(pk=acme.pk).live_publication.document
    assert str(ann.pk) in document["access"]["ended"]
    assert not proves(acme, ann, codes[0])
    assert entries(acme, "second_factor.reset") == [("member", EMAIL, "192.0.2.9", "")]
    with tenant_schema(globex):
        assert has_second_factor(other_ann.pk)


def test_a_device_that_was_never_registered_proves_nothing(acme, ann):
    give_passkey(acme, ann)
    assert not proves_by(acme, ann, Device())
