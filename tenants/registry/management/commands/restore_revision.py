"""Bring an older revision of a tenant back as a new one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.contract.errors import DomainError
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.drafts import read_draft
from tenants.registry.models import Tenant
from tenants.registry.services.revisions import restore_revision


class Command(BaseCommand):
    """For operators: files and code on the page come back too."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help="short name of the tenant")
        parser.add_argument("revision", type=int, help="number of the revision")
        parser.add_argument("--note", default="", help="what the history says of it")

        parser.add_argument(
            "--discard-changes", action="store_true", help="also where changes wait to be published, which are lost"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']}.")
        actor = Actor(ActorKind.OPERATOR, "manage.py")
        try:
            draft = read_draft(tenant) if options["discard_changes"] else None
            live = restore_revision(
                tenant.pk,
                options["revision"],
                actor=actor,
                note=options["note"],
                replacing=draft.checksum if draft else "",
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{tenant.slug} is at revision {live.revision}, as it was in {options['revision']}")
