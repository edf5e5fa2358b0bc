"""Members of a tenant as the runtime knows them: it asks whether somebody is one, and keeps none itself."""

import time
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from runtime.passwords import PasswordChecker
from tenants.contract.errors import UnavailableError
from tenants.contract.internal import HeaderAttempt, PasswordAttempt, Refusal, SignInAnswer, SignOut
from tenants.contract.state import TenantState
from tenants.contract.tokens import SignedIn

__all__ = [
    "ListedMembers", "MemberDirectory", "MemberRecord", "Members", "MembersUnavailableError", "NoMembers",
]  # fmt: skip

REFUSED = Refusal(
    code="sign_in_refused", message="That e-mail address and password do not belong together.", status=401
)


class MembersUnavailableError(UnavailableError):
    """The members cannot be asked just now, so nobody can sign in."""

    def __init__(self) -> None:
        super().__init__("members_unavailable", "Signing in is not possible just now. Please try again in a moment.")


class Members(Protocol):
    """Who can say whether somebody is a member."""

    has_settings: bool
    """Whether there is a settings page, where members choose new passwords and administrators change the tenant."""

    async def sign_in(self, state: TenantState, attempt: PasswordAttempt) -> SignInAnswer:
        """Return who has this e-mail address and password at a tenant, or why nobody is signed in.

        Raises ``MembersUnavailableError`` when they cannot be asked: that is not a wrong password.
        """

    async def sign_in_named(self, state: TenantState, attempt: HeaderAttempt) -> SignInAnswer:
        """Return whom a proxy names in headers, or why nobody is signed in; raises as ``sign_in``."""

    async def sign_out(self, message: SignOut) -> str:
        """Note that a member signed out, and return the path at which their browser goes on; raises as ``sign_in``.

        The path is on the tenant's host and leads to the identity provider of the sign-in, or is empty.
        """

    async def is_member(self, state: TenantState, person: SignedIn) -> bool:
        """Say whether somebody who signed in before may still enter, beyond what the tenant's state says of it."""


class NoMembers:
    """For states that come from where no members are kept: a tenant that asks for them is refused when it is read."""

    has_settings = False

    async def sign_in(self, state: TenantState, attempt: PasswordAttempt) -> SignInAnswer:
        """See ``Members``."""
        raise MembersUnavailableError

    async def sign_in_named(self, state: TenantState, attempt: HeaderAttempt) -> SignInAnswer:
        """See ``Members``."""
        raise MembersUnavailableError

    async def sign_out(self, message: SignOut) -> str:
        """See ``Members``."""
        return ""

    async def is_member(self, state: TenantState, person: SignedIn) -> bool:
        """See ``Members``."""
        return False


@dataclass(frozen=True, kw_only=True)
class MemberRecord:
    """One member of a list; ``password`` is Django's encoded hash (argon2 or pbkdf2_sha256)."""

    id: str
    email: str
    name: str
    role: str
    password: str = field(repr=False)
    is_active: bool


class MemberDirectory(Protocol):
    """A list in which members are looked up."""

    async def find_member(self, schema: str, email: str) -> MemberRecord | None:
        """Return the member of that e-mail (in any case) of the tenant with this schema, active or not, or None.

        Raises ``MembersUnavailableError`` when the list cannot be read.
        """


class ListedMembers:
    """Members that are listed in tenants' files, and sign in without any control plane."""

    has_settings = False

    def __init__(self, directory: MemberDirectory) -> None:
        self._directory = directory
        self._passwords = PasswordChecker()

    async def sign_in(self, state: TenantState, attempt: PasswordAttempt) -> SignInAnswer:
        """See ``Members``; a hash is computed whether or not there is such a member."""
        member = await self._directory.find_member(state.schema, attempt.email)
        matched = await self._passwords.matches(attempt.password, member.password if member else None)
        if member is None or not matched or not member.is_active:
            return SignInAnswer(refusal=REFUSED)
        person = SignedIn(
            sign_in=str(uuid4()),
            member=member.id,
            email=member.email,
            name=member.name,
            role=member.role,
            method="password",
            # Dated after what was ended, be it in the same second: who signs in again at once must not be out already.
            auth_time=max(int(time.time()), state.access.ended.get(member.id, 0)),
        )
        return SignInAnswer(person=person)

    async def sign_in_named(self, state: TenantState, attempt: HeaderAttempt) -> SignInAnswer:
        """See ``Members``: a list has no proxies, whose secrets the control plane keeps."""
        return SignInAnswer(refusal=REFUSED)

    async def sign_out(self, message: SignOut) -> str:
        """See ``Members``: nobody keeps a list of sign-ins here."""
        return ""

    async def is_member(self, state: TenantState, person: SignedIn) -> bool:
        """See ``Members``: nothing but the list itself says that somebody was taken off it."""
        member = await self._directory.find_member(state.schema, person.email)
        return member is not None and member.is_active and member.id == person.member
