"""Django's entry for the workspace: contributes its rows to publications, brings them back, seeds new tenants."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """Tables of a tenant's schema."""

    name = "tenants.workspace"
    label = "workspace"
    verbose_name = "Workspace"

    def ready(self) -> None:
        """Register with publishing and provisioning."""
        from tenants.registry.differences import register_wording
        from tenants.registry.services.provisioning import register_seeder
        from tenants.registry.services.publishing import register_section
        from tenants.registry.services.revisions import Restorer, register_restorer
        from tenants.workspace.drafting import DRAFT_RULES
        from tenants.workspace.flag_wording import describe_document
        from tenants.workspace.restoring import check_workspace, restore_workspace
        from tenants.workspace.section import compile_workspace, seed_workspace

        register_section(self.label, compile_workspace, drafts=DRAFT_RULES)
        register_restorer(self.label, Restorer(check=check_workspace, restore=restore_workspace))
        register_seeder(self.label, seed_workspace)
        register_wording("flags", describe_document)
