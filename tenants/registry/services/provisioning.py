"""Provisioning: from the request for a tenant to a live one, by Celery, step by step and visible.

Each step commits together with the state that says so; a worker that dies leaves a state from which the next run
goes on. A failure is compensated: schema, tenant and domains are removed, the request stays with its reason and can
be retried.
"""

from collections.abc import Callable
from uuid import UUID

import structlog
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from tenants.contract.errors import ConflictError, DomainError, InvalidValueError, NotFoundError
from tenants.contract.hosts import validate_schema_name, validate_slug
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.apps_directory import check_app
from tenants.registry.models import Domain, Provisioning, ProvisioningState, Tenant
from tenants.registry.queue import enqueue_after_commit
from tenants.registry.schema import enter_public_schema, tenant_schema
from tenants.registry.services.auditing import record
from tenants.registry.services.credentials import checked_email, checked_password
from tenants.registry.services.domains import check_domain_free, default_domain
from tenants.registry.services.publishing import publish_tenant

__all__ = ["register_seeder", "request_provisioning", "retry_provisioning", "run_provisioning"]

log = structlog.get_logger(__name__)

PROVISION_TASK = "tenants.registry.tasks.provision"

Seeder = Callable[[Tenant, Provisioning], None]
_seeders: dict[str, Seeder] = {}


def register_seeder(name: str, seeder: Seeder) -> None:
    """Let an app fill a new tenant's schema; called from ``AppConfig.ready``, run with that schema bound."""
    _seeders[name] = seeder


def request_provisioning(
    *, name: str, slug: str, app: str, plan: str = "", domain: str = "", owner_email: str, owner_password: str = "",
    publish_on_save: bool = True, actor: Actor,
) -> Provisioning:  # fmt: skip
    """Check and store the request for a new tenant, and enqueue its provisioning after commit.

    ``domain`` defaults to the slug below the platform's base domain. ``owner_password`` is hashed at once; empty
    means that an operator sets it later. ``publish_on_save`` says whether whatever the tenant saves is live at once, or
    waits until it is published. Raises a ``DomainError`` that names the field at fault.
    """
    actor.expect(Permission.OPERATE)
    name = name.strip()
    if not name or len(name) > 80:
        raise InvalidValueError("name_invalid", "A tenant's name has 1 to 80 characters.", field="name")
    slug = validate_slug(slug.strip())
    check_app(app)
    if len(plan) > 40:
        raise InvalidValueError("plan_too_long", "A plan has at most 40 characters.", field="plan")
    owner_email = checked_email(owner_email, field="owner_email")
    if owner_password:
        checked_password(owner_password, field="owner_password")
    with transaction.atomic():
        if Tenant.objects.filter(slug=slug).exists():
            raise ConflictError("slug_taken", f"The short name “{slug}” is taken.", field="slug")
        host = check_domain_free(domain or default_domain(slug))
        try:
            with transaction.atomic():
                provisioning = Provisioning.objects.create(
                    name=name, slug=slug, domain=host, app=app, plan=plan, owner_email=owner_email,
                    owner_password=make_password(owner_password or None), publish_on_save=publish_on_save,
                    requested_by=actor.label[:200],
                )  # fmt: skip
        except IntegrityError as error:
            raise ConflictError("slug_taken", f"The short name “{slug}” is taken.", field="slug") from error
        record("tenant.request", actor=actor, target=slug, changes={"name": name, "domain": host, "app": app})
        enqueue_after_commit(PROVISION_TASK, str(provisioning.pk))
    return provisioning


def retry_provisioning(provisioning_id: UUID | str, *, actor: Actor) -> None:
    """Try a failed provisioning again; raises ``ConflictError`` when it has not failed or its names are taken."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        provisioning = Provisioning.objects.select_for_update().get(pk=provisioning_id)
        if provisioning.state != ProvisioningState.FAILED:
            raise ConflictError("provisioning_not_failed", "Only a failed provisioning can be tried again.")
        taken = Provisioning.objects.exclude(pk=provisioning.pk).exclude(state=ProvisioningState.FAILED)
        if taken.filter(slug=provisioning.slug).exists():
            raise ConflictError("slug_taken", f"The short name “{provisioning.slug}” is taken.", field="slug")
        check_domain_free(provisioning.domain)
        provisioning.state, provisioning.reason = ProvisioningState.REQUESTED, ""
        provisioning.save(update_fields=["state", "reason", "updated_at"])
        record("tenant.retry", actor=actor, target=provisioning.slug)
        enqueue_after_commit(PROVISION_TASK, str(provisioning.pk))


def run_provisioning(provisioning_id: UUID | str) -> ProvisioningState:
    """Carry a provisioning on from where it is until it is live or failed, and return that state.

    Safe to call again at any time: a step that is done is not repeated, and a second worker waits for the first.
    """
    steps = {
        ProvisioningState.REQUESTED: _create_schema,
        ProvisioningState.SCHEMA: _seed,
        ProvisioningState.SEEDED: _go_live,
    }
    while True:
        try:
            with transaction.atomic():
                provisioning = Provisioning.objects.select_for_update().filter(pk=provisioning_id).first()
                if provisioning is None:
                    raise NotFoundError("provisioning_not_found", "There is no such provisioning.")
                state = ProvisioningState(provisioning.state)
                if state not in steps:
                    return state
                steps[state](provisioning)
        except NotFoundError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the half tenant must be removed and the reason kept
            return _compensate(provisioning_id, error)


def _create_schema(provisioning: Provisioning) -> None:
    schema_name = validate_schema_name("t_" + provisioning.slug.replace("-", "_"))
    tenant = Tenant(
        name=provisioning.name,
        slug=provisioning.slug,
        app=provisioning.app,
        plan=provisioning.plan,
        publish_on_save=provisioning.publish_on_save,
    )
    tenant.schema_name = schema_name
    tenant.save()
    Domain.objects.create(tenant=tenant, domain=provisioning.domain, is_primary=True, verified=True)
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{schema_name}"')
    call_command("migrate_schemas", schema_name=schema_name, interactive=False, verbosity=0)
    enter_public_schema()
    provisioning.tenant = tenant
    provisioning.attempts += 1
    provisioning.state = ProvisioningState.SCHEMA
    provisioning.save(update_fields=["tenant", "attempts", "state", "updated_at"])


def _seed(provisioning: Provisioning) -> None:
    tenant = provisioning.tenant
    assert tenant is not None  # noqa: S101 - the step before set it, in the same row
    with tenant_schema(tenant):
        for seeder in _seeders.values():
            seeder(tenant, provisioning)
    provisioning.state = ProvisioningState.SEEDED
    provisioning.save(update_fields=["state", "updated_at"])


def _go_live(provisioning: Provisioning) -> None:
    actor = Actor(ActorKind.OPERATOR, provisioning.requested_by)
    publish_tenant(str(provisioning.tenant_id), actor=actor, note="Tenant created")
    record("tenant.live", actor=actor, tenant=provisioning.tenant, target=provisioning.slug)
    provisioning.state = ProvisioningState.LIVE
    provisioning.owner_password = ""
    provisioning.save(update_fields=["state", "owner_password", "updated_at"])


def _compensate(provisioning_id: UUID | str, error: Exception) -> ProvisioningState:
    """Remove whatever exists of the tenant and keep the reason, in one transaction."""
    reason = error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
    log.error("provisioning failed", provisioning=str(provisioning_id), reason=reason, exc_info=error)
    enter_public_schema()
    with transaction.atomic():
        provisioning = Provisioning.objects.select_for_update().get(pk=provisioning_id)
        tenant = provisioning.tenant
        if tenant is not None:
            with connection.cursor() as cursor:
                cursor.execute(f'DROP SCHEMA IF EXISTS "{validate_schema_name(tenant.schema_name)}" CASCADE')
            Domain.objects.filter(tenant=tenant).delete()
            Tenant.objects.filter(pk=tenant.pk).update(live_publication=None)
            # A raw delete: the tenant's own tables went with its schema, so Django must not look for them.
            Tenant.objects.filter(pk=tenant.pk)._raw_delete("default")
        provisioning.tenant = None
        provisioning.state = ProvisioningState.FAILED
        provisioning.reason = reason[:500]
        provisioning.save(update_fields=["tenant", "state", "reason", "updated_at"])
    return ProvisioningState.FAILED
