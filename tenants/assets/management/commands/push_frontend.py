"""Store the installed Chainlit's frontend in the public bucket, for a CDN to serve, and print FRONTEND_BASE_URL."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.assets.services.frontend import installed_frontend, push_frontend
from tenants.contract.errors import DomainError
from tenants.registry.actor import Actor, ActorKind


class Command(BaseCommand):
    """Safe to repeat: what is there already stays. The last line is the setting, for a script to take."""

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            frontend = installed_frontend()
            stored = push_frontend(frontend, actor=Actor(ActorKind.OPERATOR, "manage.py"), tell=self._tell)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{frontend.name}: {len(frontend.files)} files, {stored} of them new")
        if frontend.base_url.startswith("/"):
            self.stdout.write("ASSETS_BASE_URL is not set: put your CDN's address in front of this")
        self.stdout.write(f"FRONTEND_BASE_URL={frontend.base_url}")

    def _tell(self, path: str, is_new: bool) -> None:
        if is_new:
            self.stdout.write(f"stored {path}")
