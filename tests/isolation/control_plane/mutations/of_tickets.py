"""Guards of links, tickets, keys and tokens that people are given."""

from types import SimpleNamespace
from typing import Any

from tests.isolation.control_plane.mutations.guards import ANY_TENANT, hashed_for_whom_it_is_stored, without


@without("a mailed link is bound to its tenant", "link")
def take_links_of_any_tenant() -> None:
    from tenants.identity.services import links

    stored = links._hash
    links._hash = lambda tenant, *rest: stored(ANY_TENANT, *rest)


@without("a link to sign up is bound to its tenant", "link")
def take_sign_ups_of_any_tenant() -> None:
    from tenants.identity.services import sign_up_links

    stored = sign_up_links._hash
    sign_up_links._hash = lambda tenant, *rest: stored(ANY_TENANT, *rest)


@without("the secret of a mailed link", "link")
def follow_links_without_secret() -> None:
    from tenants.identity.services import links

    links.constant_time_compare = lambda stored, presented: True


@without("a link to sign up works once", "used link")
def follow_sign_ups_again() -> None:
    """Let a used link work again, and whoever has it be whom it was mailed to."""
    from tenants.identity.models import SignUpLink
    from tenants.identity.services import signing_up
    from tenants.workspace.models import Member

    def become(tenant: Any, key: Any, **values: Any) -> Any:
        email = SignUpLink.objects.get(pk=key.link_id).email
        return Member.objects.get_or_create(email=email, defaults={"password": values["password"]})[0].pk

    signing_up._become_member = become


@without("a second factor's ticket is bound to its tenant", "pending link")
def take_pending_of_any_tenant() -> None:
    from tenants.identity.services import pending

    stored = pending._hash
    pending._hash = lambda tenant, *rest: stored(ANY_TENANT, *rest)


@without("a second factor's ticket is bound to its browser", "pending browser")
def go_on_in_any_browser() -> None:
    from tenants.identity.services import pending

    pending.constant_time_compare = lambda stored, presented: True


@without("a second factor's ticket is opened once", "pending link")
def open_pending_again() -> None:
    """Let the link be as good as the key of the browser that opened it, as often as anybody comes with it."""
    from tenants.identity.services import pending
    from tenants.portal.views import second_factor

    def open_again(tenant: Any, pending_id: Any, secret: str, *, target: str) -> str:
        rows = pending.PendingSignIn.objects.filter(pk=pending_id)
        rows.update(opened_at=pending.timezone.now(), target=target)
        row = rows.get()
        if row.secret_hash != pending._hash(tenant, row.pk, pending.LINK, secret):
            raise pending.PendingOverError
        return f"{row.pk}.{secret}"

    pending.BROWSER = pending.LINK
    second_factor.open_pending = open_again


@without("a second factor's ticket is bound to its member", "pending code")
def prove_by_anybodys_code() -> None:
    from tenants.identity.models import RecoveryCode
    from tenants.identity.services import finishing, proving
    from tenants.workspace.models import Member

    def prove(tenant: Any, member: Any, text: str, *, visit: Any) -> None:
        code = proving.normalise_code(text)
        owners = Member.objects.filter(pk__in=RecoveryCode.objects.values("member"))
        if not any(proving._use_recovery_code(tenant, owner, code) for owner in owners):
            raise proving.SecondFactorRefusedError

    finishing.prove_by_code = prove


@without("a second factor is proved once", "pending code")
def go_on_with_what_is_over() -> None:
    from tenants.identity.services import finishing

    finishing.end_pending = lambda pending: None


@without("a SCIM token is bound to its tenant", "directory")
def take_tokens_of_any_tenant() -> None:
    from tenants.identity.scim import tokens

    tokens._hash = hashed_for_whom_it_is_stored(tokens._hash, tokens.ScimToken)


@without("the secret of a SCIM token", "directory")
def take_tokens_by_their_prefix() -> None:
    from tenants.identity.scim import tokens

    tokens.constant_time_compare = lambda presented, stored: True


@without("an operator's link is bound to its tenant", "visit")
def open_visits_anywhere() -> None:
    from tenants.portal.views import platform_visit
    from tenants.registry.models import PlatformVisit

    opened = platform_visit.open_visit
    platform_visit.open_visit = lambda tenant, key, *, address: opened(
        PlatformVisit.objects.get(pk=key.visit_id).tenant, key, address=address
    )


@without("an operator's visit is bound to its tenant", "visit")
def go_on_with_visits_anywhere() -> None:
    from tenants.portal import visiting
    from tenants.registry.models import PlatformVisit

    find = visiting.find_visit
    visiting.find_visit = lambda tenant, key: find(PlatformVisit.objects.get(pk=key.visit_id).tenant, key)


@without("a visit ends", "visitor")
def go_on_with_ended_visits() -> None:
    from tenants.registry.services import platform_visits

    platform_visits._goes_on = lambda visit: True


@without("the ticket of a sign-out is sealed", "sign-out")
def follow_unsealed_tickets() -> None:
    from django.core import signing

    from tenants.identity import at_provider

    def loads(ticket: str, *, salt: str, max_age: int) -> Any:
        value = ticket.split(":", maxsplit=1)[0]
        return signing.JSONSerializer().loads(signing.b64_decode(value.encode()))

    at_provider.signing = SimpleNamespace(**{**vars(signing), "loads": loads})
