"""The way from a sign-in that ended here to the provider that it came from, to end it there, too.

The settings page sends a browser there itself. The chat's page is given a path on its own host instead, with a ticket
that works once, for a minute, at this tenant: what the provider needs to be told is not for scripts of that page.
"""

from uuid import UUID

from django.core import signing

from tenants.identity.models import ProviderSession, SamlSession, SignIn
from tenants.identity.oidc.settings import settings_of as oidc_settings_of
from tenants.identity.oidc.signing_out import end_session_url
from tenants.identity.saml.services import sign_out_address
from tenants.identity.saml.setup import settings_of as saml_settings_of
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["AT_PROVIDER_PATH", "address_at_provider", "follow_ticket", "path_to_provider"]

AT_PROVIDER_PATH = "/settings/sign-out/at-provider/"
CHAT = "/"
SECONDS_VALID = 60
_SALT = "tenants.identity.at_provider"


def address_at_provider(tenant: Tenant, sign_in_id: UUID, *, host: str, back_to: str = "") -> str:
    """Return where a browser goes on to sign out at the provider of a sign-in, once; empty where it need not.

    It comes back to the path ``back_to``, or to the settings' sign-in.
    """
    return end_session_url(tenant, sign_in_id, host=host, back_to=back_to) or sign_out_address(
        tenant, sign_in_id, host=host, back_to=back_to
    )


def path_to_provider(tenant: Tenant, sign_in_id: UUID) -> str:
    """Return a path on the tenant's hosts that leads on to the provider of a sign-in; empty where it need not.

    The provider is not asked for anything before a browser comes by it.
    """
    with tenant_schema(tenant):
        if not _ends_elsewhere(sign_in_id):
            return ""
    return f"{AT_PROVIDER_PATH}{signing.dumps([str(tenant.pk), str(sign_in_id)], salt=_SALT)}/"


def follow_ticket(tenant: Tenant, ticket: str, *, host: str) -> str:
    """Return where a browser of the chat goes on that comes with a ticket, and comes back to the chat from there.

    Empty where the ticket is worth nothing (any more).
    """
    try:
        tenant_id, sign_in_id = signing.loads(ticket, salt=_SALT, max_age=SECONDS_VALID)
    except signing.BadSignature:
        return ""
    if tenant_id != str(tenant.pk):
        return ""
    with tenant_schema(tenant):
        if not SignIn.objects.filter(pk=sign_in_id).exclude(ended_at=None).exists():
            return ""
    return address_at_provider(tenant, UUID(sign_in_id), host=host, back_to=CHAT)


def _ends_elsewhere(sign_in_id: UUID) -> bool:
    by_oidc = ProviderSession.objects.select_related("provider").filter(sign_in_id=sign_in_id).first()
    if by_oidc is not None:
        return oidc_settings_of(by_oidc.provider).signs_out
    by_saml = SamlSession.objects.select_related("provider").filter(sign_in_id=sign_in_id).first()
    return by_saml is not None and bool(saml_settings_of(by_saml.provider).slo_url)
