"""The tenants that a command is about: those that are named, or all."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from tenants.registry.models import Tenant

__all__ = ["add_tenants_argument", "chosen_tenants"]


def add_tenants_argument(parser: CommandParser) -> None:
    """Let a command be given short names of tenants."""
    parser.add_argument("tenants", nargs="*", metavar="tenant", help="short names; all tenants without any")


def chosen_tenants(options: dict[str, Any]) -> Iterator[Tenant]:
    """Return the tenants by short name, one after the other; raises ``CommandError`` for a name that nobody has."""
    slugs = set(options["tenants"])
    live: QuerySet[Tenant] = Tenant.objects.filter(live_publication__isnull=False).order_by("slug")
    unknown = slugs - set(live.filter(slug__in=slugs).values_list("slug", flat=True))
    if unknown:
        raise CommandError(f"There is no tenant {', '.join(sorted(unknown))}.")
    return (live.filter(slug__in=slugs) if slugs else live).iterator(chunk_size=200)
