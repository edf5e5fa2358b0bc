"""Seam: who a hook runs for. In a chat that is its session's person; in a hook that a request calls, the request's."""

import re

import jwt
from chainlit.context import context_var
from chainlit.session import HTTPSession

from runtime.asgi import Scope
from runtime.chainlit_host.sign_in.auth import SignIn
from runtime.groups import Groups
from runtime.people import User
from runtime.request import connection_scope
from runtime.tenancy import TenantHandle, current_handle
from tenants.contract.flag_evaluation import NOBODY, Person
from tenants.contract.roles import Role
from tenants.contract.state import AccessMode

__all__ = ["ChatPeople"]

KNOWN = "chainlit_tenants.person"
"""The place in an HTTP scope where the user that its token names is kept."""
_NO_GROUPS: frozenset[str] = frozenset()
_ROLES = {role.value: role.value for role in Role}
_FIRST_LANGUAGE = re.compile(rb"^\s*([a-zA-Z0-9-]+)")


class ChatPeople:
    """Describes people for flags (``runtime.people.People``)."""

    def __init__(self, sign_in: SignIn, groups: Groups) -> None:
        self._sign_in = sign_in
        self._groups = groups

    def present(self) -> Person:
        """Return the person of the chat or the request; where nobody signs in, one for as long as the chat lasts."""
        handle = current_handle()
        if handle is None:
            return NOBODY
        context = context_var.get(None)
        if context is None:
            scope = connection_scope()
            return NOBODY if scope is None else self._of_request(handle, scope)
        session = context.session
        if isinstance(session, HTTPSession):
            scope = connection_scope()
            locale = "" if scope is None else _language(scope)
            return self._person(handle, session.user, locale, key="")
        return self._person(handle, session.user, session.language, key=session.id)

    def describe(self, user: User) -> Person:
        """Return a person of the bound tenant by their ``cl.User``."""
        handle = current_handle()
        if handle is None:
            return NOBODY
        scope = connection_scope()
        return self._person(handle, user, "" if scope is None else _language(scope), key="")

    def _of_request(self, handle: TenantHandle, scope: Scope) -> Person:
        if KNOWN not in scope:
            scope[KNOWN] = self._user_of(scope)
        return self._person(handle, scope[KNOWN], _language(scope), key="")

    def _user_of(self, scope: Scope) -> User | None:
        try:
            return self._sign_in.user_of(scope)
        except jwt.InvalidTokenError:
            return None

    def _person(self, handle: TenantHandle, user: User | None, locale: str, *, key: str) -> Person:
        # On the way of every flag that is asked for, so it calls little.
        state = handle.state
        locale = (state.interface.language or locale).lower()
        if user is None:
            return Person(key=key, locale=locale)
        identifier = user.identifier.lower()
        role, groups = "", _NO_GROUPS
        if state.access.mode is AccessMode.MEMBERS:
            role = _ROLES.get(str(user.metadata.get("role")), "")
            if handle.flags.names_groups:
                groups = self._groups.known(state, identifier)
        return Person(key=identifier, email=identifier, role=role, groups=groups, locale=locale)


def _language(scope: Scope) -> str:
    """Return the first language that a browser asks for, as Chainlit's session reads it."""
    for name, value in scope["headers"]:
        if name == b"accept-language":
            first = _FIRST_LANGUAGE.match(value)
            return first[1].decode("ascii") if first else ""
    return ""
