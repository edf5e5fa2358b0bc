"""The operators' identity provider, as the settings name it (``OPERATOR_OIDC_ISSUER`` and what follows)."""

from dataclasses import dataclass

from django.conf import settings

from tenants.identity.oidc.settings import OidcSettings

__all__ = ["CALLBACK_PATH", "OperatorProvider", "operator_provider"]

CALLBACK_PATH = "/admin/login/oidc/callback/"


@dataclass(frozen=True)
class OperatorProvider:
    """What to ask the provider with, and what its groups make of a person."""

    oidc: OidcSettings
    secret: str
    label: str
    staff_groups: frozenset[str]
    superuser_groups: frozenset[str]
    asks_second_factor: bool

    def __repr__(self) -> str:
        return f"<OperatorProvider {self.oidc.issuer}>"

    @property
    def begin_address(self) -> str:
        """Where a browser sets out: on the host that the provider sends it back to, which has its session."""
        return f"{settings.ENVIRONMENT.platform_url}/admin/login/oidc/"

    @property
    def callback_address(self) -> str:
        """What the provider must know as the redirect address."""
        return f"{settings.ENVIRONMENT.platform_url}{CALLBACK_PATH}"


def operator_provider() -> OperatorProvider | None:
    """Return the provider, or None where operators sign in by password alone."""
    environment = settings.ENVIRONMENT
    if not environment.operator_oidc_issuer:
        return None
    oidc = OidcSettings(
        issuer=environment.operator_oidc_issuer,
        client_id=environment.operator_oidc_client_id,
        scopes=environment.operator_oidc_scopes,
        groups_claim=environment.operator_oidc_groups_claim,
    )
    return OperatorProvider(
        oidc=oidc,
        secret=environment.operator_oidc_client_secret,
        label=environment.operator_oidc_label,
        staff_groups=frozenset(environment.operator_oidc_staff_groups),
        superuser_groups=frozenset(environment.operator_oidc_superuser_groups),
        asks_second_factor=environment.operator_oidc_asks_second_factor,
    )
