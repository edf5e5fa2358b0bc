"""What runtimes ask of the control plane, and what nobody else can."""

import json

import pytest
from django.conf import settings
from django.test import Client

from tenants.contract.internal import (
    HEADER_PATH,
    PASSWORD_PATH,
    SIGN_OUT_PATH,
    HeaderAttempt,
    PasswordAttempt,
    SignOut,
    decode_answer,
    encode_message,
    internal_key,
    signature_headers,
)
from tenants.contract.trusted_headers import SECRET_HEADER
from tenants.identity.models import AuthenticatorApp, SignIn
from tenants.identity.proxies.secrets import make_proxy_secret
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.registry.services.lifecycle import suspend_tenant
from tenants.workspace.models import Member
from tests.conftest import PASSWORD
from tests.tenants.identity.people import offer_provider


def post(path, message, *, key=None, host="localhost"):
    body = encode_message(message)
    headers = signature_headers(key or internal_key(settings.ENVIRONMENT.runtime_master_secret), path, body)
    client = Client(headers={"host": host}, enforce_csrf_checks=True)
    return client.post(path, body, content_type="application/json", headers=headers)


def attempt(tenant, password=PASSWORD, email="owner@acme.example", **more):
    return PasswordAttempt(tenant_id=str(tenant.pk), email=email, password=password, **more)


def test_a_runtime_signs_a_member_in_for_a_visitor(acme):
    response = post(PASSWORD_PATH, attempt(acme, address="203.0.113.9", user_agent="Safari"))
    answer = decode_answer(response.content)
    assert (answer.refusal, answer.person.email, answer.person.role) == (None, "owner@acme.example", "owner")
    assert response["Cache-Control"] == "no-store"
    with tenant_schema(acme):
        row = SignIn.objects.get(pk=answer.person.sign_in)
    assert (row.address, row.user_agent) == ("203.0.113.9", "Safari")


def test_a_refusal_says_why_and_signs_nobody_in(acme, globex):
    for message in (attempt(acme, "wrong"), attempt(globex)):
        answer = decode_answer(post(PASSWORD_PATH, message).content)
        assert answer.person is None
        assert answer.refusal.code == "sign_in_refused"
    with tenant_schema(acme):
        assert not SignIn.objects.exists()


def test_nobody_signs_in_at_a_suspended_tenant(acme, operator):
    suspend_tenant(acme.pk, actor=operator)
    assert decode_answer(post(PASSWORD_PATH, attempt(acme)).content).person is None


def test_a_sign_out_at_the_chat_closes_the_sign_in(acme):
    person = decode_answer(post(PASSWORD_PATH, attempt(acme)).content).person
    message = SignOut(tenant_id=str(acme.pk), sign_in=person.sign_in, email=person.email, address="203.0.113.9")
    assert post(SIGN_OUT_PATH, message).status_code == 204
    assert post(SIGN_OUT_PATH, message).status_code == 204
    with tenant_schema(acme):
        assert SignIn.objects.get(pk=person.sign_in).reason == "signed_out"
    entry = AuditEntry.objects.get(action="sign_in.end")
    assert (entry.actor, entry.address) == (person.email, "203.0.113.9")


def test_headers_that_a_proxy_sent_sign_in_as_they_were_sent(acme, globex, operator):
    offer_provider(acme, operator, "proxy")
    secret = make_proxy_secret(acme.pk, "proxy", actor=operator)
    sent = ((SECRET_HEADER.encode(), secret.encode()), (b"x-forwarded-email", b"owner@acme.example"))
    answers = [
        decode_answer(post(HEADER_PATH, HeaderAttempt(tenant_id=str(tenant.pk), headers=headers)).content)
        for tenant, headers in ((acme, sent), (acme, (*sent, sent[1])), (globex, sent))
    ]
    assert answers[0].person.email == "owner@acme.example"
    assert [answer.person for answer in answers[1:]] == [None, None]
    assert [answer.refusal.code for answer in answers[1:]] == ["header_sent_twice", "proxy_refused"]


@pytest.mark.parametrize("path", [PASSWORD_PATH, HEADER_PATH, SIGN_OUT_PATH])
def test_whoever_does_not_hold_the_secret_finds_nothing(acme, path):
    response = post(path, attempt(acme), key=internal_key("another secret"))
    unsigned = Client(headers={"host": "localhost"}).post(path, json.dumps({}), content_type="application/json")
    assert response.status_code == unsigned.status_code == 404
    assert post(path, attempt(acme), host="acme.localhost").status_code == 404


def test_a_runtime_is_told_where_a_browser_goes_on_that_owes_a_second_factor(acme):
    with tenant_schema(acme):
        AuthenticatorApp.objects.create(member=Member.objects.get(), secret="sealed", last_step=0)
    answer = decode_answer(post(PASSWORD_PATH, attempt(acme)).content)
    assert (answer.person, answer.refusal) == (None, None)
    assert answer.next.startswith("/settings/sign-in/second-factor/")
