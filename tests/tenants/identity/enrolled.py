"""Members with second factors, as the services give them."""

import html
import re
import time
from uuid import uuid4

import pyotp

from tenants.identity.factors.passkeys import Site
from tenants.identity.models import AuthenticatorApp
from tenants.identity.services.enrolling import add_app, add_passkey, ask_new_passkey, begin_app
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor
from tests.tenants.identity.factors.device import Device


def site_of(tenant) -> Site:
    return Site(f"{tenant.slug}.localhost", f"http://{tenant.slug}.localhost", tenant.name)


def code_of(secret: str, *, steps: int = 0) -> str:
    """Return the code that an app shows now, or some steps later."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


def give_app(tenant, member) -> tuple[str, list[str]]:
    """Set a member's app up, as if it were some time ago; return its secret and the recovery codes."""
    subject = uuid4()
    with tenant_schema(tenant):
        setup = begin_app(tenant, member, subject=subject)
    secret = setup.spelled.replace(" ", "")
    codes = add_app(
        tenant, member.pk, sealed=setup.sealed, code=code_of(secret), subject=subject,
        actor=member_actor(member),
    )  # fmt: skip
    with tenant_schema(tenant):
        AuthenticatorApp.objects.filter(member=member).update(last_step=0)
    return secret, codes


def give_passkey(tenant, member, *, name: str = "Laptop") -> Device:
    device, subject, site = Device(), uuid4(), site_of(tenant)
    with tenant_schema(tenant):
        options = ask_new_passkey(member, site, subject=subject)
    answer = device.register(options, origin=site.origin)
    add_passkey(tenant, member.pk, site, answer=answer, name=name, subject=subject, actor=member_actor(member))
    return device


def options_in(page: str) -> str:
    """Return what a page asks of the browser's passkeys."""
    return html.unescape(re.search(r'data-options="([^"]+)"', page).group(1))
