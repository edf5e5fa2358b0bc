"""Members are mailed what changes about how they sign in, after it is so, and nothing that is kept waits for that."""

import pytest
from django.core import mail
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from tenants.contract.errors import ConflictError
from tenants.identity.models import AuthenticatorApp, RegisteredPasskey
from tenants.identity.services.enrolling import new_recovery_codes
from tenants.identity.services.factors import remove_app, remove_passkey, rename_passkey, reset_factors
from tenants.identity.services.members import add_member, change_member_email, set_member_password, update_member
from tenants.identity.services.passwords import change_password, choose_password, mail_reset
from tenants.registry import queue
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.tenants.identity.enrolled import give_app, give_passkey
from tests.tenants.identity.people import HOME, offer_provider
from tests.tenants.identity.test_mailed_links import mailed_key

EMAIL = "ann@acme.example"
PASSWORD = "a long passphrase"
ANOTHER = "quite another phrase"


COMPANY = {"issuer": "https://login.company.example", "client_id": "chat"}


class Worker:
    """Does at once what is sent to the queue."""

    def send_task(self, name: str, args: tuple[str, ...]) -> None:
        import_string(name)(*args)


@pytest.fixture
def told(monkeypatch, django_capture_on_commit_callbacks):
    """Return a function that does something and returns the mails that came of it once it was committed."""
    monkeypatch.setattr(queue, "current_app", Worker())

    def watch(act):
        before = len(mail.outbox)
        with django_capture_on_commit_callbacks(execute=True):
            act()
            assert len(mail.outbox) == before, "nobody is told of what is not committed"
        return mail.outbox[before:]

    return watch


@pytest.fixture
def ann(acme, operator):
    return add_member(acme.pk, email=EMAIL, name="Ann", password=PASSWORD, actor=operator)


def in_acme(acme, call):
    with tenant_schema(acme):
        return call()


CHANGES = {
    "an app": (
        lambda acme, ann, operator: give_app(acme, ann),
        "Your second factor at Acme has changed",
        "an authenticator app was set up",
    ),
    "a passkey": (
        lambda acme, ann, operator: give_passkey(acme, ann),
        "Your second factor at Acme has changed",
        "a passkey was set up",
    ),
    "a password by who knows it": (
        lambda acme, ann, operator: in_acme(
            acme,
            lambda: change_password(acme, ann, current=PASSWORD, password=ANOTHER, visit=HOME, actor=member_actor(ann)),
        ),
        "Your password at Acme has changed",
        "the password of your account was changed, and other devices are signed out.",
    ),
    "a password by an operator": (
        lambda acme, ann, operator: set_member_password(acme.pk, ann.pk, password=ANOTHER, actor=operator),
        "Your password at Acme has changed",
        "an operator of the platform gave your account another password",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_told_to_its_member_and_to_nobody_else(acme, ann, operator, told, change):
    make, subject, sentence = CHANGES[change]
    [message] = told(lambda: make(acme, ann, operator))
    assert (message.subject, message.to) == (subject, [EMAIL])
    assert message.from_email.startswith("Acme <")
    for text in (message.body, message.alternatives[0].content):
        assert "Hello Ann," in text
        assert sentence in text
        assert "http://acme.localhost:8000/settings/profile/" in text
        assert "http://acme.localhost:8000/settings/reset/" in text


def test_what_is_taken_away_and_new_codes_are_told_and_another_name_is_not(acme, ann, operator, told):
    give_app(acme, ann)
    give_passkey(acme, ann)
    actor = member_actor(ann, address="192.0.2.7")
    with tenant_schema(acme):
        passkey = RegisteredPasskey.objects.get()
    assert told(lambda: rename_passkey(acme, ann.pk, passkey.pk, name="Phone", actor=actor)) == []
    [codes] = told(lambda: new_recovery_codes(acme, ann.pk, actor=actor))
    assert codes.subject == "You have new recovery codes at Acme"
    assert "from the network address 192.0.2.7" in codes.body
    [removed] = told(lambda: remove_passkey(acme, ann.pk, passkey.pk, actor=actor))
    assert "a passkey of your account was removed." in removed.body
    [removed] = told(lambda: remove_app(acme, ann.pk, actor=actor))
    assert "the authenticator app of your account was removed." in removed.body
    assert not any(code in message.body for message in mail.outbox for code in ("otpauth", "Phone"))


def test_what_an_administrator_does_is_told_without_where_they_sit(acme, ann, told):
    give_app(acme, ann)
    with tenant_schema(acme):
        owner = Member.objects.get(role="owner")
    actor = member_actor(owner, address="198.51.100.9")
    [message] = told(lambda: reset_factors(acme.pk, ann.pk, actor=actor))
    assert "an administrator took all second factors of your account away" in message.body
    assert "198.51.100.9" not in message.body


def test_another_address_is_told_to_both(acme, ann, operator, told):
    messages = told(lambda: change_member_email(acme.pk, ann.pk, email="ann.lee@acme.example", actor=operator))
    assert sorted(message.to[0] for message in messages) == ["ann.lee@acme.example", EMAIL]
    for message in messages:
        assert message.subject == "Your e-mail address at Acme has changed"
        assert f"ann.lee@acme.example in the place of {EMAIL}" in message.body
    assert told(lambda: change_member_email(acme.pk, ann.pk, email="ann.lee@acme.example", actor=operator)) == []


def test_a_password_by_a_mailed_link_is_told_and_a_first_one_is_not(acme, ann, operator, told):
    mail_reset(str(acme.pk), EMAIL, "")
    key = mailed_key()
    [message] = told(lambda: choose_password(acme, key, password=ANOTHER, visit=HOME))
    assert "by a link that we mailed to you" in message.body
    assert told(lambda: update_member(acme.pk, ann.pk, name="A.", role="member", is_active=True, actor=operator)) == []


def test_where_nobody_has_a_password_none_is_spoken_of(acme, ann, operator, told):
    offer_provider(acme, operator, kind="oidc", label="Company", settings=COMPANY)
    update_access(acme.pk, methods=["company"], actor=operator)
    [message] = told(lambda: give_app(acme, ann))
    for text in (message.body, message.alternatives[0].content):
        assert "password" not in text
        assert "tell an administrator of Acme at once." in text


def test_a_change_that_is_refused_is_told_to_nobody_and_one_without_a_queue_is_made_all_the_same(
    acme, ann, operator, told, monkeypatch
):
    give_app(acme, ann)
    update_access(acme.pk, member_second_factor="required", actor=operator)

    def refused() -> None:
        with pytest.raises(ConflictError):
            remove_app(acme, ann.pk, actor=member_actor(ann))

    assert told(refused) == []
    update_access(acme.pk, member_second_factor="optional", actor=operator)

    class Away:
        def send_task(self, *_: object, **__: object) -> None:
            raise OperationalError("no broker")

    monkeypatch.setattr(queue, "current_app", Away())
    assert told(lambda: remove_app(acme, ann.pk, actor=member_actor(ann))) == []
    with tenant_schema(acme):
        assert not AuthenticatorApp.objects.exists()
