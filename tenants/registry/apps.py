"""Django's entry for the registry."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Tables of the public schema."""

    name = "tenants.registry"
    label = "registry"
    verbose_name = "Registry"

    def ready(self) -> None:
        """Contribute what tenants share to their publications."""
        from tenants.registry.services.publishing import register_section
        from tenants.registry.services.shared_environment import compile_shared_environment

        register_section(self.label, compile_shared_environment)
