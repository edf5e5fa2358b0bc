"""Signing out at the provider, too (OpenID Connect RP-Initiated Logout 1.0)."""

from urllib.parse import urlencode
from uuid import UUID

import structlog
from django.conf import settings

from tenants.contract.errors import DomainError
from tenants.contract.secrets import SecretBox
from tenants.identity.addresses import tenant_address
from tenants.identity.models import ProviderSession
from tenants.identity.oidc.exchange import metadata_of
from tenants.identity.oidc.settings import settings_of
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["SIGNED_OUT_PATH", "end_session_url"]

log = structlog.get_logger(__name__)

SIGNED_OUT_PATH = "/settings/sign-in/"
"""Where the provider sends people back to; it has to be registered there. ``state`` says where they go on from it."""


def end_session_url(tenant: Tenant, sign_in_id: UUID, *, host: str, back_to: str = "") -> str:
    """Return where a browser goes on to sign out at the provider of a sign-in, once; empty where it need not.

    ``back_to`` is the path of this host to which it comes back; the settings' sign-in without it. A provider that
    cannot be asked keeps nobody from signing out here.
    """
    with tenant_schema(tenant):
        session = ProviderSession.objects.select_related("provider").filter(sign_in_id=sign_in_id).first()
        if session is None or not ProviderSession.objects.filter(pk=session.pk).delete()[0]:
            return ""
    configured = settings_of(session.provider)
    try:
        endpoint = metadata_of(configured).end_session_endpoint if configured.signs_out else ""
        hint = SecretBox(settings.ENVIRONMENT.encryption_keys).decrypt(session.id_token, tenant_id=str(tenant.pk))
    except DomainError as error:
        log.warning("not signed out at the provider", tenant=tenant.slug, reason=str(error))
        return ""
    if not endpoint:
        return ""
    asked = {
        "id_token_hint": hint,
        "client_id": configured.client_id,
        "post_logout_redirect_uri": tenant_address(host, SIGNED_OUT_PATH),
        **({"state": back_to} if back_to else {}),
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"
