"""Becoming a member by oneself: who gets which mail, and what a link is worth when it is used."""

import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.identity.attempts.limits import SIGN_UP_OF_ACCOUNT, SIGN_UP_OF_ADDRESS
from tenants.identity.errors import LinkInvalidError, SignUpRefusedError
from tenants.identity.models import SignUpLink
from tenants.identity.services.members import add_member, update_member
from tenants.identity.services.passwords import invite_member, mail_invitation, resend_invitation
from tenants.identity.services.sign_up_links import SIGN_UP_LIFETIME
from tenants.identity.services.signing_up import (
    SignUpKey,
    complete_sign_up,
    mail_sign_up,
    request_sign_up,
    signing_up_email,
)
from tenants.identity.visit import Visit
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.tenants.identity.people import HOME, signed_in

NEW = "new@acme.example"
PASSWORD = "a long passphrase"


@pytest.fixture
def open_to(operator):
    """Return a function that lets people of domains become members of a tenant."""

    def open_tenant(tenant, *domains: str, **more) -> None:
        changes = {"mode": "members", "sign_up": "domain", "email_domains": domains, **more}
        update_access(tenant.pk, **changes, actor=operator)

    return open_tenant


@pytest.fixture
def acme_open(acme, open_to):
    open_to(acme, "acme.example")
    return acme


def ask(tenant, email: str = NEW) -> None:
    """Do what the worker does for somebody who asked."""
    mail_sign_up(str(tenant.pk), email, HOME.address)


def mailed_key() -> SignUpKey:
    """The key in the newest mail."""
    address = re.search(r"https?://\S+/sign-up/\S+", mail.outbox[-1].body).group()
    *_, link_id, secret, _ = urlsplit(address).path.split("/")
    return SignUpKey(UUID(link_id), secret)


def complete(tenant, key, *, password=PASSWORD, visit=HOME):
    return complete_sign_up(tenant, key, name=" Nell ", password=password, visit=visit)


def told(tenant, email: str = NEW) -> list[tuple[str, str]]:
    entries = AuditEntry.objects.filter(tenant_id=tenant.pk, target=email, action__startswith="sign_up.").order_by("pk")
    return [(entry.action.removeprefix("sign_up."), entry.address) for entry in entries]


def member_of(tenant, email: str = NEW) -> Member | None:
    with tenant_schema(tenant):
        return Member.objects.filter(email=email).first()


def test_an_address_at_the_domain_becomes_a_member_by_the_mailed_link_and_is_signed_in(acme_open):
    ask(acme_open)
    [message] = mail.outbox
    assert (message.to, message.subject) == ([NEW], "Create your account at Acme")
    assert "http://acme.localhost:8000/settings/sign-up/" in message.alternatives[0].content
    assert member_of(acme_open) is None
    assert signing_up_email(acme_open, mailed_key()) == NEW

    person = complete(acme_open, mailed_key())

    assert (person.email, person.name, person.role, person.method) == (NEW, "Nell", "member", "password")
    assert signed_in(acme_open, NEW, PASSWORD)
    assert told(acme_open) == [("ask", HOME.address), ("complete", HOME.address)]


@pytest.mark.parametrize(
    "email",
    ["eve@evil.example", "eve@sub.acme.example", "eve@acme.example.evil.example", "eve@acme.example@evil.example",
     "eve@evilacme.example", "acme.example", ""],
)  # fmt: skip
def test_whoever_is_at_none_of_the_domains_gets_no_mail_and_is_told_of_in_the_log(acme_open, email):
    ask(acme_open, email)
    assert not mail.outbox
    assert told(acme_open, email) == [("refuse", HOME.address)]
    with tenant_schema(acme_open):
        assert not SignUpLink.objects.exists()


def test_a_member_is_told_to_be_one_and_one_who_may_not_sign_in_gets_nothing(acme_open, operator):
    ann = add_member(acme_open.pk, email="ann@acme.example", name="Ann", password=PASSWORD, actor=operator)
    ask(acme_open, ann.email)
    assert mail.outbox[-1].subject == "You have an account at Acme"
    assert "http://acme.localhost:8000/settings/sign-in/" in mail.outbox[-1].body
    update_member(acme_open.pk, ann.pk, name="Ann", role="member", is_active=False, actor=operator)
    ask(acme_open, ann.email)
    assert len(mail.outbox) == 1
    with tenant_schema(acme_open):
        assert not SignUpLink.objects.exists()


def test_asking_looks_nobody_up_and_only_so_many_mails_are_sent_for_one_address_of_a_tenant(
    acme_open, globex, open_to, operator, django_capture_on_commit_callbacks
):
    open_to(globex, "acme.example")
    add_member(acme_open.pk, email="ann@acme.example", password=PASSWORD, actor=operator)
    asked = set()
    for email in ("ann@acme.example", NEW, "eve@evil.example"):
        with CaptureQueriesContext(connection) as queries, django_capture_on_commit_callbacks() as sent:
            for _ in range(SIGN_UP_OF_ACCOUNT.free + 3):
                request_sign_up(acme_open, email=email, visit=HOME)
        assert len(sent) == SIGN_UP_OF_ACCOUNT.free
        asked.add(tuple(query["sql"] for query in queries))
    [statements] = asked
    assert not any("workspace_member" in statement for statement in statements)
    with django_capture_on_commit_callbacks() as sent:
        request_sign_up(globex, email=NEW, visit=HOME)
    assert len(sent) == 1


def test_one_network_asks_for_so_many_people_only(acme_open, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as sent:
        for number in range(SIGN_UP_OF_ADDRESS.free + 3):
            request_sign_up(acme_open, email=f"{number}@acme.example", visit=HOME)
        request_sign_up(acme_open, email=NEW, visit=Visit("198.51.100.9"))
    assert len(sent) == SIGN_UP_OF_ADDRESS.free + 1


@pytest.mark.parametrize(
    "policy",
    [
        {"sign_up": "closed"},
        {"sign_up": "invitation"},
        {"mode": "anonymous"},
        {"mode": "app"},
        {"email_domains": ["other.example"]},
        {"email_domains": ["sub.acme.example"]},
    ],
    ids=str,
)
def test_a_link_is_held_against_the_policy_when_it_is_used(acme_open, operator, policy):
    ask(acme_open)
    key = mailed_key()
    update_access(acme_open.pk, **policy, actor=operator)
    with pytest.raises(SignUpRefusedError):
        signing_up_email(acme_open, key)
    with pytest.raises(SignUpRefusedError):
        complete(acme_open, key)
    assert member_of(acme_open) is None
    assert told(acme_open) == [("ask", HOME.address), ("refuse", HOME.address)]

    update_access(acme_open.pk, mode="members", sign_up="domain", email_domains=["acme.example"], actor=operator)
    assert complete(acme_open, key).email == NEW


def test_nobody_can_ask_where_people_do_not_sign_up(acme, globex, open_to):
    open_to(acme, "acme.example", sign_up="invitation")
    for tenant in (acme, globex):
        with pytest.raises(SignUpRefusedError):
            request_sign_up(tenant, email=NEW, visit=HOME)
        ask(tenant)
    assert not mail.outbox


def test_a_link_works_once_and_a_weak_password_leaves_it_as_it_was(acme_open):
    ask(acme_open)
    key = mailed_key()
    with pytest.raises(InvalidValueError) as weak:
        complete(acme_open, key, password="short")
    assert weak.value.code == "password_weak"
    complete(acme_open, key)
    for use in (complete, signing_up_email):
        with pytest.raises(LinkInvalidError):
            use(acme_open, key)


def expire(tenant, operator):
    with tenant_schema(tenant):
        SignUpLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def add_them(tenant, operator):
    add_member(tenant.pk, email=NEW, password="their own passphrase", actor=operator)


@pytest.mark.parametrize(
    "change",
    [expire, add_them, lambda tenant, operator: ask(tenant)],
    ids=["too late", "a member meanwhile", "a newer link"],
)
def test_a_link_is_worth_nothing_after(acme_open, operator, change):
    ask(acme_open)
    key = mailed_key()
    change(acme_open, operator)
    for use in (complete, signing_up_email):
        with pytest.raises(LinkInvalidError):
            use(acme_open, key)
    assert signed_in(acme_open, NEW, PASSWORD) is None


@pytest.mark.parametrize("guess", ["", "x", "\x00", "é", "A" * 43])
def test_a_guessed_secret_is_refused_and_none_is_stored(acme_open, guess):
    ask(acme_open)
    key = mailed_key()
    with pytest.raises(LinkInvalidError):
        complete(acme_open, key._replace(secret=guess))
    with tenant_schema(acme_open):
        assert key.secret not in str(SignUpLink.objects.values())


def test_a_link_is_worth_nothing_at_another_tenant_even_if_its_row_were_there(acme_open, globex, open_to):
    open_to(globex, "acme.example")
    ask(acme_open)
    key = mailed_key()
    with tenant_schema(acme_open):
        link = SignUpLink.objects.get()
    with tenant_schema(globex):
        SignUpLink.objects.create(pk=link.pk, email=NEW, secret_hash=link.secret_hash, expires_at=link.expires_at)
    with pytest.raises(LinkInvalidError):
        complete(globex, key)
    assert member_of(globex) is None
    assert complete(acme_open, key)


def test_links_that_nobody_followed_do_not_stay(acme_open):
    for number in range(3):
        ask(acme_open, f"{number}@acme.example")
    with tenant_schema(acme_open):
        SignUpLink.objects.update(expires_at=timezone.now() - SIGN_UP_LIFETIME)
    ask(acme_open)
    with tenant_schema(acme_open):
        assert [link.email for link in SignUpLink.objects.all()] == [NEW]


def test_where_sign_up_is_closed_nobody_is_invited_and_members_are_added_with_a_password(acme, globex, operator):
    invited = invite_member(acme.pk, email=NEW, role="member", actor=operator)
    update_access(acme.pk, sign_up="closed", actor=operator)
    for invite in (
        lambda: invite_member(acme.pk, email="other@acme.example", role="member", actor=operator),
        lambda: resend_invitation(acme.pk, invited.pk, actor=operator),
    ):
        with pytest.raises(ConflictError) as refused:
            invite()
        assert refused.value.code == "invitations_closed"
    mail_invitation(str(acme.pk), str(invited.pk))
    assert not mail.outbox
    assert member_of(acme, "other@acme.example") is None
    add_member(acme.pk, email="ann@acme.example", password=PASSWORD, actor=operator)
    assert signed_in(acme, "ann@acme.example", PASSWORD)
    assert invite_member(globex.pk, email=NEW, role="member", actor=operator)
