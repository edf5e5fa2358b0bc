"""Create the buckets of the assets where they are missing, and let everybody read the public one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.assets.buckets import ensure_buckets
from tenants.contract.errors import UnavailableError


class Command(BaseCommand):
    """Safe to repeat; needs the S3_* and ASSETS_* settings and no database."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-policy",
            action="store_true",
            help="leave access to the public bucket as it is (a CDN reads it with an identity of its own)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            for sentence in ensure_buckets(public_policy=not options["no_policy"]):
                self.stdout.write(sentence)
        except UnavailableError as error:
            raise CommandError(error.message) from error
