"""A tenant that offers an identity provider of the tests, and what its answers come to."""

from tenants.contract.access import SignInKind
from tenants.identity.models import IdentityProvider as ProviderRow
from tenants.identity.saml.services import ask, take_answer
from tenants.identity.saml.setup import service_provider_of
from tenants.registry.actor import Actor
from tenants.registry.models import Tenant
from tests.tenants.identity.people import HOME, offer_provider
from tests.tenants.identity.saml.identity_provider import IdentityProvider


def offer_saml(
    tenant: Tenant, actor: Actor, idp: IdentityProvider, *, provider_id: str = "okta", **more
) -> ProviderRow:
    """Let a tenant offer an identity provider; ``more`` are its settings, and what all providers have."""
    settings = {
        "entity_id": idp.entity_id, "sso_url": idp.sso_url, "slo_url": idp.slo_url,
        "certificates": list(idp.certificates), "vouches_for_email": True, **more.pop("settings", {}),
    }  # fmt: skip
    return offer_provider(tenant, actor, provider_id, kind=SignInKind.SAML, label="Okta", settings=settings, **more)


def host_of(tenant: Tenant) -> str:
    return f"{tenant.slug}.localhost"


def answer_to(tenant: Tenant, provider: ProviderRow, idp: IdentityProvider, *, request_id: str, **options) -> str:
    """Return what the provider would answer to a question of this tenant's."""
    service = service_provider_of(tenant, provider.pk, host=host_of(tenant))
    return idp.answer(acs_url=service.acs_url, audience=service.entity_id, request_id=request_id, **options)


def bring(tenant: Tenant, provider: ProviderRow, encoded: str, *, relay_state: str = "") -> str:
    """Let a browser bring an answer; return the ticket."""
    return take_answer(tenant, provider, encoded=encoded, relay_state=relay_state, host=host_of(tenant), visit=HOME)


def question(tenant: Tenant, provider: ProviderRow) -> str:
    """Return the id of a question that was asked."""
    return ask(tenant, provider, host=host_of(tenant)).id
