"""Proxies that name people: by their secret alone, of their tenant alone, and two secrets at a time."""

import pytest

from tenants.contract.errors import InvalidValueError, NotFoundError
from tenants.contract.roles import Role
from tenants.contract.trusted_headers import SECRET_HEADER, HeaderSentTwiceError
from tenants.identity.attempts.limits import PROXY
from tenants.identity.errors import EmailMissingError, NotAllowedError, ProxyRefusedError, TooManyAttemptsError
from tenants.identity.models import ProxySecret
from tenants.identity.providers.services import add_provider, remove_provider
from tenants.identity.proxies.secrets import make_proxy_secret, withdraw_proxy_secret
from tenants.identity.proxies.signing_in import sign_in_by_proxy
from tenants.identity.services.members import add_member
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind, NotPermittedError
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.tenants.identity.people import HOME, offer_provider

SETTINGS = {"email_header": "X-Email", "name_header": "X-Name", "groups_header": "X-Groups"}


@pytest.fixture
def proxied(operator):
    """Return a function that has a tenant's people named by a proxy, and returns its secret."""

    def offer(tenant, provider_id="proxy", **values) -> str:
        offer_provider(tenant, operator, provider_id, **{"settings": SETTINGS, **values})
        update_access(tenant.pk, mode="members", actor=operator)
        return make_proxy_secret(tenant.pk, provider_id, actor=operator)

    return offer


def headers(secret="", email="ann@acme.example", **more):
    sent = {SECRET_HEADER: secret, "x-email": email, **more}
    return [(name.encode(), value.encode()) for name, value in sent.items() if value]


def refusals(tenant) -> list[tuple[str, str, str]]:
    entries = AuditEntry.objects.filter(tenant_id=tenant.pk, action="sign_in.refuse").order_by("pk")
    return [(entry.method, entry.address, entry.changes["reason"]) for entry in entries]


def test_whom_the_proxy_names_is_signed_in_with_name_and_groups(acme, proxied):
    rules = [{"group": "staff", "role": "admin"}]
    secret = proxied(acme, role_rules=rules)
    named = headers(secret, "Ann@Acme.example", **{"x-name": "Ann Ä", "x-groups": "people, staff"})
    person = sign_in_by_proxy(acme, named, visit=HOME)
    assert (person.email, person.name, person.role, person.method) == ("ann@acme.example", "Ann Ä", "admin", "proxy")
    assert sign_in_by_proxy(acme, named, visit=HOME).member == person.member
    [begun, _] = AuditEntry.objects.filter(tenant_id=acme.pk, action="sign_in.begin")
    assert (begun.target, begun.method, begun.address) == ("ann@acme.example", "proxy", HOME.address)


def test_headers_without_a_secret_are_nothing_and_not_even_told_of(acme, globex, proxied):
    proxied(acme)
    for tenant in (acme, globex):
        with pytest.raises(ProxyRefusedError):
            sign_in_by_proxy(tenant, headers(), visit=HOME)
        assert not refusals(tenant)


@pytest.mark.parametrize("wrong", ["wrong", "\xff", "A" * 5000])
def test_a_wrong_secret_is_refused_and_told_of(acme, proxied, wrong):
    proxied(acme)
    with pytest.raises(ProxyRefusedError):
        sign_in_by_proxy(acme, headers(wrong), visit=HOME)
    assert refusals(acme) == [("proxy", HOME.address, "proxy_refused")]
    with tenant_schema(acme):
        assert not Member.objects.filter(email="ann@acme.example").exists()


def test_many_wrong_secrets_are_told_of_no_more_and_keep_no_proxy_waiting(acme, globex, proxied):
    secret, other = proxied(acme), proxied(globex)
    for _ in range(PROXY.free):
        with pytest.raises(ProxyRefusedError):
            sign_in_by_proxy(acme, headers("wrong"), visit=HOME)
    for _ in range(2):
        with pytest.raises(TooManyAttemptsError):
            sign_in_by_proxy(acme, headers("wrong"), visit=HOME)
    assert len(refusals(acme)) == PROXY.free
    assert sign_in_by_proxy(acme, headers(secret), visit=HOME)
    assert sign_in_by_proxy(globex, headers(other), visit=HOME)
    with pytest.raises(ProxyRefusedError):
        sign_in_by_proxy(acme, headers("wrong"), visit=Visit("198.51.100.9"))


def test_the_secret_of_one_tenant_is_worth_nothing_at_another_even_if_its_row_were_there(acme, globex, proxied):
    secret = proxied(acme)
    proxied(globex)
    with tenant_schema(acme):
        stored = ProxySecret.objects.get().secret_hash
    assert secret not in stored
    with tenant_schema(globex):
        ProxySecret.objects.update(secret_hash=stored)
    with pytest.raises(ProxyRefusedError):
        sign_in_by_proxy(globex, headers(secret), visit=HOME)
    assert sign_in_by_proxy(acme, headers(secret), visit=HOME)


def test_a_proxy_that_the_policy_does_not_offer_names_nobody(acme, operator, proxied):
    secret = proxied(acme)
    add_provider(acme.pk, "second", kind="header", settings=SETTINGS, actor=operator)
    unoffered = make_proxy_secret(acme.pk, "second", actor=operator)
    with pytest.raises(ProxyRefusedError):
        sign_in_by_proxy(acme, headers(unoffered), visit=HOME)
    update_access(acme.pk, methods=["password"], actor=operator)
    with pytest.raises(ProxyRefusedError):
        sign_in_by_proxy(acme, headers(secret), visit=HOME)


@pytest.mark.parametrize("name", ["x-email", "x-name", "x-groups"])
def test_a_header_that_was_sent_twice_signs_nobody_in(acme, proxied, name):
    sent = [*headers(proxied(acme), **{"x-name": "Ann", "x-groups": "staff"}), (name.encode(), b"owner@acme.example")]
    with pytest.raises(HeaderSentTwiceError):
        sign_in_by_proxy(acme, sent, visit=HOME)
    assert refusals(acme) == [("proxy", HOME.address, "header_sent_twice")]


def test_two_secrets_are_as_none_and_other_spellings_of_a_header_say_nothing(acme, proxied):
    secret = proxied(acme)
    with pytest.raises(ProxyRefusedError):
        sign_in_by_proxy(acme, [*headers(secret), (SECRET_HEADER.encode(), secret.encode())], visit=HOME)
    smuggled = [*headers(secret), (b"x_email", b"owner@acme.example"), (b"x-groups-", b"staff")]
    assert sign_in_by_proxy(acme, smuggled, visit=HOME).email == "ann@acme.example"


def test_whom_the_proxy_does_not_name_is_nobody(acme, proxied):
    secret = proxied(acme)
    for email in ("", " "):
        with pytest.raises(EmailMissingError):
            sign_in_by_proxy(acme, headers(secret, email), visit=HOME)
    assert refusals(acme) == [("proxy", HOME.address, "email_missing")] * 2


def test_the_policy_and_the_proxys_settings_keep_people_out(acme, operator, proxied):
    secret = proxied(acme, creates_members=False)
    with pytest.raises(NotAllowedError):
        sign_in_by_proxy(acme, headers(secret), visit=HOME)
    add_member(acme.pk, email="ann@acme.example", actor=operator)
    assert sign_in_by_proxy(acme, headers(secret), visit=HOME)
    update_access(acme.pk, entry="domains", email_domains=["acme.example"], actor=operator)
    with pytest.raises(NotAllowedError):
        sign_in_by_proxy(acme, headers(secret, "eve@evil.example"), visit=HOME)


def test_a_new_secret_leaves_the_one_before_good_until_the_next_or_its_withdrawal(acme, globex, operator, proxied):
    first, foreign = proxied(acme), proxied(globex)
    second = make_proxy_secret(acme.pk, "proxy", actor=operator)
    for secret in (first, second):
        assert sign_in_by_proxy(acme, headers(secret), visit=HOME)
    third = make_proxy_secret(acme.pk, "proxy", actor=operator)
    with pytest.raises(ProxyRefusedError):
        sign_in_by_proxy(acme, headers(first), visit=HOME)
    with tenant_schema(acme):
        newest, older = ProxySecret.objects.all()
    assert (older.last_used_at is None, newest.last_used_at) == (False, None)
    withdraw_proxy_secret(acme.pk, "proxy", older.pk, actor=operator)
    with pytest.raises(ProxyRefusedError):
        sign_in_by_proxy(acme, headers(second), visit=HOME)
    assert sign_in_by_proxy(acme, headers(third), visit=HOME)
    assert sign_in_by_proxy(globex, headers(foreign), visit=HOME)
    actions = AuditEntry.objects.filter(tenant_id=acme.pk, target="proxy").values_list("action", flat=True)
    assert {"provider.make_secret", "provider.withdraw_secret"} <= set(actions)
    assert not any(secret in str(list(AuditEntry.objects.values())) for secret in (first, second, third))


def test_secrets_are_made_for_proxies_by_who_manages_access(acme, operator, proxied):
    proxied(acme)
    with tenant_schema(acme):
        [secret] = ProxySecret.objects.all()
    admin = Actor(ActorKind.MEMBER, "admin@acme.example", role=Role.ADMIN)
    for forbidden in (
        lambda: make_proxy_secret(acme.pk, "proxy", actor=admin),
        lambda: withdraw_proxy_secret(acme.pk, "proxy", secret.pk, actor=admin),
    ):
        with pytest.raises(NotPermittedError):
            forbidden()
    for unknown in ("nobody", "password"):
        with pytest.raises(NotFoundError):
            make_proxy_secret(acme.pk, unknown, actor=operator)
    remove_provider(acme.pk, "proxy", actor=operator)
    with tenant_schema(acme):
        assert not ProxySecret.objects.exists()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"email_header": "X_Email"}, "email_header"),
        ({"name_header": "Cookie"}, "name_header"),
        ({"email_header": "X-A", "groups_header": "x-a"}, "email_header"),
        ({"secret": "mine"}, "settings"),
    ],
)
def test_what_cannot_be_a_proxys_setting_is_refused_at_its_field(acme, operator, settings, field):
    with pytest.raises(InvalidValueError) as refused:
        add_provider(acme.pk, "proxy", kind="header", settings=settings, actor=operator)
    assert refused.value.field == field


def test_names_of_headers_are_published_with_the_way_to_sign_in(acme, globex, proxied):
    proxied(acme)
    document = Tenant.objects.select_related("live_publication").get(pk=acme.pk).live_publication.document
    method = document["access"]["methods"][1]
    assert method["headers"] == {"email": "x-email", "name": "x-name", "groups": "x-groups"}
