"""Store the files that tenants' revisions name in the public bucket again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.assets.services.inspection import repush_assets
from tenants.assets.tasks import repush_tenant_assets
from tenants.contract.errors import UnavailableError
from tenants.registry.management.choosing import add_tenants_argument, chosen_tenants


class Command(BaseCommand):
    """For a bucket that was emptied, moved or set up otherwise. Ends with status 1 when a file is found nowhere."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        add_tenants_argument(parser)
        parser.add_argument("--all-revisions", action="store_true", help="those of every kept revision too")
        parser.add_argument("--queue", action="store_true", help="leave it to the workers, one task a tenant")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["queue"]:
            tenants = [repush_tenant_assets.delay(str(tenant.pk)) for tenant in chosen_tenants(options)]
            self.stdout.write(f"{len(tenants)} tenants queued")
            return
        lost = 0
        try:
            for tenant in chosen_tenants(options):
                stored = 0
                for named, found in repush_assets(tenant.pk, all_revisions=options["all_revisions"]):
                    stored, lost = stored + found, lost + (not found)
                    if not found:
                        self.stdout.write(f"{tenant.slug}: {named.key} ({named.asset.role}) is found nowhere")
                self.stdout.write(f"{tenant.slug}: {stored} files stored")
        except UnavailableError as error:
            raise CommandError(error.message) from error
        if lost:
            raise CommandError(f"{lost} files are found nowhere; they must be uploaded again.")
