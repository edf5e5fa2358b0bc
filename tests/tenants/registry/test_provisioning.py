"""Provisioning: step by step to a live tenant, and no half tenant after a failure."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import schema_exists

from tenants.contract.errors import ConflictError, DomainError, NotFoundError
from tenants.registry.models import AuditEntry, Domain, Provisioning, ProvisioningState, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services import provisioning as service
from tenants.registry.services.provisioning import request_provisioning, retry_provisioning, run_provisioning
from tenants.registry.tasks import resume_provisionings
from tenants.workspace.models import Member
from tests.tenants.identity.people import signed_in


def request(operator, **changes):
    values = {
        "name": "Initech",
        "slug": "initech",
        "app": "assistant",
        "owner_email": "Bill@Initech.example",
        "owner_password": "one more TPS report",
        "actor": operator,
    }
    return request_provisioning(**{**values, **changes})


def test_a_request_is_carried_to_a_live_tenant_whose_owner_can_sign_in(db, operator):
    provisioning = request(operator)
    assert provisioning.state == ProvisioningState.REQUESTED
    assert "TPS" not in provisioning.owner_password

    assert run_provisioning(provisioning.pk) == ProvisioningState.LIVE

    provisioning.refresh_from_db()
    tenant = provisioning.tenant
    assert (tenant.schema_name, tenant.live_publication.revision) == ("t_initech", 1)
    assert tenant.live_publication.document["hosts"] == ["initech.localhost"]
    assert signed_in(tenant, "bill@initech.example", "one more TPS report").role == "owner"
    assert provisioning.owner_password == ""
    assert AuditEntry.objects.filter(action="tenant.live", tenant_id=tenant.pk).exists()


def test_running_again_changes_nothing(db, operator):
    provisioning = request(operator)
    run_provisioning(provisioning.pk)
    assert run_provisioning(provisioning.pk) == ProvisioningState.LIVE
    assert Tenant.objects.filter(slug="initech").count() == 1


@pytest.mark.parametrize("step", ["_create_schema", "_seed", "_go_live"])
def test_a_failure_at_any_step_leaves_no_half_tenant_and_can_be_retried(db, operator, monkeypatch, step):
    real = getattr(service, step)

    def fail_after_the_work(row):
        real(row)
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(service, step, fail_after_the_work)
    provisioning = request(operator)

    assert run_provisioning(provisioning.pk) == ProvisioningState.FAILED

    provisioning.refresh_from_db()
    assert "the disk is full" in provisioning.reason
    assert not Tenant.objects.filter(slug="initech").exists()
    assert not Domain.objects.filter(domain="initech.localhost").exists()
    assert not schema_exists("t_initech")
    assert connection.schema_name == "public"

    monkeypatch.setattr(service, step, real)
    retry_provisioning(provisioning.pk, actor=operator)
    assert run_provisioning(provisioning.pk) == ProvisioningState.LIVE


def test_a_worker_that_died_between_steps_is_followed_by_the_sweep(db, operator):
    provisioning = request(operator)
    service._create_schema(provisioning)  # the worker dies here: this step is committed, the next never began
    Provisioning.objects.filter(pk=provisioning.pk).update(updated_at=timezone.now() - timedelta(minutes=5))

    resume_provisionings()

    provisioning.refresh_from_db()
    assert provisioning.state == ProvisioningState.LIVE
    assert provisioning.tenant.live_publication.revision == 1


def test_the_task_is_sent_only_once_the_request_has_committed(db, operator, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        request(operator)
    assert len(callbacks) == 1


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"slug": "admin"}, "slug_reserved", "slug"),
        ({"slug": "Acme"}, "slug_invalid", "slug"),
        ({"slug": "a--b"}, "slug_invalid", "slug"),
        ({"slug": "1st"}, "slug_invalid", "slug"),
        ({"slug": "pg-thing"}, "slug_reserved", "slug"),
        ({"slug": "acme"}, "slug_taken", "slug"),
        ({"domain": "acme.localhost"}, "domain_taken", "domain"),
        ({"domain": "ACME.localhost."}, "domain_taken", "domain"),
        ({"domain": "localhost"}, "domain_reserved", "domain"),
        ({"domain": "127.0.0.1"}, "host_invalid", "host"),
        ({"domain": "https://x.example"}, "host_invalid", "host"),
        ({"app": "nothing"}, "app_unknown", "app"),
        ({"app": "../tests"}, "app_unknown", "app"),
        ({"name": " "}, "name_invalid", "name"),
        ({"plan": "p" * 41}, "plan_too_long", "plan"),
        ({"owner_password": "short"}, "password_weak", "owner_password"),
        ({"owner_email": "bill"}, "email_invalid", "owner_email"),
    ],
)
def test_a_bad_request_is_refused_by_name_and_leaves_nothing(acme, operator, changes, code, field):
    with pytest.raises(DomainError) as refusal:
        request(operator, **changes)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not Provisioning.objects.filter(name="Initech").exists()


def test_the_same_name_cannot_be_requested_twice_at_once(db, operator):
    request(operator)
    with pytest.raises(ConflictError) as refusal:
        request(operator, domain="other.example")
    assert refusal.value.code == "slug_taken"


def test_only_a_failed_provisioning_is_retried(db, operator):
    provisioning = request(operator)
    with pytest.raises(ConflictError):
        retry_provisioning(provisioning.pk, actor=operator)
    with pytest.raises(NotFoundError):
        run_provisioning("00000000-0000-4000-8000-000000000000")


def test_members_of_a_new_tenant_stand_in_its_own_schema(acme, globex):
    for tenant in (acme, globex):
        with tenant_schema(tenant):
            assert [member.email for member in Member.objects.all()] == [f"owner@{tenant.slug}.example"]
