"""From a first proof to a sign-in: with a second factor where the tenant's policy asks for one."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from tenants.contract.access import SecondFactor
from tenants.contract.tokens import SignedIn
from tenants.identity.browser import live_state
from tenants.identity.errors import SecondFactorNeededError, SignInRefusedError
from tenants.identity.models import MailedLink, PendingSignIn, SignIn
from tenants.identity.services.factors import has_second_factor
from tenants.identity.services.pending import begin_pending
from tenants.identity.services.provider_sessions import AtProvider, keep_session
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record
from tenants.workspace.models import EndedSignIns, Member

__all__ = ["SecondFactorNeededError", "begin_sign_in", "complete_sign_in", "person_of"]

KEPT = timedelta(days=30)


def complete_sign_in(
    tenant: Tenant,
    member_id: UUID,
    *,
    method: str,
    visit: Visit,
    proved_second_factor: bool = False,
    at_provider: AtProvider | None = None,
) -> SignedIn:
    """Sign in a member who has proved who they are by ``method``, or ask for what is missing.

    Raises ``SecondFactorNeededError``, whose ``next`` is where the browser goes on, and ``SignInRefusedError`` for who
    is not active (now). ``proved_second_factor`` says that whoever vouches for the member has asked for it already;
    ``at_provider`` is by what the sign-in can be ended there. Not to be called within a transaction: what is pending
    must be kept while the error goes up.
    """
    with transaction.atomic(durable=True), tenant_schema(tenant):
        member = Member.objects.select_for_update().filter(pk=member_id, is_active=True).first()
        if member is None:
            raise SignInRefusedError
        if proved_second_factor or not _owes_second_factor(tenant, member):
            return begin_sign_in(tenant, member.pk, method=method, visit=visit, at_provider=at_provider)
        path = begin_pending(tenant, member, method=method, visit=visit, at_provider=at_provider)
    raise SecondFactorNeededError(path)


def _owes_second_factor(tenant: Tenant, member: Member) -> bool:
    match live_state(tenant).access.second_factor.of(member.role):
        case SecondFactor.OFF:
            return False
        case SecondFactor.OPTIONAL:
            return has_second_factor(member.pk)
        case SecondFactor.REQUIRED:
            return True


def begin_sign_in(
    tenant: Tenant, member_id: UUID, *, method: str, visit: Visit, at_provider: AtProvider | None = None
) -> SignedIn:
    """Begin a sign-in for a member who has proved all that is asked.

    Raises ``SignInRefusedError`` for who is not active (now).
    """
    with transaction.atomic(), tenant_schema(tenant):
        member = Member.objects.select_for_update().filter(pk=member_id, is_active=True).first()
        if member is None:
            raise SignInRefusedError
        Member.objects.filter(pk=member.pk).update(last_login=timezone.now())
        _forget_old(tenant, member)
        sign_in = SignIn.objects.create(
            member=member,
            method=method,
            address=visit.address[:45],
            user_agent=visit.user_agent[:300],
            proved_at=timezone.now(),
        )
        keep_session(tenant, sign_in, at_provider)
        actor = Actor(ActorKind.MEMBER, member.email)
        record("sign_in.begin", actor=actor, tenant=tenant, target=member.email, address=visit.address, method=method)
        return person_of(sign_in)


def _forget_old(tenant: Tenant, member: Member) -> None:
    """Remove what nobody could use any more, so that a member's rows do not grow with the years."""
    now = timezone.now()
    kept = max(timedelta(seconds=live_state(tenant).access.session_seconds), KEPT)
    SignIn.objects.filter(member=member, created_at__lt=now - kept).delete()
    MailedLink.objects.filter(member=member, expires_at__lt=now - KEPT).delete()
    PendingSignIn.objects.filter(member=member, expires_at__lt=now).delete()


def person_of(sign_in: SignIn) -> SignedIn:
    """Return what the token of an open sign-in of the bound tenant says."""
    member = sign_in.member
    # Dated after what was ended, be it in the same second: whoever signs in again at once must not be out already.
    ended = EndedSignIns.objects.filter(member_id=member.pk).values_list("ended_at", flat=True).first()
    return SignedIn(
        sign_in=str(sign_in.pk),
        member=str(member.pk),
        email=member.email,
        name=member.name,
        role=member.role,
        method=sign_in.method,
        auth_time=max(int(sign_in.created_at.timestamp()), ended or 0),
    )
