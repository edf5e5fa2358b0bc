"""Create the demo: an operator and the tenants acme (open to anyone) and globex (members sign in)."""

import os
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.identity.services.members import add_member
from tenants.registry.actor import SYSTEM
from tenants.registry.models import Provisioning, ProvisioningState, Tenant
from tenants.registry.services.lifecycle import update_tenant
from tenants.registry.services.provisioning import request_provisioning, retry_provisioning, run_provisioning
from tenants.workspace.services.access import update_access
from tenants.workspace.services.branding import update_branding
from tenants.workspace.services.flags import set_flag

BRANDS: dict[str, dict[str, str]] = {
    "acme": {
        "display_name": "Acme Assistant",
        "description": "Ask Acme anything about rockets, anvils and delivery times.",
        "default_theme": "light",
        "light_primary": "#dc2626",
        "dark_primary": "#f87171",
        "font": "humanist",
    },
    "globex": {
        "display_name": "Globex Advisor",
        "description": "Globex employees ask here first.",
        "default_theme": "dark",
        "light_primary": "#0f766e",
        "dark_primary": "#2dd4bf",
        "font": "geometric",
    },
}


class Command(BaseCommand):
    """Idempotent: what is there already stays as it is, edits included."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--app", help="name of an app that gets a tenant of its own")
        parser.add_argument("--slug", help="short name of that tenant")
        parser.add_argument("--title", help="name of that tenant")

    def handle(self, *_args: Any, **options: Any) -> None:
        self._seed_operator()
        if options["app"]:
            self._seed_app(options["app"], slug=options["slug"], title=options["title"])
        self._seed_brand("acme", "Acme")
        if self._seed_brand("globex", "Globex"):
            globex = Tenant.objects.get(slug="globex")
            update_access(globex.pk, mode="members", actor=SYSTEM)
            add_member(
                globex.pk,
                email=_required("DEMO_GLOBEX_MEMBER_EMAIL"),
                name="Hank Scorpio",
                password=_required("DEMO_GLOBEX_MEMBER_PASSWORD"),
                actor=SYSTEM,
            )

    def _seed_operator(self) -> None:
        users = get_user_model().objects
        email = _required("DEMO_OPERATOR_EMAIL")
        if not users.filter(username=email).exists():
            users.create_superuser(username=email, email=email, password=_required("DEMO_OPERATOR_PASSWORD"))
            self.stdout.write(f"operator {email} created")

    def _seed_app(self, app: str, *, slug: str, title: str) -> None:
        """Give an app that is being written a tenant, as `chainlit run` would serve it: the app decides who enters."""
        if self._seed_tenant(slug, title, app=app, account="APP_OWNER"):
            update_access(Tenant.objects.get(slug=slug).pk, mode="app", actor=SYSTEM)
            return
        tenant = Tenant.objects.get(slug=slug)
        if tenant.app != app:
            update_tenant(tenant.pk, name=tenant.name, app=app, plan=tenant.plan, actor=SYSTEM)
            self.stdout.write(f"tenant {slug} now has the app {app}")

    def _seed_brand(self, slug: str, name: str) -> bool:
        """Provision a demo tenant with a brand unless it is there; return whether it is new."""
        if not self._seed_tenant(slug, name, app="assistant", account=f"{slug.upper()}_OWNER"):
            return False
        tenant = Tenant.objects.get(slug=slug)
        update_branding(tenant.pk, values=BRANDS[slug], actor=SYSTEM)
        set_flag(
            tenant.pk,
            "suggest_followups",
            enabled=slug == "acme",
            description="Offer follow-up questions after an answer.",
            actor=SYSTEM,
        )
        return True

    def _seed_tenant(self, slug: str, name: str, *, app: str, account: str) -> bool:
        """Provision the tenant unless it is there; return whether it is new."""
        if Tenant.objects.filter(slug=slug, live_publication__isnull=False).exists():
            return False
        provisioning = Provisioning.objects.filter(slug=slug).first()
        if provisioning is None:
            provisioning = request_provisioning(
                name=name,
                slug=slug,
                app=app,
                plan="demo",
                owner_email=_required(f"DEMO_{account}_EMAIL"),
                owner_password=_required(f"DEMO_{account}_PASSWORD"),
                actor=SYSTEM,
            )
        elif provisioning.state == ProvisioningState.FAILED:
            retry_provisioning(provisioning.pk, actor=SYSTEM)
        # Here and not by the worker, so that the demo is there when the command ends; a worker that got the
        # message too finds nothing left to do.
        if run_provisioning(provisioning.pk) != ProvisioningState.LIVE:
            provisioning.refresh_from_db()
            raise CommandError(f"{name} could not be provisioned: {provisioning.reason}")
        self.stdout.write(f"tenant {slug} created")
        return True


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise CommandError(f"seed_demo needs {name}; `make up` sets it.")
    return value
