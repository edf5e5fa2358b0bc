"""Whether conversations are kept: a tenant's own choice, published and audited."""

from tenants.registry.models import AuditEntry, Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.models import History
from tenants.workspace.services.history import is_history_kept, update_history


def _published(tenant):
    return Tenant.objects.get(pk=tenant.pk).live_publication.document.get("history", {})


def test_a_new_tenant_keeps_its_conversations(acme, globex):
    assert _published(acme) == {"enabled": True}
    assert _published(globex) == {"enabled": True}


def test_a_tenant_from_before_there_was_a_choice_keeps_none(acme, operator):
    with tenant_schema(acme):
        History.objects.all().delete()
        assert not is_history_kept()

    update_history(acme.pk, enabled=False, actor=operator)

    assert _published(acme) == {}
    assert not AuditEntry.objects.filter(action="history.update").exists()


def test_the_choice_is_published_and_audited_and_is_no_other_tenants(acme, globex, operator):
    update_history(acme.pk, enabled=False, actor=operator)

    assert _published(acme) == {}
    assert _published(globex) == {"enabled": True}
    entry = AuditEntry.objects.get(action="history.update")
    assert (entry.tenant_slug, entry.changes, entry.actor) == ("acme", {"enabled": [True, False]}, operator.label)
    with tenant_schema(globex):
        assert is_history_kept()

    update_history(acme.pk, enabled=True, actor=operator)
    assert _published(acme) == {"enabled": True}
