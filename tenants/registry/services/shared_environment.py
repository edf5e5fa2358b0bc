"""Variables and secrets that many tenants share: the platform's, for every tenant, and a plan's.

A change concerns every tenant of the layer. A few are published in the transaction of the change; many by a worker, in
batches after the commit, whose progress is a row. Either way the worker looks at all of them once more: a tenant that
came to the plan in the same moment is then published too, and one that has the values already makes no revision.
"""

from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tenants.contract.environment import (
    PLATFORM_OWNER,
    plan_owner,
    validate_environment_name,
    validate_environment_value,
)
from tenants.contract.errors import DomainError, InvalidValueError, NotFoundError
from tenants.contract.roles import Permission
from tenants.contract.state import EnvironmentLayer
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import EnvironmentRollout, SharedVariable, Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.sealing import seal
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import publish_tenant

__all__ = ["compile_shared_environment", "delete_shared_variable", "run_rollout", "set_shared_variable"]

log = structlog.get_logger(__name__)

ROLL_OUT_TASK = "tenants.registry.tasks.roll_out_environment"
PUBLISHED_AT_ONCE = 20
BATCH = 50


def set_shared_variable(
    plan: str, name: str, *, value: str, is_secret: bool, actor: Actor
) -> EnvironmentRollout | None:
    """Set a variable of a plan, or of the platform where ``plan`` is empty; return how it comes to the tenants.

    None when nothing changed. A secret is stored encrypted and never shown, audited or logged. Raises
    ``InvalidValueError`` for names that are invalid or protected and for values that do not fit.
    """
    actor.expect(Permission.OPERATE)
    plan = _checked_plan(plan)
    validate_environment_name(name)
    validate_environment_value(value)
    with transaction.atomic():
        variable = SharedVariable.objects.select_for_update().filter(plan=plan, name=name).first()
        present = variable.value if variable and variable.is_secret == is_secret else None
        stored = seal(value, owner=_owner(plan), present=present) if is_secret else value
        if stored == present:
            return None
        SharedVariable.objects.update_or_create(
            plan=plan, name=name, defaults={"value": stored, "is_secret": is_secret}
        )
        record("shared_environment.set", actor=actor, target=_target(plan, name), changes={"secret": is_secret})
        return _publish(plan, actor=actor, note=f"Environment {_target(plan, name)}")


def delete_shared_variable(plan: str, name: str, *, actor: Actor) -> EnvironmentRollout:
    """Remove a variable of a plan or of the platform; raises ``NotFoundError`` where there is none."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        deleted, _ = SharedVariable.objects.filter(plan=plan, name=name).delete()
        if not deleted:
            raise NotFoundError("variable_not_found", f"There is no variable {name[:128]}.")
        record("shared_environment.delete", actor=actor, target=_target(plan, name))
        return _publish(plan, actor=actor, note=f"Environment {_target(plan, name)} removed")


def compile_shared_environment(tenant: Tenant) -> dict[str, EnvironmentLayer]:
    """Return the fields of TenantState that a tenant has in common with others."""
    fields: dict[str, EnvironmentLayer] = {}
    variables = list(SharedVariable.objects.filter(plan__in={"", tenant.plan}))
    # A layer without variables is left out, so that a tenant's document is what it was before there were any.
    layers = {"platform_environment": "", **({"plan_environment": tenant.plan} if tenant.plan else {})}
    for field, plan in layers.items():
        rows = [row for row in variables if row.plan == plan]
        if rows:
            fields[field] = _layer(plan, rows)
    return fields


def run_rollout(rollout_id: UUID | str) -> None:
    """Publish the tenants of a rollout that were not reached yet, a batch a transaction, to its end.

    Safe to call again at any time: a second worker waits for the first, and identical content makes no revision.
    """
    while _publish_batch(rollout_id):
        pass


def _publish_batch(rollout_id: UUID | str) -> bool:
    """Publish the next tenants; return whether there may be more."""
    with transaction.atomic():
        rollout = EnvironmentRollout.objects.select_for_update().filter(pk=rollout_id, finished_at=None).first()
        if rollout is None:
            return False
        tenants = _tenants_of(rollout.plan)
        if rollout.reached is not None:
            tenants = tenants.filter(pk__gt=rollout.reached)
        tenant_ids = list(tenants.values_list("pk", flat=True)[:BATCH])
        actor = Actor(ActorKind.OPERATOR, rollout.requested_by)
        for tenant_id in tenant_ids:
            rollout.failed += not _publish_live(tenant_id, actor=actor, note=rollout.note)
        rollout.done += len(tenant_ids)
        rollout.reached = tenant_ids[-1] if tenant_ids else rollout.reached
        if len(tenant_ids) < BATCH:
            rollout.total, rollout.finished_at = rollout.done, timezone.now()
        rollout.save()
        return rollout.finished_at is None


def _publish(plan: str, *, actor: Actor, note: str) -> EnvironmentRollout:
    tenant_ids = list(_tenants_of(plan).values_list("pk", flat=True)[: PUBLISHED_AT_ONCE + 1])
    if len(tenant_ids) <= PUBLISHED_AT_ONCE:
        for tenant_id in tenant_ids:
            if _is_live(tenant_id):
                publish_tenant(tenant_id, actor=actor, note=note)
    rollout = EnvironmentRollout.objects.create(
        plan=plan, note=note, requested_by=actor.label[:200], total=_tenants_of(plan).count()
    )
    enqueue_after_commit(ROLL_OUT_TASK, str(rollout.pk))
    return rollout


def _publish_live(tenant_id: UUID, *, actor: Actor, note: str) -> bool:
    """Publish one of many; one that cannot be published must not keep the others from it."""
    try:
        with transaction.atomic():
            if _is_live(tenant_id):
                publish_tenant(tenant_id, actor=actor, note=note)
    except DomainError as error:
        log.warning("environment_not_rolled_out", tenant=str(tenant_id), code=error.code)
        return False
    return True


def _is_live(tenant_id: UUID) -> bool:
    """Lock a tenant and say whether it was published before; one that is being made compiles these values itself."""
    tenant = Tenant.objects.select_for_update(of=("self",)).filter(pk=tenant_id).first()
    return tenant is not None and tenant.live_publication_id is not None


def _tenants_of(plan: str) -> QuerySet[Tenant]:
    # In one order everywhere, so that two changes at once never wait for each other's locks.
    tenants: QuerySet[Tenant] = Tenant.objects.order_by("pk")
    return tenants.filter(plan=plan) if plan else tenants


def _layer(plan: str, rows: list[SharedVariable]) -> EnvironmentLayer:
    return EnvironmentLayer(
        owner=_owner(plan),
        environment={row.name: row.value for row in rows if not row.is_secret},
        secrets={row.name: row.value for row in rows if row.is_secret},
    )


def _owner(plan: str) -> str:
    return plan_owner(plan) if plan else PLATFORM_OWNER


def _target(plan: str, name: str) -> str:
    return f"{name} of plan {plan}" if plan else f"{name} of every tenant"


def _checked_plan(plan: str) -> str:
    plan = plan.strip()
    if len(plan) > 40:
        raise InvalidValueError("plan_too_long", "A plan has at most 40 characters.", field="plan")
    return plan
