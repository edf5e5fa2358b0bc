"""The secrets of proxies: made here, shown once, kept as hashes. Two are good at a time, so that one can be replaced.

The caller of what is not given a tenant's id is in the tenant's schema.
"""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.contract.access import SignInKind
from tenants.contract.errors import NotFoundError
from tenants.contract.roles import Permission
from tenants.identity.models import IdentityProvider, ProxySecret
from tenants.identity.providers.services import get_provider, keep_owners_in_by
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.services.auditing import record
from tenants.workspace.services.editing import editing

__all__ = ["MOST_SECRETS", "find_proxy", "make_proxy_secret", "note_use", "withdraw_proxy_secret"]

MOST_SECRETS = 2
USE_NOTED_EVERY = timedelta(minutes=1)


def make_proxy_secret(tenant_id: UUID | str, provider_id: str, *, actor: Actor) -> str:
    """Return a new secret of a proxy, which nobody can be told again. The newest one before stays good beside it."""
    actor.expect(Permission.MANAGE_ACCESS)
    secret = secrets.token_urlsafe(32)
    with editing(tenant_id, actor=actor, note=f"Identity provider {provider_id}") as tenant:
        provider = get_proxy(provider_id)
        kept = provider.proxy_secrets.values_list("pk", flat=True)[: MOST_SECRETS - 1]
        provider.proxy_secrets.exclude(pk__in=list(kept)).delete()
        ProxySecret.objects.create(provider=provider, secret_hash=_hash(tenant, provider.pk, secret))
        record("provider.make_secret", actor=actor, tenant=tenant, target=provider_id)
    return secret


def withdraw_proxy_secret(tenant_id: UUID | str, provider_id: str, secret_id: UUID | str, *, actor: Actor) -> None:
    """Let a secret be worth nothing from now on.

    Raises ``NotFoundError`` when the proxy has none such, and ``ConflictError`` (``owners_locked_out``) where it is the
    last one of the owners' only way in.
    """
    actor.expect(Permission.MANAGE_ACCESS)
    with editing(tenant_id, actor=actor, note=f"Identity provider {provider_id}") as tenant:
        proxy = get_proxy(provider_id)
        if not proxy.proxy_secrets.filter(pk=secret_id).delete()[0]:
            raise NotFoundError("proxy_secret_not_found", "There is no such secret.")
        if not proxy.proxy_secrets.exists():
            keep_owners_in_by(tenant, proxy, actor=actor)
        record("provider.withdraw_secret", actor=actor, tenant=tenant, target=provider_id)


def find_proxy(tenant: Tenant, offered: Iterable[str], secret: str) -> ProxySecret | None:
    """Return which of the proxies offered by a policy has a secret. Each is compared, in constant time."""
    rows = ProxySecret.objects.select_related("provider").filter(
        provider_id__in=list(offered), provider__kind=SignInKind.HEADER
    )
    found = None
    for row in rows:
        if constant_time_compare(row.secret_hash, _hash(tenant, row.provider_id, secret)):
            found = row
    return found


def note_use(secret: ProxySecret) -> None:
    """Note that a secret is in use, so that people see when the old one no longer is; once a minute at most."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    ProxySecret.objects.filter(stale, pk=secret.pk).update(last_used_at=now)


def get_proxy(provider_id: str) -> IdentityProvider:
    """Return a proxy of the bound tenant; raises ``NotFoundError`` (``provider_not_found``)."""
    provider = get_provider(provider_id)
    if provider.kind != SignInKind.HEADER:
        raise NotFoundError("provider_not_found", "There is no such identity provider.")
    return provider


def _hash(tenant: Tenant, provider_id: str, secret: str) -> str:
    """Return what is stored of a secret: worth nothing for another tenant or another proxy."""
    bound = f"{tenant.pk}/{provider_id}/{secret}"
    return salted_hmac("tenants.identity.proxies", bound, algorithm="sha256").hexdigest()
