"""Delete files that neither a live upload nor a kept revision needs; beat does it each hour."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template.defaultfilters import filesizeformat

from tenants.assets.services.cleaning import clean_tenant, tenants_to_clean
from tenants.contract.errors import UnavailableError
from tenants.registry.models import Tenant


class Command(BaseCommand):
    """Safe at any time and beside the worker; what is younger than ASSETS_GRACE_HOURS stays."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenants", nargs="*", metavar="tenant", help="short names; all tenants without any")

    def handle(self, *_args: Any, **options: Any) -> None:
        chosen = list(Tenant.objects.filter(slug__in=options["tenants"]).values_list("pk", flat=True))
        if len(chosen) != len(set(options["tenants"])):
            raise CommandError("There is no tenant of one of these short names.")
        try:
            for tenant_id in chosen or tenants_to_clean():
                cleaned = clean_tenant(tenant_id)
                slug = Tenant.objects.values_list("slug", flat=True).get(pk=tenant_id)
                self.stdout.write(
                    f"{slug}: {cleaned.objects} public objects ({filesizeformat(cleaned.bytes)}) and "
                    f"{cleaned.uploads} private uploads deleted"
                )
        except UnavailableError as error:
            raise CommandError(error.message) from error
