"""What tenants share: whom it reaches, when, and that a secret of it is nowhere in the clear."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from runtime.tenancy import TenantHandle
from tenants.contract.errors import InvalidValueError, NotFoundError
from tenants.contract.secrets import SecretBox
from tenants.contract.state import PublishedState, decode_state
from tenants.registry.models import AuditEntry, EnvironmentRollout, Publication, SharedVariable
from tenants.registry.services import shared_environment as service
from tenants.registry.services.lifecycle import update_tenant
from tenants.registry.services.shared_environment import delete_shared_variable, run_rollout, set_shared_variable
from tenants.registry.tasks import resume_environment_rollouts
from tenants.workspace.services.environment import set_variable


def environment(tenant, settings):
    """Return what the runtime reads of the live publication."""
    tenant.refresh_from_db()
    live = tenant.live_publication
    state = decode_state(json.dumps(live.document))
    published = PublishedState(live.revision, live.checksum, state)
    return dict(TenantHandle(published, SecretBox(settings.ENVIRONMENT.encryption_keys)).environment)


def revision(tenant):
    tenant.refresh_from_db()
    return tenant.live_publication.revision


@pytest.fixture
def pro(acme, operator):
    """acme on the plan pro; globex has none."""
    update_tenant(acme.pk, name=acme.name, app=acme.app, plan="pro", actor=operator)
    return acme


@pytest.fixture
def one_by_one(monkeypatch):
    """No tenant is published at once, and each is a batch of its own."""
    monkeypatch.setattr(service, "PUBLISHED_AT_ONCE", 0)
    monkeypatch.setattr(service, "BATCH", 1)


def test_a_variable_of_the_platform_reaches_every_tenant_at_once(acme, globex, operator, settings):
    before = revision(acme), revision(globex)
    set_shared_variable("", "REGION", value="eu", is_secret=False, actor=operator)

    assert environment(acme, settings) == environment(globex, settings) == {"REGION": "eu"}
    assert (revision(acme), revision(globex)) == (before[0] + 1, before[1] + 1)


def test_a_variable_of_a_plan_reaches_its_tenants_alone(pro, globex, operator, settings):
    before = revision(globex)
    set_shared_variable("pro", "MODEL", value="large", is_secret=False, actor=operator)

    assert environment(pro, settings) == {"MODEL": "large"}
    assert (environment(globex, settings), revision(globex)) == ({}, before)


def test_the_tenants_own_value_wins_over_the_plans_and_that_over_the_platforms(pro, globex, operator, settings):
    set_shared_variable("", "MODEL", value="small", is_secret=True, actor=operator)
    set_shared_variable("pro", "MODEL", value="large", is_secret=False, actor=operator)
    assert environment(pro, settings)["MODEL"] == "large"
    set_variable(pro.pk, "MODEL", value="own", is_secret=True, actor=operator)

    assert environment(pro, settings)["MODEL"] == "own"
    assert environment(globex, settings)["MODEL"] == "small"


def test_a_tenant_that_changes_its_plan_changes_its_environment(pro, operator, settings):
    set_shared_variable("pro", "MODEL", value="large", is_secret=True, actor=operator)
    set_shared_variable("free", "MODEL", value="small", is_secret=True, actor=operator)
    update_tenant(pro.pk, name=pro.name, app=pro.app, plan="free", actor=operator)

    assert environment(pro, settings) == {"MODEL": "small"}


def test_removing_it_is_published_too(acme, globex, operator, settings):
    set_shared_variable("", "REGION", value="eu", is_secret=False, actor=operator)
    delete_shared_variable("", "REGION", actor=operator)

    assert environment(acme, settings) == environment(globex, settings) == {}
    assert "platform_environment" not in acme.live_publication.document
    with pytest.raises(NotFoundError):
        delete_shared_variable("", "REGION", actor=operator)


def test_the_same_secret_again_makes_no_token_and_no_revision(acme, globex, operator):
    set_shared_variable("", "API_KEY", value="sk-1", is_secret=True, actor=operator)
    token, before = SharedVariable.objects.get().value, revision(acme)

    assert set_shared_variable("", "API_KEY", value="sk-1", is_secret=True, actor=operator) is None
    set_variable(globex.pk, "OWN", value="x", is_secret=False, actor=operator)

    assert SharedVariable.objects.get().value == token
    assert revision(acme) == before
    documents = [tenant.live_publication.document for tenant in (acme, globex) if tenant.refresh_from_db() is None]
    assert [document["platform_environment"]["secrets"]["API_KEY"] for document in documents] == [token, token]


def test_a_secret_is_in_no_row_in_the_clear(acme, operator, settings):
    set_shared_variable("", "API_KEY", value="sk-very-secret", is_secret=True, actor=operator)

    assert environment(acme, settings) == {"API_KEY": "sk-very-secret"}
    rows = [Publication.objects.values(), AuditEntry.objects.values(), SharedVariable.objects.values()]
    assert "sk-very-secret" not in str([list(values) for values in rows])
    entry = AuditEntry.objects.get(action="shared_environment.set")
    assert (entry.actor, entry.target, entry.changes) == (
        "operator@example.com",
        "API_KEY of every tenant",
        {"secret": True},
    )


@pytest.mark.parametrize(
    ("plan", "name", "code"),
    [
        ("", "PATH", "environment_name_protected"),
        ("pro", "CHAINLIT_AUTH_SECRET", "environment_name_protected"),
        ("", "lower", "environment_name_invalid"),
        ("x" * 41, "MODEL", "plan_too_long"),
    ],
)
def test_what_may_not_be_set_is_refused_and_changes_nothing(acme, operator, plan, name, code):
    before = revision(acme)
    with pytest.raises(InvalidValueError) as refusal:
        set_shared_variable(plan, name, value="x", is_secret=False, actor=operator)
    assert refusal.value.code == code
    assert (revision(acme), SharedVariable.objects.count()) == (before, 0)


def test_many_tenants_are_published_after_the_commit_in_batches(acme, globex, operator, settings, one_by_one):
    rollout = set_shared_variable("", "REGION", value="eu", is_secret=False, actor=operator)
    assert environment(acme, settings) == environment(globex, settings) == {}
    assert (rollout.total, rollout.done) == (2, 0)

    assert service._publish_batch(rollout.pk)
    rollout.refresh_from_db()
    assert (rollout.done, rollout.finished_at) == (1, None)
    reached = [bool(environment(tenant, settings)) for tenant in sorted((acme, globex), key=lambda tenant: tenant.pk)]
    assert reached == [True, False]

    run_rollout(rollout.pk)
    rollout.refresh_from_db()
    assert environment(acme, settings) == environment(globex, settings) == {"REGION": "eu"}
    assert (rollout.done, rollout.failed) == (2, 0)
    assert rollout.finished_at is not None
    assert acme.live_publication.actor == "operator@example.com"


def test_a_rollout_that_is_run_again_makes_no_revision(acme, globex, operator, one_by_one):
    rollout = set_shared_variable("", "REGION", value="eu", is_secret=False, actor=operator)
    run_rollout(rollout.pk)
    before = revision(acme), revision(globex)

    run_rollout(rollout.pk)
    EnvironmentRollout.objects.update(finished_at=None, reached=None, done=0)
    run_rollout(rollout.pk)

    assert (revision(acme), revision(globex)) == before


def test_a_rollout_whose_worker_died_is_gone_on_with(acme, globex, operator, settings, one_by_one):
    rollout = set_shared_variable("", "REGION", value="eu", is_secret=False, actor=operator)
    service._publish_batch(rollout.pk)
    resume_environment_rollouts()
    rollout.refresh_from_db()
    assert rollout.finished_at is None, "it was worked on just now"

    EnvironmentRollout.objects.update(updated_at=timezone.now() - timedelta(minutes=1))
    resume_environment_rollouts()
    assert environment(acme, settings) == environment(globex, settings) == {"REGION": "eu"}


def test_one_tenant_that_cannot_be_published_does_not_keep_the_others_from_it(
    acme, globex, operator, settings, one_by_one
):
    from tenants.registry.schema import tenant_schema
    from tenants.workspace.models import Branding

    with tenant_schema(acme):
        Branding.objects.update(display_name="")
    rollout = set_shared_variable("", "REGION", value="eu", is_secret=False, actor=operator)
    run_rollout(rollout.pk)

    rollout.refresh_from_db()
    assert (rollout.done, rollout.failed) == (2, 1)
    assert environment(globex, settings) == {"REGION": "eu"}


def test_a_tenant_that_is_just_being_made_is_left_to_its_provisioning(acme, globex, operator):
    from tenants.registry.models import Tenant

    half = Tenant.objects.create(name="Half", slug="half", app="assistant", schema_name="t_half")
    rollout = set_shared_variable("", "REGION", value="eu", is_secret=False, actor=operator)
    run_rollout(rollout.pk)

    assert not Publication.objects.filter(tenant=half).exists()
