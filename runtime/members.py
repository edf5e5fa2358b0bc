"""Members of a tenant, read from the tenant's own schema to check a sign-in."""

from dataclasses import dataclass, field
from typing import Protocol

import psycopg
import structlog
from psycopg.rows import class_row

from runtime.database import DatabasePool, answering_within
from tenants.contract.errors import UnavailableError
from tenants.contract.hosts import validate_schema_name

__all__ = [
    "MemberDirectory", "MemberRecord", "MembersUnavailableError", "NoMemberDirectory", "PostgresMemberDirectory",
]  # fmt: skip

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 5.0


class MembersUnavailableError(UnavailableError):
    """The members cannot be read just now, so nobody can sign in."""

    def __init__(self) -> None:
        super().__init__("members_unavailable", "Signing in is not possible just now; please try again in a moment.")


@dataclass(frozen=True, kw_only=True)
class MemberRecord:
    """One member; ``password`` is Django's encoded hash (argon2 or pbkdf2_sha256)."""

    id: str
    email: str
    name: str
    role: str
    password: str = field(repr=False)
    is_active: bool


class MemberDirectory(Protocol):
    """Where members are looked up."""

    async def find_member(self, schema: str, email: str) -> MemberRecord | None:
        """Return the member of that e-mail (in any case) in a tenant's schema, active or not, or None.

        Raises ``MembersUnavailableError`` when the database does not answer, or not for this schema.
        """


class NoMemberDirectory:
    """For states that come from where no members are kept: a tenant that asks for them is refused when it is read."""

    async def find_member(self, schema: str, email: str) -> MemberRecord | None:
        """See ``MemberDirectory``."""
        raise MembersUnavailableError


class PostgresMemberDirectory:
    """Members in Postgres, over the runtime's shared pool."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool

    async def find_member(self, schema: str, email: str) -> MemberRecord | None:
        """See ``MemberDirectory``."""
        validate_schema_name(schema)
        # Postgres' text holds no NUL, so no member has such an address.
        if "\x00" in email:
            return None
        try:
            async with (
                self._pool.connection() as connection,
                answering_within(connection, ANSWER_SECONDS),
                connection.transaction(),
            ):
                # Local to the transaction: the next borrower of this connection finds the default path again.
                await connection.execute("SELECT set_config('search_path', %s, true)", (schema,))
                cursor = connection.cursor(row_factory=class_row(MemberRecord))
                await cursor.execute(
                    "SELECT id::text AS id, email, name, role, password, is_active"
                    " FROM workspace_member WHERE email = %s",
                    (email.strip().lower(),),
                )
                return await cursor.fetchone()
        except psycopg.Error as error:
            log.warning("members_not_read", schema=schema, reason=type(error).__name__)
            raise MembersUnavailableError from error
