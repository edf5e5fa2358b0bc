"""Show where the public bucket and the tenants' rows disagree."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat

from tenants.assets.services.inspection import delete_orphans, find_orphans, unknown_prefixes
from tenants.contract.errors import UnavailableError
from tenants.registry.management.choosing import add_tenants_argument, chosen_tenants


class Command(BaseCommand):
    """What belongs to no tenant is reported and never deleted."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        add_tenants_argument(parser)
        parser.add_argument(
            "--delete", action="store_true", help="delete what is left over and older than ASSETS_GRACE_HOURS"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            for tenant in chosen_tenants(options):
                orphans = find_orphans(tenant)
                for entry in orphans.left_over:
                    self.stdout.write(f"{tenant.slug}: nothing names {entry.key} ({filesizeformat(entry.size)})")
                for entry in orphans.unnoted:
                    self.stdout.write(f"{tenant.slug}: {entry.key} is in use and not noted; repush_assets notes it")
                for key in orphans.missing:
                    self.stdout.write(f"{tenant.slug}: {key} is noted and not there; verify_assets says who needs it")
                if options["delete"]:
                    self.stdout.write(f"{tenant.slug}: {delete_orphans(tenant, orphans)} objects deleted")
            for prefix in [] if options["tenants"] else unknown_prefixes():
                self.stdout.write(f"{prefix} belongs to no tenant")
        except UnavailableError as error:
            raise CommandError(error.message) from error
