"""Who is signed in to the settings page.

The session row stands in the tenant's schema, so a cookie of one tenant names nothing at another. Beside the member's
id it holds a hash bound to the tenant, the member's password and role: changing either ends every sign-in made before.
"""

from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils.crypto import constant_time_compare, salted_hmac

from tenants.registry.models import Tenant
from tenants.workspace.models import Member

__all__ = ["current_member", "sign_in", "sign_out"]

_MEMBER = "portal.member"
_PROOF = "portal.proof"


def sign_in(request: HttpRequest, tenant: Tenant, member: Member) -> None:
    """Begin a session for the member under a new key; nothing of a session before is carried over."""
    request.session.flush()
    request.session[_MEMBER] = str(member.pk)
    request.session[_PROOF] = _proof(tenant, member)
    rotate_token(request)


def sign_out(request: HttpRequest) -> None:
    """End the session."""
    request.session.flush()


def current_member(request: HttpRequest, tenant: Tenant) -> Member | None:
    """Return the member who is signed in and may still administer the tenant, or None."""
    member_id = request.session.get(_MEMBER)
    if member_id is None:
        return None
    member = Member.objects.filter(pk=member_id, is_active=True).first()
    proven = member is not None and constant_time_compare(request.session.get(_PROOF, ""), _proof(tenant, member))
    if member is None or not proven or not member.may_administer:
        request.session.flush()
        return None
    return member


def _proof(tenant: Tenant, member: Member) -> str:
    value = f"{tenant.pk}/{member.pk}/{member.role}/{member.password}"
    return salted_hmac("tenants.portal.sessions", value, algorithm="sha256").hexdigest()
