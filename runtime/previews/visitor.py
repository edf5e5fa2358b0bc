"""Who asks for a preview: the member whose token the browser shows in the previews' own cookie."""

from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any

from runtime.asgi import Scope
from tenants.contract.previews import PREVIEW_COOKIE
from tenants.contract.state import TenantState
from tenants.contract.tokens import (
    InvalidTokenError,
    SignedIn,
    check_in_use,
    check_not_ended,
    read_token,
    signed_in,
    signing_key,
)

__all__ = ["VISITOR", "Visitor", "read_visitor", "without_cookie"]

VISITOR = "chainlit_tenants.preview_visitor"
"""The place in a scope where its ``Visitor`` is: what the request itself showed is kept from the app."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A member by a token that was good when it was shown."""

    person: SignedIn
    epoch: int
    _claims: dict[str, Any] = field(repr=False)

    def is_still(self, member: str, sign_in: str, state: TenantState) -> bool:
        """Say whether this is that member by that sign-in, and the sign-in has not ended since."""
        if (self.person.member, self.person.sign_in, self.epoch) != (member, sign_in, state.access.sign_out_epoch):
            return False
        try:
            check_not_ended(self.person, state)
            check_in_use(self._claims, state)
        except InvalidTokenError:
            return False
        return True


def read_visitor(scope: Scope, state: TenantState, master_secret: str) -> Visitor | None:
    """Return whose token a request shows; None without one, or with one that is worth nothing at this tenant.

    None too when they came by a proxy that now names somebody else.
    """
    key = signing_key(master_secret, state)
    for token in _shown(scope):
        try:
            claims = read_token(token, key=key, tenant_id=state.id)
            person = signed_in(claims)
        except InvalidTokenError:
            continue
        if person and not state.access.names_another(person.method, person.email, scope["headers"]):
            return Visitor(person, state.access.sign_out_epoch, claims)
    return None


def without_cookie(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers without the previews' cookie: where the app decides who enters, it is no word to the app."""
    kept = []
    for name, value in headers:
        if name == b"cookie" and PREVIEW_COOKIE.encode() in value:
            pairs = [pair for pair in value.split(b";") if pair.partition(b"=")[0].strip() != PREVIEW_COOKIE.encode()]
            value = b";".join(pairs).strip()  # noqa: PLW2901 - the same header, with less in it
        kept.append((name, value))
    return kept


def _shown(scope: Scope) -> list[str]:
    tokens = []
    for name, value in scope["headers"]:
        if name == b"cookie" and PREVIEW_COOKIE.encode() in value:
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(PREVIEW_COOKIE)
            except CookieError:
                continue
            if morsel is not None:
                tokens.append(morsel.value)
    return tokens
