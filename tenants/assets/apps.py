"""Django's entry for the assets: contributes the manifest to publications, and brings older ones back."""

from django.apps import AppConfig


class AssetsConfig(AppConfig):
    """Tables of a tenant's schema."""

    name = "tenants.assets"
    label = "assets"
    verbose_name = "Assets"

    def ready(self) -> None:
        """Register with publishing."""
        from tenants.assets.drafting import DRAFT_RULES
        from tenants.assets.restoring import check_assets, restore_assets
        from tenants.assets.section import compile_assets
        from tenants.assets.services.invalidating import enqueue_invalidation
        from tenants.registry.services.publishing import register_follower, register_section
        from tenants.registry.services.revisions import Restorer, register_restorer

        register_section(self.label, compile_assets, drafts=DRAFT_RULES)
        register_follower(self.label, enqueue_invalidation)
        register_restorer(self.label, Restorer(check=check_assets, restore=restore_assets))
