"""Which of the bound tenant's providers let somebody in under no policy, as far as that can be known beforehand."""

from django.db.models import Count

from tenants.contract.access import SignInKind
from tenants.contract.email_domains import email_is_at
from tenants.identity.models import IdentityProvider
from tenants.workspace.access.wording import any_of

__all__ = ["closed_providers"]


def closed_providers(email: str) -> dict[str, str]:
    """Return why, by a provider's id, it lets nobody in who has this e-mail address: the end of a sentence.

    What a provider will say of somebody, such as whether it calls their address verified, shows at the sign-in alone.
    """
    closed = {}
    for provider in IdentityProvider.objects.annotate(secrets=Count("proxy_secrets")):
        if provider.kind == SignInKind.HEADER and not provider.secrets:
            closed[provider.pk] = f"{provider.label} has no secret to prove itself by"
        elif provider.email_domains and not email_is_at(email, tuple(provider.email_domains)):
            closed[provider.pk] = f"{provider.label} takes e-mail addresses at {any_of(provider.email_domains)} alone"
    return closed
