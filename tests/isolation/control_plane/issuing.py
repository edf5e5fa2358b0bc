"""What people are given in the middle of a sign-in, made by the real services: links, tickets and keys.

Runs in the process under attack, on a line that no attack knows. Where ``copied_to`` names another tenant, it gets a
copy of the rows, as after a restore into the wrong schema: the tickets must be worth nothing there all the same.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import Model

from tenants.identity.at_provider import path_to_provider
from tenants.identity.models import MailedLink, PendingSignIn, SignUpLink
from tenants.identity.services.links import create_link
from tenants.identity.services.pending import begin_pending
from tenants.identity.services.sign_up_links import create_sign_up_link
from tenants.identity.services.signing_out import sign_out
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import get_tenant, tenant_schema
from tenants.registry.services.platform_visits import begin_visit
from tenants.workspace.models import Member
from tests.tenants.identity.enrolled import give_app

__all__ = ["issue"]

OPERATOR = Actor(ActorKind.OPERATOR, "operator@example.com")
Issued = dict[str, Any]


def issue(kind: str, tenant_id: str, copied_to: str = "", **values: str) -> Issued:
    """Return what somebody is given."""
    try:
        tenant, other = get_tenant(tenant_id), get_tenant(copied_to) if copied_to else None
        return KINDS[kind](tenant, other, **values)
    finally:
        connections.close_all()


def _mailed_link(tenant: Tenant, other: Tenant | None, *, purpose: str) -> Issued:
    member = _guest(tenant)
    with tenant_schema(tenant):
        key = create_link(tenant, member, MailedLink.Purpose(purpose))
        link = MailedLink.objects.get(pk=key.link_id)
    _copy(other, member, link)
    return {"email": member.email, "id": str(key.link_id), "secret": key.secret}


def _sign_up(tenant: Tenant, other: Tenant | None) -> Issued:
    email = f"new-{uuid4().hex}@example.com"
    with tenant_schema(tenant):
        key = create_sign_up_link(tenant, email)
        link = SignUpLink.objects.get(pk=key.link_id)
    _copy(other, link)
    return {"email": email, "id": str(key.link_id), "secret": key.secret}


def _pending(tenant: Tenant, other: Tenant | None) -> Issued:
    member = _guest(tenant)
    _, codes = give_app(tenant, member)
    with tenant_schema(tenant):
        path = begin_pending(tenant, member, method="password", visit=Visit("192.0.2.7", "Firefox"))
        pending = PendingSignIn.objects.get(member=member)
    _copy(other, member, pending)
    return {"email": member.email, "path": path, "codes": codes}


def _visit(tenant: Tenant, _: Tenant | None) -> Issued:
    operator = User.objects.get(username=OPERATOR.label)
    _, key = begin_visit(tenant.pk, operator=operator, reason="The logo is not shown", minutes=15, actor=OPERATOR)
    return {"path": f"/settings/visit/{key.visit_id}/{key.secret}/"}


def _sign_out(tenant: Tenant, _: Tenant | None, *, sign_in: str, email: str) -> Issued:
    """End a sign-in as the chat does, and return the path by which the browser goes on to its provider."""
    sign_out(tenant, sign_in, actor=Actor(ActorKind.MEMBER, email))
    return {"path": path_to_provider(tenant, sign_in)}


def _guest(tenant: Tenant) -> Member:
    with tenant_schema(tenant):
        return Member.objects.create(email=f"guest-{uuid4().hex}@example.com", password=make_password(None))


def _copy(other: Tenant | None, *rows: Model) -> None:
    if other is not None:
        with tenant_schema(other):
            for row in rows:
                row.save(force_insert=True)


KINDS: dict[str, Callable[..., Issued]] = {
    "mailed link": _mailed_link,
    "sign-up": _sign_up,
    "pending": _pending,
    "visit": _visit,
    "sign-out": _sign_out,
}
