"""Tenants for attacks on the control plane, made by the real services in a database of their own.

``python -m tests.isolation.control_plane.setting_up`` reads what to make from standard input and prints the tenants. It
runs in a process of its own, since the suite's Django has another database.
"""

import json
import secrets
import sys
from typing import Any

import django

from tests.isolation.control_plane.cast import (
    CLEO,
    EMAIL_HEADER,
    ISSUER_PROVIDER,
    OWNER,
    PASSWORD,
    PROXY,
    SAML_PROVIDER,
    member_id,
)


def set_up(count: int, issuer: str, saml: dict[str, Any]) -> list[dict[str, Any]]:
    """Migrate the database and make the tenants."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    User.objects.create_superuser("operator@example.com", "operator@example.com")
    made = [_make_tenant(number, issuer, saml) for number in range(count)]
    _copy_between_tenants()
    return made


def _make_tenant(number: int, issuer: str, saml: dict[str, Any]) -> dict[str, Any]:
    from tenants.identity.proxies.secrets import make_proxy_secret
    from tenants.identity.scim.tokens import issue_token, revoke_token
    from tenants.registry.actor import SYSTEM
    from tenants.registry.models import ProvisioningState, Tenant
    from tenants.registry.services.domains import add_domain
    from tenants.registry.services.provisioning import request_provisioning, run_provisioning
    from tenants.workspace.services.access import update_access

    slug, canary = f"t{number}", f"canary-{secrets.token_hex(6)}"
    asked = request_provisioning(
        name=canary, slug=slug, app="assistant", owner_email=OWNER, owner_password=PASSWORD, actor=SYSTEM
    )
    assert run_provisioning(asked.pk) == ProvisioningState.LIVE
    tenant = Tenant.objects.get(slug=slug)
    add_domain(tenant.pk, f"www.{slug}.localhost", actor=SYSTEM, verified=True)
    update_access(tenant.pk, mode="members", sign_up="domain", email_domains=["example.com"], actor=SYSTEM)
    unsolicited = number % 2 == 1
    _offer_providers(tenant, issuer, {**saml, "allows_unsolicited": unsolicited}, shared_callback=number % 3 == 2)
    _add_cleo(tenant, canary)
    _, text = issue_token(tenant.pk, name=f"Directory of {slug}", days=0, actor=SYSTEM)
    revoked, revoked_text = issue_token(tenant.pk, name="Before", days=0, actor=SYSTEM)
    revoke_token(tenant.pk, revoked.pk, actor=SYSTEM)
    return {
        "slug": slug,
        "canary": canary,
        "tenant_id": str(tenant.pk),
        "hosts": [f"{slug}.localhost", f"www.{slug}.localhost"],
        "unsolicited": unsolicited,
        "proxy_secret": make_proxy_secret(tenant.pk, PROXY, actor=SYSTEM),
        "scim_token": text,
        "revoked_token": revoked_text,
    }


def _offer_providers(tenant: Any, issuer: str, saml: dict[str, Any], *, shared_callback: bool) -> None:
    from tenants.registry.actor import SYSTEM
    from tests.tenants.identity.oidc.provider import CLIENT_ID, CLIENT_SECRET
    from tests.tenants.identity.people import offer_provider

    oidc = {"issuer": issuer, "client_id": CLIENT_ID, "signs_out": True, "shared_callback": shared_callback}
    offer_provider(tenant, SYSTEM, ISSUER_PROVIDER, kind="oidc", settings=oidc, secret=CLIENT_SECRET)
    offer_provider(tenant, SYSTEM, SAML_PROVIDER, kind="saml", settings=saml)
    offer_provider(tenant, SYSTEM, PROXY, kind="header", settings={"email_header": EMAIL_HEADER})


def _add_cleo(tenant: Any, canary: str) -> None:
    from tenants.registry.schema import tenant_schema
    from tenants.workspace.models import Member

    with tenant_schema(tenant):
        Member.objects.create(id=member_id(CLEO), email=CLEO, name=f"{canary} Cleo")


def _copy_between_tenants() -> None:
    """Give each tenant the rows of the others' tokens and secrets, as after a restore into the wrong schema.

    What is stored is bound to its tenant, so a copy must be worth nothing.
    """
    from tenants.identity.models import ProxySecret, ScimToken
    from tenants.registry.models import Tenant
    from tenants.registry.schema import tenant_schema

    tenants, rows = list(Tenant.objects.all()), {}
    for tenant in tenants:
        with tenant_schema(tenant):
            rows[tenant.pk] = [*ScimToken.objects.all(), *ProxySecret.objects.all()]
    for tenant in tenants:
        with tenant_schema(tenant):
            for row in (row for owner, owned in rows.items() if owner != tenant.pk for row in owned):
                row.save(force_insert=True)


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(set_up(**json.load(sys.stdin))))
