"""Publications that are planned: done at their time, as who planned them, by what they may then."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.contract.errors import ConflictError, InvalidValueError
from tenants.contract.roles import Role
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import AuditEntry, ScheduledPublication, Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.drafts import discard_draft, publish_draft, set_publish_on_save
from tenants.workspace.models import AccessPolicy, Member
from tenants.workspace.services.access import update_access
from tenants.workspace.services.branding import update_branding
from tenants.workspace.services.scheduling import (
    cancel_publication,
    latest_schedule,
    publish_due,
    schedule_publication,
)


def soon():
    return timezone.now() + timedelta(hours=1)


def let_time_come(tenant: Tenant) -> None:
    """Make the plan of a tenant due."""
    ScheduledPublication.objects.filter(tenant=tenant).update(publish_at=timezone.now() - timedelta(seconds=1))


def live(tenant: Tenant):
    return Tenant.objects.select_related("live_publication").get(pk=tenant.pk).live_publication


@pytest.fixture
def admin(acme) -> Actor:
    with tenant_schema(acme):
        member = Member.objects.create(email="admin@acme.example", role=Role.ADMIN, password="!")
    return Actor(ActorKind.MEMBER, member.email, Role.ADMIN, member.pk)


@pytest.fixture
def drafting(acme, globex, operator) -> Tenant:
    """Acme, with a name that waits; so has globex, which plans nothing."""
    for tenant in (acme, globex):
        set_publish_on_save(tenant.pk, enabled=False, actor=operator)
        update_branding(tenant.pk, values={"display_name": "Tomorrow"}, actor=operator)
    return acme


def test_what_waits_is_published_at_its_time_as_who_planned_it(drafting, globex, operator, admin):
    others = live(globex)
    schedule_publication(drafting.pk, at=soon(), note="The launch", actor=admin)
    assert publish_due() == 0
    assert live(drafting).document["branding"]["display_name"] == "Acme"
    update_branding(drafting.pk, values={"description": "Saved after the plan."}, actor=operator)
    let_time_come(drafting)
    assert publish_due() == 1
    published = live(drafting)
    assert (published.actor, published.note) == ("admin@acme.example", "The launch")
    branding = published.document["branding"]
    assert (branding["display_name"], branding["description"]) == ("Tomorrow", "Saved after the plan.")
    assert AuditEntry.objects.filter(tenant_id=drafting.pk, action="draft.publish", actor="admin@acme.example").exists()
    assert (publish_due(), latest_schedule(drafting)) == (0, None)
    assert live(globex) == others


@pytest.mark.parametrize("away", [timedelta(0), timedelta(days=-1), timedelta(days=400)])
def test_a_plan_is_for_a_time_to_come(drafting, operator, away):
    with pytest.raises(InvalidValueError) as refusal:
        schedule_publication(drafting.pk, at=timezone.now() + away, actor=operator)
    assert refusal.value.code == "publication_time_invalid"


def test_there_is_one_plan_and_it_can_be_cancelled(drafting, operator):
    schedule_publication(drafting.pk, at=soon(), actor=operator)
    with pytest.raises(ConflictError) as refusal:
        schedule_publication(drafting.pk, at=soon(), actor=operator)
    assert refusal.value.code == "publication_scheduled"
    cancel_publication(drafting.pk, actor=operator)
    let_time_come(drafting)
    assert publish_due() == 0
    assert live(drafting).document["branding"]["display_name"] == "Acme"
    with pytest.raises(ConflictError) as refusal:
        cancel_publication(drafting.pk, actor=operator)
    assert refusal.value.code == "publication_not_scheduled"


@pytest.mark.parametrize("decide", [publish_draft, discard_draft])
def test_publishing_or_discarding_before_ends_the_plan(drafting, operator, decide):
    schedule_publication(drafting.pk, at=soon(), actor=operator)
    decide(drafting.pk, actor=operator)
    update_branding(drafting.pk, values={"display_name": "Another day"}, actor=operator)
    let_time_come(drafting)
    assert publish_due() == 0
    assert live(drafting).document["branding"]["display_name"] != "Another day"


def refused(tenant: Tenant) -> str:
    """Let the time of a plan come, and return why nothing was published."""
    before = live(tenant)
    let_time_come(tenant)
    assert publish_due() == 0
    assert live(tenant) == before
    plan = latest_schedule(tenant)
    entry = AuditEntry.objects.get(tenant_id=tenant.pk, action="draft.refuse")
    assert (plan.state, entry.changes["reason"]) == ("refused", plan.reason)
    return plan.reason


def test_who_may_no_longer_publish_what_waits_then_publishes_nothing(drafting, operator, admin):
    schedule_publication(drafting.pk, at=soon(), actor=admin)
    update_access(drafting.pk, mode="members", actor=operator)
    assert "Only owners" in refused(drafting)


def test_a_plan_of_somebody_who_left_is_refused(drafting, admin):
    schedule_publication(drafting.pk, at=soon(), actor=admin)
    with tenant_schema(drafting):
        Member.objects.filter(pk=admin.member_id).update(is_active=False)
    assert refused(drafting) == "Whoever planned it is no longer a member."


def test_what_no_longer_fits_together_is_told_and_keeps_no_other_tenant_waiting(drafting, globex, operator):
    for tenant in (drafting, globex):
        schedule_publication(tenant.pk, at=soon(), actor=operator)
        let_time_come(tenant)
    with tenant_schema(drafting):
        Member.objects.filter(role=Role.OWNER).update(is_active=False)
        AccessPolicy.objects.update(mode="members")
    assert publish_due() == 1
    assert "No owner could sign in" in latest_schedule(drafting).reason
    assert live(globex).document["branding"]["display_name"] == "Tomorrow"
