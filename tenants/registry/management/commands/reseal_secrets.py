"""Seal all secrets with the first of the encryption keys, so that the others can be taken away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.contract.errors import DomainError
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.services.resealing import Resealed, reseal_shared_secrets, reseal_tenant_secrets


class Command(BaseCommand):
    """After a new key was put in front, and everything was restarted with it."""

    help = __doc__ or ""

    def handle(self, *_args: Any, **_options: Any) -> None:
        actor = Actor(ActorKind.OPERATOR, "manage.py")
        left = self._tell("platform", reseal_shared_secrets(actor=actor))
        # One that is being made has no secrets yet but the platform's, which it takes as they are now.
        for tenant in Tenant.objects.exclude(live_publication=None).order_by("pk"):
            try:
                left += self._tell(tenant.slug, reseal_tenant_secrets(tenant.pk, actor=actor))
            except DomainError as error:
                self.stderr.write(f"{tenant.slug}: {error.message}")
                left += 1
        if left:
            raise CommandError("Keep the keys before the first: not everything was sealed anew.")
        self.stdout.write("Everything is sealed with the first key; the others can be taken away.")

    def _tell(self, whose: str, resealed: Resealed) -> int:
        self.stdout.write(f"{whose}: {resealed.count} sealed anew")
        for place in resealed.unreadable:
            self.stderr.write(f"{whose}: no key reads {place}")
        return len(resealed.unreadable)
