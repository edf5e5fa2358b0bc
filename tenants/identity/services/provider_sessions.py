"""By which name a provider knows a sign-in of ours, so that signing out here can end it there, too. Tenant's schema.

It comes with the provider's word for somebody. Where a second factor of ours is asked for first, it waits with the
pending sign-in, sealed for the tenant.
"""

import msgspec
from msgspec import Struct

from tenants.identity.models import IdentityProvider, ProviderSession, SamlSession, SignIn
from tenants.registry.models import Tenant
from tenants.registry.sealing import seal, unseal

__all__ = ["AtProvider", "OidcSession", "SamlSubject", "keep_session", "seal_session", "unseal_session"]


class OidcSession(Struct, frozen=True, kw_only=True, tag="oidc"):
    """A sign-in at an OpenID Connect provider, as the token says that it gave out for it."""

    id_token: str

    def __repr__(self) -> str:
        return "<OidcSession>"


class SamlSubject(Struct, frozen=True, kw_only=True, tag="saml"):
    """A sign-in at a SAML provider, as columns of ``SamlSession``."""

    name_id: str
    name_id_format: str = ""
    session_index: str = ""


AtProvider = OidcSession | SamlSubject


def seal_session(tenant: Tenant, at_provider: AtProvider | None) -> str:
    """Return it as a token that is worth something in this tenant alone; nothing for nothing."""
    if at_provider is None:
        return ""
    return seal(msgspec.json.encode(at_provider).decode(), owner=str(tenant.pk), present=None)


def unseal_session(tenant: Tenant, token: str) -> AtProvider | None:
    """Return what ``seal_session`` has sealed; raises ``SecretUnreadableError`` for another tenant's."""
    if not token:
        return None
    kept: AtProvider = msgspec.json.decode(unseal(token, owner=str(tenant.pk)), type=AtProvider)
    return kept


def keep_session(tenant: Tenant, sign_in: SignIn, at_provider: AtProvider | None) -> None:
    """Keep it with the sign-in that came of it, unless the provider was removed meanwhile.

    The sign-in's way is the provider's id.
    """
    provider = IdentityProvider.objects.filter(pk=sign_in.method).first() if at_provider else None
    if provider is None:
        return
    match at_provider:
        case OidcSession(id_token=id_token):
            sealed = seal(id_token, owner=str(tenant.pk), present=None)
            ProviderSession.objects.create(sign_in=sign_in, provider=provider, id_token=sealed)
        case SamlSubject():
            SamlSession.objects.create(sign_in=sign_in, provider=provider, **msgspec.structs.asdict(at_provider))
