"""Which second factors a member of the bound tenant has."""

from uuid import UUID

from tenants.identity.models import AuthenticatorApp, RegisteredPasskey

__all__ = ["has_second_factor"]


def has_second_factor(member_id: UUID) -> bool:
    """Say whether a member set one up. Recovery codes are none: they stand in for one that is lost."""
    return (
        AuthenticatorApp.objects.filter(member_id=member_id).exists()
        or RegisteredPasskey.objects.filter(member_id=member_id).exists()
    )
