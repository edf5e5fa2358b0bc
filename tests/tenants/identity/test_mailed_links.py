"""Invitations and forgotten passwords: what is mailed to whom, and what a link is worth."""

import re
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.core import mail
from django.utils import timezone

from tenants.contract.errors import ConflictError, DomainError, InvalidValueError
from tenants.identity.attempts.limits import ACCOUNT, MAIL_TO_ACCOUNT
from tenants.identity.errors import LinkInvalidError
from tenants.identity.models import MailedLink, SignIn
from tenants.identity.services.members import add_member, remove_member, set_member_password, update_member
from tenants.identity.services.passwords import (
    MailedKey,
    change_password,
    choose_password,
    invite_member,
    mail_invitation,
    mail_reset,
    request_reset,
    resend_invitation,
)
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor
from tenants.workspace.models import Member
from tests.tenants.identity.people import HOME, signed_in

EMAIL = "ann@acme.example"
PASSWORD = "a long passphrase"
ANOTHER = "quite another phrase"


@pytest.fixture
def ann(acme, operator):
    return add_member(acme.pk, email=EMAIL, name="Ann", password=PASSWORD, actor=operator)


@pytest.fixture
def invited(acme, operator):
    member = invite_member(acme.pk, email="new@acme.example", role="admin", actor=operator)
    mail_invitation(str(acme.pk), str(member.pk))
    return member


def mailed_key() -> MailedKey:
    """The key in the newest mail."""
    address = re.search(r"https?://\S+", mail.outbox[-1].body).group()
    _, _, purpose, link_id, secret, _ = urlsplit(address).path.split("/")
    return MailedKey(MailedLink.Purpose(purpose), UUID(link_id), secret)


def choose(tenant, key, password=ANOTHER, **more):
    return choose_password(tenant, key, password=password, visit=HOME, **more)


def test_an_invited_member_gets_a_mail_in_the_tenants_name_and_is_in_with_a_password(acme, invited):
    [message] = mail.outbox
    assert message.to == ["new@acme.example"]
    assert message.subject == "You are invited to Acme"
    assert message.from_email.startswith("Acme <")
    assert "http://acme.localhost:8000/settings/invitation/" in message.body
    assert "http://acme.localhost:8000/settings/invitation/" in message.alternatives[0].content

    person = choose(acme, mailed_key(), name="Nell")
    assert (person.email, person.name, person.role) == ("new@acme.example", "Nell", "admin")
    assert signed_in(acme, "new@acme.example", ANOTHER)
    actions = set(AuditEntry.objects.filter(target="new@acme.example").values_list("action", flat=True))
    assert {"member.add", "member.accept", "sign_in.begin"} <= actions


def test_a_forgotten_password_is_replaced_and_every_sign_in_before_is_over(acme, ann):
    before = signed_in(acme, EMAIL, PASSWORD)
    mail_reset(str(acme.pk), EMAIL, HOME.address)
    after = choose(acme, mailed_key())
    assert signed_in(acme, EMAIL, PASSWORD) is None
    with tenant_schema(acme):
        assert SignIn.objects.get(pk=before.sign_in).reason == "password"
        assert SignIn.objects.get(pk=after.sign_in).ended_at is None
    acme.refresh_from_db()
    ended = acme.live_publication.document["access"]["ended"]
    assert before.auth_time < ended[str(ann.pk)] <= after.auth_time


def test_nobody_is_mailed_who_is_no_active_member(acme, globex, ann, operator):
    update_member(acme.pk, ann.pk, name="", role="member", is_active=False, actor=operator)
    for tenant, email in ((acme, EMAIL), (acme, "nobody@acme.example"), (globex, "owner@acme.example")):
        mail_reset(str(tenant.pk), email, HOME.address)
    assert not mail.outbox


def test_asking_for_a_link_looks_nobody_up_and_only_so_many_are_sent(
    acme, globex, ann, django_assert_num_queries, django_capture_on_commit_callbacks
):
    sent = []
    for email in (EMAIL, "nobody@acme.example"):
        with django_assert_num_queries(0), django_capture_on_commit_callbacks() as callbacks:
            for _ in range(MAIL_TO_ACCOUNT.free + 3):
                request_reset(acme, email=email, visit=HOME)
        sent.append(len(callbacks))
    assert sent == [MAIL_TO_ACCOUNT.free] * 2
    with django_capture_on_commit_callbacks() as callbacks:
        request_reset(globex, email=EMAIL, visit=HOME)
    assert len(callbacks) == 1


def test_a_link_works_once(acme, invited):
    key = mailed_key()
    choose(acme, key)
    with pytest.raises(LinkInvalidError):
        choose(acme, key)


def test_a_weak_password_leaves_the_link_as_it_was(acme, invited):
    with pytest.raises(InvalidValueError) as refusal:
        choose(acme, mailed_key(), "short")
    assert refusal.value.code == "password_weak"
    assert choose(acme, mailed_key())


@pytest.mark.parametrize(
    "change",
    [
        lambda acme, globex, ann, operator: set_member_password(acme.pk, ann.pk, password=ANOTHER, actor=operator),
        lambda acme, globex, ann, operator: update_member(
            acme.pk, ann.pk, name="", role="member", is_active=False, actor=operator
        ),
        lambda acme, globex, ann, operator: remove_member(acme.pk, ann.pk, actor=operator),
        lambda acme, globex, ann, operator: mail_reset(str(acme.pk), EMAIL, ""),
        lambda acme, globex, ann, operator: expire(acme),
    ],
    ids=["another password", "switched off", "removed", "a newer link", "too late"],
)
def test_a_link_is_worth_nothing_after(acme, globex, ann, operator, change):
    mail_reset(str(acme.pk), EMAIL, HOME.address)
    key = mailed_key()
    change(acme, globex, ann, operator)
    with pytest.raises(LinkInvalidError):
        choose(acme, key)


def expire(tenant):
    with tenant_schema(tenant):
        MailedLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


@pytest.mark.parametrize("spoilt", ["", "x", "\x00", "é", "A" * 43])
def test_a_guessed_secret_or_another_purpose_is_refused(acme, ann, spoilt):
    mail_reset(str(acme.pk), EMAIL, HOME.address)
    key = mailed_key()
    for guess in (key._replace(secret=spoilt), key._replace(purpose=MailedLink.Purpose.INVITATION)):
        with pytest.raises(LinkInvalidError):
            choose(acme, guess)
    with tenant_schema(acme):
        assert key.secret not in str(MailedLink.objects.values())


def test_a_link_is_worth_nothing_at_another_tenant_even_if_its_row_were_there(acme, globex, ann):
    mail_reset(str(acme.pk), EMAIL, HOME.address)
    key = mailed_key()
    with tenant_schema(acme):
        link = MailedLink.objects.get(pk=key.link_id)
    with tenant_schema(globex):
        twin = Member.objects.create(pk=ann.pk, email=EMAIL, password=ann.password)
        MailedLink.objects.create(
            pk=link.pk, member=twin, purpose=link.purpose, secret_hash=link.secret_hash, expires_at=link.expires_at
        )
    with pytest.raises(LinkInvalidError):
        choose(globex, key)
    assert choose(acme, key)


def test_a_new_password_unlocks_the_account(acme, ann):
    for _ in range(ACCOUNT.free):
        signed_in(acme, EMAIL, "wrong")
    assert signed_in(acme, EMAIL, PASSWORD) is None
    mail_reset(str(acme.pk), EMAIL, HOME.address)
    choose(acme, mailed_key())
    assert signed_in(acme, EMAIL, ANOTHER)


def test_an_invitation_is_sent_again_until_it_is_accepted(acme, invited, operator):
    first = mailed_key()
    resend_invitation(acme.pk, invited.pk, actor=operator)
    mail_invitation(str(acme.pk), str(invited.pk))
    with pytest.raises(LinkInvalidError):
        choose(acme, first)
    choose(acme, mailed_key())
    with pytest.raises(ConflictError):
        resend_invitation(acme.pk, invited.pk, actor=operator)
    mail_invitation(str(acme.pk), str(invited.pk))
    assert len(mail.outbox) == 2


def test_ones_own_password_is_changed_by_who_knows_it(acme, ann):
    def change(current, password) -> DomainError:
        with pytest.raises(DomainError) as refusal:
            change_password(acme, ann, current=current, password=password, visit=HOME, actor=member_actor(ann))
        return refusal.value

    assert change("wrong", ANOTHER).code == "password_wrong"
    assert change(PASSWORD, "short").code == "password_weak"
    before = signed_in(acme, EMAIL, PASSWORD)
    with tenant_schema(acme):
        after = change_password(acme, ann, current=PASSWORD, password=ANOTHER, visit=HOME, actor=member_actor(ann))
        assert SignIn.objects.get(pk=before.sign_in).ended_at
        assert SignIn.objects.get(pk=after.sign_in).ended_at is None
    assert signed_in(acme, EMAIL, ANOTHER)


def test_who_came_by_a_provider_and_changes_the_password_goes_on_by_the_provider(acme, ann):
    # Their sign-in keeps its session at the provider, and ends when the provider is taken out of the policy.
    actor = member_actor(ann, method="company")
    with tenant_schema(acme):
        after = change_password(acme, ann, current=PASSWORD, password=ANOTHER, visit=HOME, actor=actor)
        assert (after.method, SignIn.objects.get(pk=after.sign_in).method) == ("company", "company")
