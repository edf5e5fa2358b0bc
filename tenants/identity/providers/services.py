"""Identity providers of a tenant: added, changed, removed, and listed as ways to sign in."""

from collections.abc import Iterable
from typing import Unpack
from uuid import UUID

from django.conf import settings

from tenants.contract.access import SignInKind, SignInMethod
from tenants.contract.errors import ConflictError, NotFoundError
from tenants.contract.roles import Permission
from tenants.contract.secrets import SecretBox
from tenants.identity.models import ExternalIdentity, IdentityProvider
from tenants.identity.providers.checks import ProviderValues, checked_id, checked_values
from tenants.identity.providers.kinds import kind_of
from tenants.identity.proxies.settings import trusted_headers
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tenants.registry.sealing import seal
from tenants.registry.services.auditing import difference, record
from tenants.registry.services.publishing import live_state
from tenants.workspace.access.people import keep_owners_in
from tenants.workspace.section import compile_access
from tenants.workspace.services.access import get_access
from tenants.workspace.services.editing import editing

__all__ = [
    "add_provider", "get_provider", "keep_owners_in_by", "open_secret", "provider_methods", "remove_provider",
    "update_provider",
]  # fmt: skip


def provider_methods() -> Iterable[SignInMethod]:
    """Return the bound tenant's providers as ways to sign in."""
    rows = IdentityProvider.objects.values_list("kind", "id", "label", "settings")
    return [
        SignInMethod(
            SignInKind(kind), provider_id, label, trusted_headers(values) if kind == SignInKind.HEADER else None
        )
        for kind, provider_id, label, values in rows
    ]


def get_provider(provider_id: str) -> IdentityProvider:
    """Return a provider of the bound tenant; raises ``NotFoundError`` (``provider_not_found``)."""
    provider = IdentityProvider.objects.filter(pk=provider_id).first()
    if provider is None:
        raise NotFoundError("provider_not_found", "There is no such identity provider.")
    return provider


def open_secret(tenant: Tenant, provider: IdentityProvider) -> str:
    """Return a provider's secret, or nothing where it has none; raises ``SecretUnreadableError``."""
    if not provider.secret:
        return ""
    return SecretBox(settings.ENVIRONMENT.encryption_keys).decrypt(provider.secret, tenant_id=str(tenant.pk))


def add_provider(
    tenant_id: UUID | str,
    provider_id: str,
    *,
    kind: str,
    secret: str = "",
    actor: Actor,
    **values: Unpack[ProviderValues],
) -> IdentityProvider:
    """Add a provider, which people sign in by once the access policy offers it.

    Raises ``InvalidValueError`` that names the field at fault, ``ConflictError`` (``provider_id_taken``) or
    ``NotPermittedError``: who names a provider can be vouched for as anybody.
    """
    actor.expect(Permission.MANAGE_ACCESS)
    checked_id(provider_id)
    columns = {"label": provider_id, **checked_values(values)}
    columns["settings"] = kind_of(kind).check(values.get("settings", {}))
    with editing(tenant_id, actor=actor, note=f"Identity provider {columns['label']}") as tenant:
        if IdentityProvider.objects.filter(pk=provider_id).exists():
            raise ConflictError(
                "provider_id_taken", f"There is an identity provider “{provider_id}” already.", field="id"
            )
        sealed = seal(secret, owner=str(tenant.pk), present=None) if secret else ""
        provider: IdentityProvider = IdentityProvider.objects.create(
            id=provider_id, kind=kind, secret=sealed, **columns
        )
        record("provider.add", actor=actor, tenant=tenant, target=provider_id, changes={"kind": kind, **columns})
        return provider


def update_provider(
    tenant_id: UUID | str,
    provider_id: str,
    *,
    secret: str | None = None,
    actor: Actor,
    **values: Unpack[ProviderValues],
) -> IdentityProvider:
    """Change a provider; what is left out stays, also the secret, of which an empty one is taken away.

    Where another issuer is named, its names for people are other ones: all are then known by their e-mail addresses
    again. Raises as ``add_provider``, and ``ConflictError`` (``owners_locked_out``) where its e-mail domains would keep
    all owners out.
    """
    actor.expect(Permission.MANAGE_ACCESS)
    columns = checked_values(values)
    with editing(tenant_id, actor=actor, note=f"Identity provider {provider_id}") as tenant:
        provider = get_provider(provider_id)
        kind = kind_of(provider.kind)
        if "settings" in values:
            columns["settings"] = kind.check(values["settings"])
        changes: dict[str, object] = {
            **difference({name: getattr(provider, name) for name in columns}, columns),
            **_change_secret(tenant, provider, secret),
        }
        if not changes:
            return provider
        if kind.namespace(columns.get("settings", provider.settings)) != kind.namespace(provider.settings):
            ExternalIdentity.objects.filter(provider=provider).delete()
        for name, value in columns.items():
            setattr(provider, name, value)
        provider.save()
        if "email_domains" in changes:
            keep_owners_in_by(tenant, provider, actor=actor, field="email_domains")
        record("provider.update", actor=actor, tenant=tenant, target=provider_id, changes=changes)
        return provider


def remove_provider(tenant_id: UUID | str, provider_id: str, *, actor: Actor) -> None:
    """Remove a provider, also from the access policy, which ends the sign-ins that were made by it.

    Raises ``ConflictError`` where the policy would be left without a way to sign in, or would lock all owners out.
    """
    actor.expect(Permission.MANAGE_ACCESS)
    with editing(tenant_id, actor=actor, note=f"Identity provider {provider_id} removed") as tenant:
        provider = get_provider(provider_id)
        policy = get_access()
        if provider_id in policy.methods:
            policy.methods = [method for method in policy.methods if method != provider_id]
            if not policy.methods:
                raise ConflictError(
                    "sign_in_method_last",
                    f"{provider.label} is the only way to sign in. Offer another one first.",
                )
            keep_owners_in(compile_access(policy), actor=actor)
            policy.save(update_fields=["methods"])
        provider.delete()
        record("provider.remove", actor=actor, tenant=tenant, target=provider_id)


def keep_owners_in_by(tenant: Tenant, provider: IdentityProvider, *, actor: Actor, field: str = "methods") -> None:
    """Raise ``ConflictError`` where a provider, as it was just changed, leaves no owner a way in that is offered.

    By the policy that was saved, and by the one that is live while that one waits to be published.
    """
    policies = [compile_access(get_access())]
    if not tenant.publish_on_save:
        policies.append(live_state(tenant).access)
    for policy in policies:
        if policy.offers(provider.pk):
            keep_owners_in(policy, actor=actor, field=field)


def _change_secret(tenant: Tenant, provider: IdentityProvider, secret: str | None) -> dict[str, object]:
    """Put another secret into the row, and return what history may say of it: that it changed."""
    if secret is None:
        return {}
    sealed = seal(secret, owner=str(tenant.pk), present=provider.secret or None) if secret else ""
    if sealed == provider.secret:
        return {}
    provider.secret = sealed
    return {"secret": "changed" if secret else "removed"}
