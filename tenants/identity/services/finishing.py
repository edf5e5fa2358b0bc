"""From a pending sign-in to a sign-in: by proving a second factor, or by setting the first one up."""

from collections.abc import Callable
from typing import NamedTuple

from django.db import transaction

from tenants.contract.errors import DomainError
from tenants.contract.tokens import SignedIn
from tenants.identity.factors.passkeys import Site
from tenants.identity.models import PendingSignIn
from tenants.identity.services.completing import begin_sign_in
from tenants.identity.services.enrolling import add_app, add_passkey
from tenants.identity.services.pending import end_pending
from tenants.identity.services.provider_sessions import unseal_session
from tenants.identity.services.proving import prove_by_code, prove_by_passkey
from tenants.identity.visit import Visit
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor

__all__ = ["Finished", "finish_by_app", "finish_by_code", "finish_by_new_passkey", "finish_by_passkey"]


class Finished(NamedTuple):
    """Who is signed in, and the recovery codes to be shown, this once."""

    person: SignedIn
    codes: list[str]


def finish_by_code(tenant: Tenant, pending: PendingSignIn, code: str, *, visit: Visit) -> SignedIn:
    """Sign in by a code of the app or a recovery code; raises as ``prove_by_code``, and ``PendingOverError``."""
    return _prove_and_begin(tenant, pending, visit, lambda: prove_by_code(tenant, pending.member, code, visit=visit))


def finish_by_passkey(tenant: Tenant, pending: PendingSignIn, site: Site, answer: str, *, visit: Visit) -> SignedIn:
    """Sign in by a passkey; raises as ``prove_by_passkey``, and ``PendingOverError``."""

    def prove() -> None:
        prove_by_passkey(tenant, pending.member, site, answer, subject=pending.pk, visit=visit)

    return _prove_and_begin(tenant, pending, visit, prove)


def finish_by_app(tenant: Tenant, pending: PendingSignIn, *, sealed: str, code: str, visit: Visit) -> Finished:
    """Set the member's first factor up, an app, and sign in; raises as ``add_app``, and ``PendingOverError``."""
    with transaction.atomic():
        codes = add_app(
            tenant, pending.member_id, sealed=sealed, code=code, subject=pending.pk,
            actor=member_actor(pending.member, address=visit.address), first=True,
        )  # fmt: skip
        return Finished(_begin(tenant, pending, visit), codes)


def finish_by_new_passkey(
    tenant: Tenant, pending: PendingSignIn, site: Site, *, answer: str, name: str, visit: Visit
) -> Finished:
    """Set the member's first factor up, a passkey, and sign in; raises as ``add_passkey``, and ``PendingOverError``."""
    with transaction.atomic():
        codes = add_passkey(
            tenant, pending.member_id, site, answer=answer, name=name, subject=pending.pk,
            actor=member_actor(pending.member, address=visit.address), first=True,
        )  # fmt: skip
        return Finished(_begin(tenant, pending, visit), codes)


def _prove_and_begin(tenant: Tenant, pending: PendingSignIn, visit: Visit, prove: Callable[[], None]) -> SignedIn:
    """Use a proof up and sign in, both or neither: a recovery code that signs nobody in is there the next time."""
    with transaction.atomic(durable=True), tenant_schema(tenant):
        try:
            prove()
        except DomainError as error:
            refusal = error  # what is written down of it stays, so it goes up after the transaction
        else:
            return _begin(tenant, pending, visit)
    raise refusal


def _begin(tenant: Tenant, pending: PendingSignIn, visit: Visit) -> SignedIn:
    with transaction.atomic(), tenant_schema(tenant):
        end_pending(pending)
        at_provider = unseal_session(tenant, pending.at_provider)
        return begin_sign_in(tenant, pending.member_id, method=pending.method, visit=visit, at_provider=at_provider)
