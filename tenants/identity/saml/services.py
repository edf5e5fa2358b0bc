"""Signing in by SAML: a question, an answer that is believed once, and the browser that had asked."""

from uuid import UUID

from tenants.contract.tokens import SignedIn
from tenants.identity.addresses import safe_path
from tenants.identity.attempts.counter import attempt_counter
from tenants.identity.attempts.limits import ADDRESS
from tenants.identity.errors import TooManyAttemptsError
from tenants.identity.models import IdentityProvider, SamlSession
from tenants.identity.providers.vouching import ForeseenSignIn, VouchedPerson, foresee_sign_in, sign_in_vouched
from tenants.identity.saml.arrivals import Arrival, keep_arrival
from tenants.identity.saml.attributes import describe_subject
from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.messages import Message, new_message_id, sign_in_message, sign_out_message
from tenants.identity.saml.responses import Assertion, receive, verify
from tenants.identity.saml.settings import SamlSettings
from tenants.identity.saml.setup import service_provider_of, settings_of
from tenants.identity.services.provider_sessions import SamlSubject
from tenants.identity.visit import Visit
from tenants.registry.actor import Actor, ActorKind
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema
from tenants.registry.services.auditing import record

__all__ = ["ask", "foresee_arrived", "refuse", "sign_in_arrived", "sign_out_address", "take_answer"]

SEVERAL_FACTORS = frozenset({
    "http://schemas.microsoft.com/claims/multipleauthn", "https://refeds.org/profile/mfa",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorContract",
    "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI",
})  # fmt: skip
"""Classes of authentication that take more than one proof."""


def ask(tenant: Tenant, provider: IdentityProvider, *, host: str) -> Message:
    """Return the question that a browser takes to the provider; its id is to be remembered in that browser."""
    service = service_provider_of(tenant, provider.pk, host=host)
    return sign_in_message(service, settings_of(provider), message_id=new_message_id())


def take_answer(
    tenant: Tenant, provider: IdentityProvider, *, encoded: str, relay_state: str, host: str, visit: Visit
) -> str:
    """Verify an answer and keep what it says for the browser; return the ticket by which it comes for it.

    Raises ``ResponseRefusedError`` (which is in the audit log), or ``TooManyAttemptsError`` for a network address that
    brings one bad answer after the other.
    """
    counter = attempt_counter()
    attempt, wait = counter.take(tenant.pk, ADDRESS, visit.address)
    if wait:
        raise TooManyAttemptsError
    try:
        settings = settings_of(provider)
        received = receive(encoded)
        if not received.in_response_to and not settings.allows_unsolicited:
            raise ResponseRefusedError(Reason.UNSOLICITED)
        service = service_provider_of(tenant, provider.pk, host=host)
        assertion = verify(received, service, settings, request_id=received.in_response_to)
        arrival = Arrival(
            in_response_to=received.in_response_to,
            next="" if received.in_response_to else safe_path(relay_state, default=""),
            person=_person(settings, assertion),
            session={
                "name_id": assertion.name_id,
                "name_id_format": assertion.name_id_format[:200],
                "session_index": assertion.session_index,
            },
            claims={"NameID": assertion.name_id} | {n: ", ".join(v) for n, v in assertion.attributes.items()},
        )
        ticket = keep_arrival(tenant, provider, assertion, arrival)
    except ResponseRefusedError as error:
        refuse(tenant, provider, error, visit=visit)
        raise
    counter.give_back(tenant.pk, ADDRESS, visit.address, attempt)
    return ticket


def sign_in_arrived(tenant: Tenant, provider: IdentityProvider, arrival: Arrival, *, visit: Visit) -> SignedIn:
    """Sign in who has arrived, in the browser that is theirs; raises as ``sign_in_vouched``."""
    subject = SamlSubject(**arrival.session)
    return sign_in_vouched(tenant, provider, arrival.person, visit=visit, at_provider=subject)


def foresee_arrived(tenant: Tenant, provider: IdentityProvider, arrival: Arrival, *, visit: Visit) -> ForeseenSignIn:
    """Say what signing in who has arrived would come to; nothing changes."""
    return foresee_sign_in(tenant, provider, arrival.person, visit=visit)


def sign_out_address(tenant: Tenant, sign_in_id: UUID, *, host: str, back_to: str = "") -> str:
    """Return where a browser goes to end a sign-in at its provider too, once; empty where there is nothing to end.

    ``back_to`` is the path of this host to which it comes back; the settings' sign-in without it.
    """
    with tenant_schema(tenant):
        session = SamlSession.objects.select_related("provider").filter(pk=sign_in_id).first()
        if session is None or not settings_of(session.provider).slo_url:
            return ""
        if not SamlSession.objects.filter(pk=sign_in_id).delete()[0]:
            return ""  # of two browsers that ask at once, one goes on
    message = sign_out_message(
        service_provider_of(tenant, session.provider_id, host=host),
        settings_of(session.provider),
        message_id=new_message_id(),
        name_id=session.name_id,
        name_id_format=session.name_id_format,
        session_index=session.session_index,
        relay_state=back_to,
    )
    return message.url


def refuse(tenant: Tenant, provider: IdentityProvider, error: ResponseRefusedError, *, visit: Visit) -> None:
    """Write down why an answer was not believed."""
    record(
        "sign_in.refuse",
        actor=Actor(ActorKind.VISITOR, provider.label),
        tenant=tenant,
        target=provider.pk,
        changes={"reason": error.reason.name.lower(), "detail": error.detail},
        address=visit.address,
        method=provider.pk,
    )


def _person(settings: SamlSettings, assertion: Assertion) -> VouchedPerson:
    described = describe_subject(settings, name_id=assertion.name_id, attributes=assertion.attributes)
    return VouchedPerson(
        subject=assertion.name_id,
        email=described.email,
        email_verified=settings.vouches_for_email,
        name=described.name,
        groups=described.groups,
        proved_second_factor=assertion.authentication in SEVERAL_FACTORS,
    )
