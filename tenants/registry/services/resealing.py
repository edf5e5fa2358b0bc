"""Sealing all secrets with the newest key, so that an older one can be taken out of ``TENANT_ENCRYPTION_KEYS``."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tenants.contract.roles import Permission
from tenants.contract.secrets import SecretBox, SecretUnreadableError
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.sealed_columns import SealedTextField, shared_columns, tenant_columns
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import publish_tenant

__all__ = ["Resealed", "reseal_shared_secrets", "reseal_tenant_secrets"]


@dataclass(frozen=True)
class Resealed:
    """How many secrets were sealed anew, and which could be read by no key: table and row of each."""

    count: int
    unreadable: tuple[str, ...]


def reseal_shared_secrets(*, actor: Actor) -> Resealed:
    """Seal what is no tenant's with the newest key: variables of platform and plans, operators' authenticator apps.

    Variables come into the tenants' states with ``reseal_tenant_secrets``.
    """
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        resealed = _reseal(shared_columns())
        if resealed.count:
            record("secrets.reseal", actor=actor, changes={"secrets": resealed.count})
        return resealed


def reseal_tenant_secrets(tenant_id: UUID | str, *, actor: Actor) -> Resealed:
    """Seal a tenant's secrets with the newest key, and publish what apps are given of them.

    Secrets that no key reads stay as they are: with the key that is missing they are worth something again. Older
    revisions hold the tokens they were made with.
    """
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)
        with tenant_schema(tenant):
            resealed = _reseal(tenant_columns())
        if resealed.count:
            record("secrets.reseal", actor=actor, tenant=tenant, changes={"secrets": resealed.count})
        # Also where nothing of its own was sealed anew: the variables that it has in common with others were.
        publish_tenant(tenant.pk, actor=actor, note="Secrets sealed with the newest key")
    return resealed


def _reseal(columns: Iterable[SealedTextField]) -> Resealed:
    box, count, unreadable = SecretBox(settings.ENVIRONMENT.encryption_keys), 0, []
    for column in columns:
        rows = column.model._default_manager.exclude(**{column.name: ""})
        if column.only_if:
            rows = rows.filter(**{column.only_if: True})
        for key, token in rows.values_list("pk", column.name):
            try:
                renewed = box.rotate(token)
            except SecretUnreadableError:
                unreadable.append(f"{column.model._meta.db_table} {key}")
                continue
            if renewed != token:
                # What somebody has changed meanwhile is sealed with the newest key already.
                count += rows.filter(pk=key, **{column.name: token}).update(**{column.name: renewed})
    return Resealed(count, tuple(unreadable))
