"""Show what tenants keep in the public bucket."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.template.defaultfilters import filesizeformat

from tenants.assets.services.inspection import storage_use
from tenants.registry.management.choosing import add_tenants_argument, chosen_tenants


class Command(BaseCommand):
    """From the rows alone: the store is not asked."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        add_tenants_argument(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        for tenant in chosen_tenants(options):
            use = storage_use(tenant)
            parts = {**use.by_role, "earlier revisions": use.earlier}
            shown = ", ".join(f"{name} {filesizeformat(part.bytes)}" for name, part in parts.items() if part.objects)
            self.stdout.write(
                f"{tenant.slug}: {use.total.objects} objects, {filesizeformat(use.total.bytes)} of "
                f"{filesizeformat(use.limit)}" + (f" ({shown})" if shown else "")
            )
