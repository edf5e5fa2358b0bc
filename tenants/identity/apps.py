"""Django's entry for sign-ins."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Tables of a tenant's schema."""

    name = "tenants.identity"
    label = "identity"
    verbose_name = "Identity"
