"""Django's entry for the registry."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Tables of the public schema."""

    name = "tenants.registry"
    label = "registry"
    verbose_name = "Registry"
