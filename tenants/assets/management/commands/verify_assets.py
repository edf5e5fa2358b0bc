"""Check that every file which tenants' revisions name is in the public bucket, as they name it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.assets.services.inspection import verify_assets
from tenants.contract.errors import UnavailableError
from tenants.registry.management.choosing import add_tenants_argument, chosen_tenants


class Command(BaseCommand):
    """Ends with status 1 when something is wrong that was not repaired."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        add_tenants_argument(parser)
        parser.add_argument(
            "--all-revisions", action="store_true", help="look at every kept revision, not the live one"
        )
        parser.add_argument("--repair", action="store_true", help="store again what can be made again")

    def handle(self, *_args: Any, **options: Any) -> None:
        wrong = tenants = 0
        try:
            for tenant in chosen_tenants(options):
                tenants += 1
                for finding in verify_assets(
                    tenant.pk, all_revisions=options["all_revisions"], repair=options["repair"]
                ):
                    wrong += not finding.repaired
                    asset = finding.named.asset
                    self.stdout.write(
                        f"{tenant.slug}: {f'{asset.role} {asset.name}'.strip()} of revision {finding.revision}: "
                        f"{finding.problem}, {finding.named.key}{', repaired' if finding.repaired else ''}"
                    )
        except UnavailableError as error:
            raise CommandError(error.message) from error
        if wrong:
            raise CommandError(f"{wrong} files are not as they must be.")
        self.stdout.write(f"{tenants} tenants: every file is as it must be")
