"""Nobody reads what was said unless the tenant's own owners let them, and nobody of the platform ever does."""

from uuid import uuid4

import pytest

from tenants.contract.errors import ForbiddenError, InvalidValueError
from tenants.contract.roles import Permission, Role
from tenants.conversations.formats import ExportFormat
from tenants.conversations.queries import Search
from tenants.conversations.services.exporting import export_conversations
from tenants.conversations.services.policy import read_policy, update_policy
from tenants.conversations.services.reading import list_conversations, read_conversation
from tenants.registry.actor import SYSTEM, Actor, ActorKind, NotPermittedError
from tenants.registry.models import Publication
from tenants.registry.schema import tenant_schema
from tests.tenants.conversations.conftest import ADMIN, MEMBER, OWNER, entries
from tests.tenants.conversations.talking import talk

LOOKS = {
    "list": lambda tenant, actor: list_conversations(tenant.pk, search=Search(), actor=actor),
    "read": lambda tenant, actor: read_conversation(tenant.pk, uuid4(), actor=actor),
    "export": lambda tenant, actor: export_conversations(
        tenant.pk, search=Search(), form=ExportFormat.CSV, actor=actor
    ),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_as_long_as_no_owner_has_said_otherwise_nobody_reads(acme, look):
    talk(acme, "Nobody's business")
    for actor in (OWNER, ADMIN):
        with pytest.raises(ForbiddenError, match="Nobody reads conversations here"):
            look(acme, actor)
    assert entries(acme) == []


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_where_owners_read_admins_do_not(acme, let_read, look):
    let_read(acme, readers="owners")
    with pytest.raises(ForbiddenError, match="Only owners read"):
        look(acme, ADMIN)
    assert entries(acme) == []


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_operators_processes_and_plain_members_never_read(acme, let_read, look):
    let_read(acme, readers="administrators")
    for actor in (Actor(ActorKind.OPERATOR, "root"), Actor(ActorKind.VIEWER, "root", Role.OWNER), SYSTEM, MEMBER):
        with pytest.raises(NotPermittedError) as refused:
            look(acme, actor)
        assert refused.value.details == {"permission": Permission.READ_CONVERSATIONS}
    assert entries(acme) == []


def test_what_one_tenant_allows_counts_at_no_other(acme, globex, let_read):
    let_read(acme, readers="administrators", days=30)
    with tenant_schema(globex):
        assert (read_policy().readers, read_policy().retention_days) == ("nobody", 0)
    with pytest.raises(ForbiddenError, match="Nobody reads"):
        list_conversations(globex.pk, search=Search(), actor=OWNER)


def test_a_change_is_audited_with_both_values_and_publishes_nothing(acme):
    published = Publication.objects.filter(tenant=acme).count()
    for _ in range(2):
        update_policy(acme.pk, readers="owners", retention_days=30, actor=OWNER)
    [entry] = entries(acme, "conversation_policy.")
    assert entry.actor == "owner@acme.example"
    assert entry.changes == {"readers": ["nobody", "owners"], "retention_days": [0, 30]}
    assert Publication.objects.filter(tenant=acme).count() == published


@pytest.mark.parametrize(
    ("readers", "days", "field"),
    [("all", 0, "readers"), ("owners", -1, "retention_days"), ("owners", 9999, "retention_days")],
)
def test_what_is_no_policy_is_refused_by_its_field(acme, readers, days, field):
    with pytest.raises(InvalidValueError) as refused:
        update_policy(acme.pk, readers=readers, retention_days=days, actor=OWNER)
    assert refused.value.field == field
