"""The members that a tenant's file lists, for where there is no directory of members."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from runtime.members import MemberRecord
from runtime.state.file_fields import TenantFileError
from tenants.contract.roles import Role

__all__ = ["read_members"]

FIELDS = frozenset({"active", "email", "name", "password", "role"})


def read_members(tenant_id: str, entries: Any) -> dict[str, MemberRecord]:
    """Return the members by e-mail address in lower case; raises ``TenantFileError``."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise TenantFileError("members", "a list of tables is expected, each written as [[members]]")
    members = {}
    for number, entry in enumerate(entries):
        member = _member(tenant_id, f"members[{number}]", entry)
        if member.email in members:
            raise TenantFileError(f"members[{number}].email", "listed twice")
        members[member.email] = member
    return members


def _member(tenant_id: str, field: str, entry: dict[str, Any]) -> MemberRecord:
    if unknown := sorted(entry.keys() - FIELDS):
        raise TenantFileError(f"{field}.{unknown[0]}", "there is no such field")
    email, password = entry.get("email"), entry.get("password")
    if not isinstance(email, str) or "@" not in email:
        raise TenantFileError(f"{field}.email", "an e-mail address is required")
    if isinstance(password, str) and password.startswith("$argon2"):  # as argon2's own tools write it
        password = f"argon2{password}"
    if not isinstance(password, str) or not password.startswith(("argon2$", "pbkdf2_sha256$")):
        raise TenantFileError(f"{field}.password", "a hash is required (argon2 or pbkdf2_sha256), never the password")
    role, name, active = entry.get("role", "member"), entry.get("name", ""), entry.get("active", True)
    if role not in tuple(Role):
        raise TenantFileError(f"{field}.role", f"one of {', '.join(Role)} is expected")
    if not isinstance(name, str) or not isinstance(active, bool):
        raise TenantFileError(field, "name is a text, active is true or false")
    email = email.strip().lower()
    return MemberRecord(
        id=str(uuid5(NAMESPACE_URL, f"urn:chainlit-tenants:{tenant_id}:{email}")),
        email=email,
        name=name or email,
        role=role,
        password=password,
        is_active=active,
    )
