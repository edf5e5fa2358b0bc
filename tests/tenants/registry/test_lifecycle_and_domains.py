"""Suspending and resuming, and the rules by which a domain leads to one tenant only."""

import pytest

from tenants.contract.errors import ConflictError, DomainError, InvalidValueError, NotFoundError
from tenants.registry.models import AuditEntry, Domain
from tenants.registry.services.domains import add_domain, make_domain_primary, remove_domain, verify_domain
from tenants.registry.services.lifecycle import archive_tenant, resume_tenant, suspend_tenant, update_tenant


def document(tenant):
    tenant.refresh_from_db()
    return tenant.live_publication.document


def test_suspending_and_resuming_are_published_and_audited(acme, globex, operator):
    suspend_tenant(acme.pk, actor=operator, note="unpaid")
    assert document(acme)["status"] == "suspended"
    assert acme.live_publication.note == "unpaid"
    assert document(globex)["status"] == "active"
    resume_tenant(acme.pk, actor=operator)
    assert document(acme)["status"] == "active"
    archive_tenant(acme.pk, actor=operator)
    assert document(acme)["status"] == "archived"
    actions = AuditEntry.objects.filter(tenant_id=acme.pk).order_by("id").values_list("action", flat=True)
    assert list(actions)[-3:] == ["tenant.suspend", "tenant.resume", "tenant.archive"]


def test_suspending_twice_makes_one_revision_and_one_entry(acme, operator):
    suspend_tenant(acme.pk, actor=operator)
    revision = suspend_tenant(acme.pk, actor=operator).revision
    assert revision == 2
    assert AuditEntry.objects.filter(action="tenant.suspend").count() == 1


def test_name_app_and_plan_are_changed_together(acme, operator):
    update_tenant(acme.pk, name="Acme Corporation", app="assistant", plan="gold", actor=operator)
    acme.refresh_from_db()
    assert (acme.name, acme.plan) == ("Acme Corporation", "gold")
    assert document(acme)["name"] == "Acme Corporation"
    for values in ({"name": ""}, {"app": "nothing"}, {"app": "../docs"}, {"plan": "p" * 41}):
        with pytest.raises(InvalidValueError):
            update_tenant(acme.pk, **{"name": "Acme", "app": "assistant", "plan": ""} | values, actor=operator)


def test_a_domain_resolves_once_it_is_verified_and_may_become_primary(acme, operator):
    domain = add_domain(acme.pk, "Chat.Acme.example:443", actor=operator)
    assert document(acme)["hosts"] == ["acme.localhost"]
    with pytest.raises(ConflictError):
        make_domain_primary(acme.pk, domain.pk, actor=operator)
    verify_domain(acme.pk, domain.pk, actor=operator)
    make_domain_primary(acme.pk, domain.pk, actor=operator)
    assert document(acme)["hosts"] == ["chat.acme.example", "acme.localhost"]
    with pytest.raises(ConflictError):
        remove_domain(acme.pk, domain.pk, actor=operator)
    remove_domain(acme.pk, Domain.objects.get(domain="acme.localhost").pk, actor=operator)
    assert document(acme)["hosts"] == ["chat.acme.example"]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("globex.localhost", "domain_taken"),
        ("GLOBEX.LOCALHOST.", "domain_taken"),
        ("localhost", "domain_reserved"),
        ("localhost:8000", "domain_reserved"),
        ("127.0.0.1", "host_invalid"),
        ("user@acme.example", "host_invalid"),
        ("acme example", "host_invalid"),
        ("acme.example/path", "host_invalid"),
        ("", "host_invalid"),
    ],
)
def test_a_bad_or_taken_domain_is_refused_by_name(acme, globex, operator, value, code):
    with pytest.raises(DomainError) as refusal:
        add_domain(acme.pk, value, actor=operator)
    assert refusal.value.code == code
    assert Domain.objects.filter(tenant=acme).count() == 1


def test_a_domain_of_another_tenant_cannot_be_touched(acme, globex, operator):
    foreign = Domain.objects.get(tenant=globex)
    for change in (verify_domain, make_domain_primary, remove_domain):
        with pytest.raises(NotFoundError):
            change(acme.pk, foreign.pk, actor=operator)
