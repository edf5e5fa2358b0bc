"""Django's entry for the assets: contributes the manifest to publications."""

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """Tables of a tenant's schema."""

    name = "tenants.assets"
    label = "assets"
    verbose_name = "Assets"

    def ready(self) -> None:
        """Register with publishing."""
        from tenants.assets.section import compile_assets
        from tenants.registry.services.publishing import register_section

        register_section(self.label, compile_assets)
