"""Who may ask: tokens of one tenant, from its networks, not too often, and everything else refused in SCIM's words."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from tenants.contract.errors import DomainError
from tenants.identity.scim import storage, views
from tenants.identity.scim.models import ScimToken
from tenants.identity.scim.tokens import MOST_TOKENS, find_token, issue_token, revoke_token
from tenants.identity.services.members import add_member
from tenants.registry.actor import SYSTEM, NotPermittedError
from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor
from tenants.workspace.models import Member
from tenants.workspace.services.access import update_access
from tests.tenants.identity.scim.directory import Directory, connect
from tests.tenants.portal.conftest import browser, sign_in

NOBODY = "00000000-0000-0000-0000-000000000000"
ERROR = ["urn:ietf:params:scim:api:messages:2.0:Error"]


def entries(tenant, action) -> int:
    return AuditEntry.objects.filter(tenant_id=tenant.pk, action=action).count()


def token_of(tenant) -> ScimToken:
    with tenant_schema(tenant):
        return ScimToken.objects.get()


def test_a_token_is_shown_once_and_stored_as_a_hash(acme):
    directory = connect(acme, name="Entra")
    token = token_of(acme)
    assert directory.token.startswith(f"{token.prefix}_")
    assert len(directory.token) == len("scim_") + 8 + 1 + 43
    secret = directory.token.removeprefix(token.prefix)
    assert secret not in str(vars(token))
    assert secret not in str(list(AuditEntry.objects.values()))
    assert entries(acme, "scim_token.issue") == 1


def test_a_token_of_one_tenant_is_nothing_at_another(acme, globex):
    here, there = connect(acme), connect(globex)
    assert here.ask("GET", "/Users")["Resources"][0]["userName"] == "owner@acme.example"
    assert there.ask("GET", "/Users")["Resources"][0]["userName"] == "owner@globex.example"
    Directory(there.host, here.token).ask("GET", "/Users", status=401)
    # Not even where somebody copied its row over.
    row = token_of(acme)
    with tenant_schema(globex):
        row.save(force_insert=True)
    assert find_token(globex, here.token) is None


@pytest.mark.parametrize("path", ["/Users", "/Groups", "/Schemas", "/ServiceProviderConfig", "/ResourceTypes", "/Nope"])
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer nonsense", "Basic c2NpbTo=", "Bearer scim_00000000_" + "a" * 43, "Bearer \xff"]
)
def test_without_a_good_token_nothing_is_answered(acme, path, header):
    directory = connect(acme)
    response = directory.send("GET", path, authorization=header)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="SCIM"'
    assert response["Content-Type"] == "application/scim+json"
    assert json.loads(response.content)["schemas"] == ERROR


def test_a_session_of_the_settings_page_is_no_token(acme):
    client = browser(acme)
    assert sign_in(client, "owner@acme.example").status_code == 302
    assert client.get("/settings/scim/v2/Users").status_code == 401


def test_answers_set_no_cookie_and_are_kept_by_nobody(acme):
    response = connect(acme).send("GET", "/Users")
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == "application/scim+json"


def test_an_expired_or_revoked_token_stops_working_with_the_next_request(acme):
    directory = connect(acme, days=30)
    directory.ask("GET", "/Users")
    with tenant_schema(acme):
        ScimToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    directory.ask("GET", "/Users", status=401)
    with tenant_schema(acme):
        ScimToken.objects.update(expires_at=None)
    directory.ask("GET", "/Users")
    revoke_token(acme.pk, token_of(acme).pk, actor=SYSTEM)
    directory.ask("GET", "/Users", status=401)
    assert entries(acme, "scim_token.revoke") == 1


def test_the_log_names_each_address_of_a_token_once_a_day_and_the_row_the_last_use(acme):
    directory = connect(acme, name="Okta")
    for address in ("198.51.100.1", "198.51.100.1", "198.51.100.2", "198.51.100.1"):
        directory.address = address
        directory.ask("GET", "/Users")
    told = AuditEntry.objects.filter(action="scim_token.use").order_by("id")
    assert [(entry.actor, entry.target, entry.address) for entry in told] == [
        ("SCIM: Okta", "Okta", "198.51.100.1"), ("SCIM: Okta", "Okta", "198.51.100.2")
    ]  # fmt: skip
    token = token_of(acme)
    assert token.last_used_at is not None
    assert token.last_address == "198.51.100.1"


def test_bad_tokens_are_slowed_down_and_good_ones_from_the_same_address_are_not(acme):
    directory = connect(acme)
    statuses = [directory.send("GET", "/Users", authorization="Bearer no").status_code for _ in range(22)]
    assert statuses == [401] * 20 + [429] * 2
    assert int(directory.send("GET", "/Users", authorization="Bearer no")["Retry-After"]) > 0
    assert entries(acme, "scim.refuse") == 20
    directory.ask("GET", "/Users")


def test_too_many_requests_of_one_token_are_told_to_wait(acme, globex, monkeypatch):
    # A longer window than the real one, which a busy machine would never fill.
    limit = replace(views.REQUEST, free=3, window=3600, first_delay=600, longest_delay=3600)
    monkeypatch.setattr(views, "REQUEST", limit)
    directory, other = connect(acme), connect(globex)
    answers = [directory.send("GET", "/ServiceProviderConfig") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 600
    assert json.loads(answers[-1].content)["schemas"] == ERROR
    other.ask("GET", "/Users")


def test_a_directory_outside_of_the_tenants_networks_is_refused(acme, operator):
    directory = connect(acme)
    update_access(acme.pk, networks=["203.0.113.0/24"], actor=operator)
    assert "certain networks" in directory.ask("GET", "/Users", status=403)["detail"]
    directory.address = "203.0.113.9"
    directory.ask("GET", "/Users")


def test_a_suspended_tenants_directory_is_refused(acme):
    directory = connect(acme)
    Tenant.objects.filter(pk=acme.pk).update(status=Tenant.Status.SUSPENDED)
    assert directory.send("GET", "/Users").status_code == 503


def test_tokens_are_the_owners_and_operators_to_give(acme, operator):
    with tenant_schema(acme):
        owner = Member.objects.get()
    admin = add_member(acme.pk, email="admin@acme.example", role="admin", actor=operator)
    for actor in (member_actor(owner), operator):
        issue_token(acme.pk, name=f"By {actor.kind}", days=0, actor=actor)
    with pytest.raises(NotPermittedError):
        issue_token(acme.pk, name="By an admin", days=0, actor=member_actor(admin))
    with tenant_schema(acme):
        token = ScimToken.objects.first()
    with pytest.raises(NotPermittedError):
        revoke_token(acme.pk, token.pk, actor=member_actor(admin))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "scim_token_name_missing"),
        ({"name": "ENTRA"}, "scim_token_name_taken"),
        ({"days": 7}, "scim_token_lifetime_invalid"),
    ],
)
def test_a_bad_token_is_refused_by_name(acme, operator, values, code):
    connect(acme, name="Entra")
    with pytest.raises(DomainError) as refusal:
        issue_token(acme.pk, **({"name": "Okta", "days": 0} | values), actor=operator)
    assert refusal.value.code == code


def test_there_is_an_end_to_tokens(acme, operator):
    for number in range(MOST_TOKENS):
        issue_token(acme.pk, name=f"Directory {number}", days=0, actor=operator)
    with pytest.raises(DomainError) as refusal:
        issue_token(acme.pk, name="One more", days=0, actor=operator)
    assert refusal.value.code == "scim_tokens_too_many"


def test_what_there_is_not_is_said_so(acme):
    directory = connect(acme)
    directory.ask("POST", "/Bulk", {"schemas": [], "Operations": []}, status=501)
    directory.ask("GET", "/Me", status=501)
    assert directory.send("PUT", "/Users").status_code == 405
    assert directory.send("GET", "/Users/").status_code in {200, 404}
    directory.ask("GET", "/Users/not-a-uuid", status=404)
    directory.ask("GET", f"/Users/{NOBODY}", status=404)
    assert directory.ask("GET", "/ServiceProviderConfig")["bulk"]["supported"] is False


def failing_with(monkeypatch, failure: Exception) -> None:
    def fail(*_):
        raise failure

    monkeypatch.setattr(storage, "find_person", fail)


def test_a_fault_of_ours_is_told_without_its_words(acme, monkeypatch):
    failing_with(monkeypatch, RuntimeError("a secret of ours"))
    response = connect(acme).send("GET", f"/Users/{NOBODY}")
    assert response.status_code == 500
    assert json.loads(response.content)["schemas"] == ERROR
    assert b"secret" not in response.content


def test_a_directory_is_told_to_come_again_while_the_database_is_away(acme, monkeypatch):
    failing_with(monkeypatch, OperationalError("the connection is closed"))
    response = connect(acme).send("GET", f"/Users/{NOBODY}")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert json.loads(response.content)["schemas"] == ERROR


def test_whoever_was_overtaken_is_told_that_the_name_is_taken(acme, monkeypatch):
    failing_with(monkeypatch, IntegrityError("duplicate key"))
    refusal = connect(acme).ask("GET", f"/Users/{NOBODY}", status=409)
    assert refusal["scimType"] == "uniqueness"
