"""Domains of tenants: each host name leads to one tenant at most, and never to the platform's own."""

from uuid import UUID

from django.conf import settings
from django.db import transaction

from tenants.contract.errors import ConflictError, NotFoundError
from tenants.contract.hosts import normalise_host
from tenants.contract.roles import Permission
from tenants.registry.actor import Actor
from tenants.registry.models import Domain, Provisioning
from tenants.registry.schema import get_tenant
from tenants.registry.services.auditing import record
from tenants.registry.services.publishing import publish_tenant

__all__ = ["add_domain", "check_domain_free", "default_domain", "make_domain_primary", "remove_domain", "verify_domain"]


def default_domain(slug: str) -> str:
    """Return the domain below the platform's base domain that every tenant gets."""
    return f"{slug}.{settings.ENVIRONMENT.tenant_base_domain}"


def check_domain_free(value: str) -> str:
    """Return the normalised domain when no tenant, open provisioning or the platform has it.

    Raises ``InvalidHostError`` for what is no host name and ``ConflictError`` (``domain_taken``,
    ``domain_reserved``) otherwise; a taken domain is never said to be whose.
    """
    host = normalise_host(value)
    if host in settings.ENVIRONMENT.platform_hosts or host == settings.ENVIRONMENT.tenant_base_domain:
        raise ConflictError("domain_reserved", f"{host} is the platform's own domain.", field="domain")
    if Domain.objects.filter(domain=host).exists() or (
        Provisioning.objects.filter(domain=host, state__in=Provisioning.OPEN_STATES).exists()
    ):
        raise ConflictError("domain_taken", f"{host} already leads to a tenant.", field="domain")
    return host


def add_domain(tenant_id: UUID | str, value: str, *, actor: Actor, verified: bool = False) -> Domain:
    """Add a domain; it resolves once it is verified. Raises as ``check_domain_free`` does."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        tenant = get_tenant(tenant_id)
        host = check_domain_free(value)
        first = not Domain.objects.filter(tenant=tenant).exists()
        domain: Domain = Domain.objects.create(tenant=tenant, domain=host, is_primary=first, verified=verified)
        record("domain.add", actor=actor, tenant=tenant, target=host, changes={"verified": [None, verified]})
        publish_tenant(tenant.pk, actor=actor, note=f"Domain {host} added")
        return domain


def verify_domain(tenant_id: UUID | str, domain_id: int, *, actor: Actor) -> None:
    """Mark a domain as proven to be the tenant's, from when on it resolves."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        domain = _get_domain(tenant_id, domain_id)
        if not domain.verified:
            Domain.objects.filter(pk=domain.pk).update(verified=True)
            record("domain.verify", actor=actor, tenant=domain.tenant, target=domain.domain)
            publish_tenant(domain.tenant_id, actor=actor, note=f"Domain {domain.domain} verified")


def make_domain_primary(tenant_id: UUID | str, domain_id: int, *, actor: Actor) -> None:
    """Make a verified domain the canonical one."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        domain = _get_domain(tenant_id, domain_id)
        if not domain.verified:
            raise ConflictError("domain_unverified", f"{domain.domain} is not verified yet.", field="domain")
        Domain.objects.filter(tenant=domain.tenant, is_primary=True).update(is_primary=False)
        Domain.objects.filter(pk=domain.pk).update(is_primary=True)
        record("domain.make_primary", actor=actor, tenant=domain.tenant, target=domain.domain)
        publish_tenant(domain.tenant_id, actor=actor, note=f"Domain {domain.domain} is primary")


def remove_domain(tenant_id: UUID | str, domain_id: int, *, actor: Actor) -> None:
    """Remove a domain; the primary one stays, so that a tenant always has an address."""
    actor.expect(Permission.OPERATE)
    with transaction.atomic():
        domain = _get_domain(tenant_id, domain_id)
        if domain.is_primary:
            raise ConflictError("domain_primary", f"{domain.domain} is the primary domain.", field="domain")
        record("domain.remove", actor=actor, tenant=domain.tenant, target=domain.domain)
        domain.delete()
        publish_tenant(domain.tenant_id, actor=actor, note=f"Domain {domain.domain} removed")


def _get_domain(tenant_id: UUID | str, domain_id: int) -> Domain:
    try:
        domain: Domain = Domain.objects.select_related("tenant").get(pk=domain_id, tenant_id=tenant_id)
    except Domain.DoesNotExist as error:
        raise NotFoundError("domain_not_found", "There is no such domain.") from error
    return domain
