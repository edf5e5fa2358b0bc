"""What is done to a tenant stands in the audit log with the tenant, who did it, from where, and by which sign-in."""

import ast
import contextlib
from collections.abc import Iterator
from pathlib import Path

from django.db import transaction

import tenants
from tenants.contract.errors import DomainError
from tenants.registry.models import AuditEntry
from tenants.registry.schema import tenant_schema
from tenants.workspace.acting import member_actor
from tests.tenants.permission_case import Case, Ground
from tests.tenants.permission_matrix import MATRIX

CHANGES = {
    "access.sign_out_everyone", "access.update", "asset.fetch", "branding.update", "chat_settings.update",
    "environment.set", "flag.define", "flag.set", "history.update", "member.add", "member.invite",
    "member.remove", "member.sign_out", "member.update", "scim_token.issue", "second_factor.reset",
}  # fmt: skip
"""What the calls of the matrix write at least; of the others many need something that is not there."""


def entries_of(case: Case, ground: Ground) -> list[AuditEntry]:
    """Do something as an owner who comes from somewhere, and return what was written; all is undone."""
    actor = member_actor(ground.acting, address="198.51.100.7", method="company")
    with transaction.atomic(), tenant_schema(ground.tenant):
        before = set(AuditEntry.objects.values_list("pk", flat=True))
        with contextlib.suppress(DomainError):
            case.call(ground, actor)
        written = list(AuditEntry.objects.exclude(pk__in=before))
        transaction.set_rollback(True)
    return written


def test_every_change_by_a_member_says_who_did_it_from_where_and_by_which_sign_in(ground):
    seen = set()
    for case in MATRIX:
        for entry in entries_of(case, ground):
            seen.add(entry.action)
            assert (entry.tenant_id, entry.actor_kind) == (ground.id, "member"), entry.action
            assert entry.actor == "acting@acme.example", entry.action
            assert (entry.address, entry.method) == ("198.51.100.7", "company"), entry.action
    assert seen >= CHANGES


def calls_without_an_actor_of_theirs() -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of ``record`` whose actor is not handed to the function around it, with where it stands."""
    for path in sorted((Path(tenants.__path__[0]) / "identity").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            handed = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "record":
                    actor = next(word.value for word in call.keywords if word.arg == "actor")
                    if "actor" in handed and getattr(actor, "id", "") == "actor":
                        continue
                    yield f"{path.name}:{call.lineno}", call


def test_every_sign_in_and_refusal_is_written_with_address_and_method():
    found = list(calls_without_an_actor_of_theirs())
    assert len(found) >= 8
    for place, call in found:
        actor = ast.unparse(next(word.value for word in call.keywords if word.arg == "actor"))
        carries_both = actor.startswith("directory_actor(") or actor.endswith(".actor")
        assert carries_both or {"address", "method"} <= {word.arg for word in call.keywords}, place
