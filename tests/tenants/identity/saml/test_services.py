"""An answer that was believed: used once, kept for a moment, and what it makes of whom."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from tenants.contract.errors import InvalidValueError
from tenants.identity.attempts.limits import ADDRESS
from tenants.identity.errors import EmailUnverifiedError, TooManyAttemptsError
from tenants.identity.models import ExternalIdentity, SamlArrival, SamlKeyPair, SamlSession, SeenAssertion
from tenants.identity.providers.services import add_provider, update_provider
from tenants.identity.saml.arrivals import collect_arrival, look_at_arrival
from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.services import sign_in_arrived, sign_out_address
from tenants.identity.saml.setup import key_pair_of, settings_of
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tests.tenants.identity.people import HOME
from tests.tenants.identity.saml.identity_provider import IdentityProvider
from tests.tenants.identity.saml.providers import answer_to, bring, host_of, offer_saml, question

IDP = IdentityProvider()


@pytest.fixture
def okta(acme, operator):
    return offer_saml(acme, operator, IDP)


def refusal(act) -> Reason:
    with pytest.raises(ResponseRefusedError) as raised:
        act()
    return raised.value.reason


def test_who_is_vouched_for_is_signed_in_by_the_providers_name_and_the_ticket_works_once(acme, okta):
    encoded = answer_to(acme, okta, IDP, request_id=question(acme, okta), name_id="a-1", attributes={
        "email": ["Ann@Acme.example"], "displayName": ["Ann"],
    })  # fmt: skip
    ticket = bring(acme, okta, encoded)
    person = sign_in_arrived(acme, okta, collect_arrival(acme, okta, ticket), visit=HOME)
    assert (person.email, person.name, person.method) == ("ann@acme.example", "Ann", "okta")
    with tenant_schema(acme):
        assert ExternalIdentity.objects.get(provider=okta).subject == "a-1"
        assert str(SamlSession.objects.get().sign_in_id) == person.sign_in
    assert refusal(lambda: collect_arrival(acme, okta, ticket)) is Reason.REQUEST


def test_an_answer_is_used_once_and_that_outlasts_its_ticket(acme, okta):
    encoded = answer_to(acme, okta, IDP, request_id=question(acme, okta))
    collect_arrival(acme, okta, bring(acme, okta, encoded))
    assert refusal(lambda: bring(acme, okta, encoded)) is Reason.REPLAYED
    with tenant_schema(acme):
        remembered = SeenAssertion.objects.get().expires_at - timezone.now()
    assert remembered > timedelta(minutes=6)


def test_what_cannot_come_again_is_forgotten(acme, okta):
    bring(acme, okta, answer_to(acme, okta, IDP, request_id=question(acme, okta)))
    with tenant_schema(acme):
        for model in (SamlArrival, SeenAssertion):
            model.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    bring(acme, okta, answer_to(acme, okta, IDP, request_id=question(acme, okta)))
    with tenant_schema(acme):
        assert (SamlArrival.objects.count(), SeenAssertion.objects.count()) == (1, 1)


def test_a_ticket_lasts_for_minutes_and_is_of_one_provider_and_one_tenant(acme, globex, okta, operator):
    other, elsewhere = offer_saml(acme, operator, IDP, provider_id="other"), offer_saml(globex, operator, IDP)
    ticket = bring(acme, okta, answer_to(acme, okta, IDP, request_id=question(acme, okta)))
    assert look_at_arrival(acme, okta, ticket).person.email == "ann@acme.example"
    assert refusal(lambda: look_at_arrival(acme, other, ticket)) is Reason.REQUEST
    assert refusal(lambda: look_at_arrival(globex, elsewhere, ticket)) is Reason.REQUEST
    with tenant_schema(acme):
        SamlArrival.objects.update(expires_at=timezone.now())
    assert refusal(lambda: look_at_arrival(acme, okta, ticket)) is Reason.REQUEST


def test_the_answer_for_one_tenant_is_worth_nothing_at_another_with_the_same_provider(acme, globex, okta, operator):
    elsewhere = offer_saml(globex, operator, IDP)
    encoded = answer_to(acme, okta, IDP, request_id=question(acme, okta))
    assert refusal(lambda: bring(globex, elsewhere, encoded)) is Reason.RECIPIENT
    assert bring(acme, okta, encoded)


def test_sign_ins_begin_at_the_provider_only_where_that_is_allowed(acme, okta, operator):
    encoded = answer_to(acme, okta, IDP, request_id="")
    assert refusal(lambda: bring(acme, okta, encoded)) is Reason.UNSOLICITED
    settings = {**okta.settings, "allows_unsolicited": True}
    okta = update_provider(acme.pk, okta.pk, settings=settings, actor=operator)
    ticket = bring(acme, okta, encoded, relay_state="/settings/profile/")
    assert look_at_arrival(acme, okta, ticket).next == "/settings/profile/"
    assert refusal(lambda: bring(acme, okta, encoded)) is Reason.REPLAYED


def test_what_a_provider_passes_on_leads_to_this_host_alone(acme, operator):
    okta = offer_saml(acme, operator, IDP, settings={"allows_unsolicited": True})
    for given, kept in [("/thread/1?x=2", "/thread/1?x=2"), ("https://evil.example/", ""), ("//evil.example/", "")]:
        ticket = bring(acme, okta, answer_to(acme, okta, IDP, request_id=""), relay_state=given)
        assert look_at_arrival(acme, okta, ticket).next == kept


def test_a_refusal_is_in_the_audit_log_with_its_reason_and_bad_answers_come_at_a_rate(acme, okta):
    for _ in range(ADDRESS.free):
        assert refusal(lambda: bring(acme, okta, "bad")) is Reason.UNREADABLE
    entry = AuditEntry.objects.filter(action="sign_in.refuse").first()
    assert (entry.tenant_id, entry.method, entry.address) == (acme.pk, "okta", HOME.address)
    assert entry.changes["reason"] == "unreadable"
    with pytest.raises(TooManyAttemptsError):
        bring(acme, okta, "bad")
    assert AuditEntry.objects.filter(action="sign_in.refuse").count() == ADDRESS.free


def test_good_answers_come_at_any_rate(acme, okta):
    for _ in range(ADDRESS.free + 2):
        assert bring(acme, okta, answer_to(acme, okta, IDP, request_id=question(acme, okta)))


@pytest.mark.parametrize("vouches", [True, False])
def test_an_address_counts_as_verified_where_the_administrator_says_so(acme, operator, vouches):
    okta = offer_saml(acme, operator, IDP, settings={"vouches_for_email": vouches})
    encoded = answer_to(acme, okta, IDP, request_id=question(acme, okta), attributes={"email": ["owner@acme.example"]})
    arrival = collect_arrival(acme, okta, bring(acme, okta, encoded))
    if vouches:
        assert sign_in_arrived(acme, okta, arrival, visit=HOME).role == "owner"
    else:
        with pytest.raises(EmailUnverifiedError):
            sign_in_arrived(acme, okta, arrival, visit=HOME)


def test_groups_make_roles_by_the_providers_rules(acme, operator):
    okta = offer_saml(acme, operator, IDP, role_rules=[{"group": "it", "role": "admin"}])
    encoded = answer_to(acme, okta, IDP, request_id=question(acme, okta), attributes={
        "email": ["ann@acme.example"], "groups": ["staff", "it"],
    })  # fmt: skip
    person = sign_in_arrived(acme, okta, collect_arrival(acme, okta, bring(acme, okta, encoded)), visit=HOME)
    assert person.role == "admin"


@pytest.mark.parametrize(
    ("authentication", "several"),
    [
        ("http://schemas.microsoft.com/claims/multipleauthn", True),
        ("https://refeds.org/profile/mfa", True),
        ("urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", False),
    ],
)
def test_an_assertion_says_whether_a_second_factor_was_asked_for(acme, okta, authentication, several):
    encoded = answer_to(acme, okta, IDP, request_id=question(acme, okta), authentication=authentication)
    assert collect_arrival(acme, okta, bring(acme, okta, encoded)).person.proved_second_factor is several


def test_a_tenant_has_one_key_of_its_own_which_is_kept_sealed(acme, globex):
    assert key_pair_of(acme) == key_pair_of(acme)
    assert key_pair_of(acme) != key_pair_of(globex)
    with tenant_schema(acme):
        assert "PRIVATE" not in SamlKeyPair.objects.get().private_key


def test_a_sign_out_goes_to_the_provider_under_its_own_name_for_the_session(acme, okta, operator):
    encoded = answer_to(acme, okta, IDP, request_id=question(acme, okta))
    person = sign_in_arrived(acme, okta, collect_arrival(acme, okta, bring(acme, okta, encoded)), visit=HOME)
    assert sign_out_address(acme, UUID(person.sign_in), host=host_of(acme)).startswith(f"{IDP.slo_url}?SAMLRequest=")
    update_provider(acme.pk, okta.pk, settings={**okta.settings, "slo_url": ""}, actor=operator)
    assert sign_out_address(acme, UUID(person.sign_in), host=host_of(acme)) == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"entity_id": ""}, "provider_settings_invalid"),
        ({"sso_url": "javascript:alert(1)"}, "provider_settings_invalid"),
        ({"slo_url": "https://a b"}, "provider_settings_invalid"),
        ({"certificates": []}, "provider_settings_invalid"),
        ({"certificates": ["nonsense"]}, "saml_metadata_invalid"),
        ({"name_id_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, "provider_settings_invalid"),
        ({"trusts_everyone": True}, "provider_settings_invalid"),
    ],
)
def test_settings_that_do_not_fit_are_refused(acme, operator, changes, code):
    good = {"entity_id": IDP.entity_id, "sso_url": IDP.sso_url, "certificates": list(IDP.certificates)}
    with pytest.raises(InvalidValueError) as raised:
        add_provider(acme.pk, "okta", kind="saml", settings={**good, **changes}, actor=operator)
    assert raised.value.code == code
    assert settings_of(add_provider(acme.pk, "okta", kind="saml", settings=good, actor=operator)).signs_requests
