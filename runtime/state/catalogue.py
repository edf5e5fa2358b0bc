"""The live states of tenants that no database numbers: which revision each has, and which host leads where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from msgspec.structs import replace

from runtime.members import MemberRecord
from runtime.state.source import LiveRevision, StoredState
from tenants.contract.secrets import SecretBox
from tenants.contract.state import TenantState, encode_state, state_checksum

__all__ = ["Catalogue", "Conflict", "TenantDefinition"]


@dataclass(frozen=True, kw_only=True)
class TenantDefinition:
    """A tenant as somebody wrote it down. ``state`` has no secrets yet: ``secrets`` are their plain values."""

    state: TenantState
    secrets: Mapping[str, str]
    members: Mapping[str, MemberRecord]
    """By e-mail address in lower case."""
    written_at: int
    """When it was written, in milliseconds since 1970: the least that its revision will be."""

    def says_the_same_as(self, other: "TenantDefinition") -> bool:
        """Say whether both make the same state."""
        return self.state == other.state and self.secrets == other.secrets


class Conflict(NamedTuple):
    """What a definition may not have, and the name of the one whose it is."""

    claim: str
    owner: str


@dataclass
class _Live:
    definition: TenantDefinition
    stored: StoredState


class Catalogue:
    """Takes what is written down, refuses what would take a host from another tenant, and numbers the rest.

    A revision is the time of writing, or one more than the last where that is not later; so processes that read the
    same files agree on it, and it grows whatever a clock or a restored backup does.
    """

    def __init__(self, secret_box: SecretBox) -> None:
        self._secret_box = secret_box
        self._live: dict[str, _Live] = {}
        self._by_tenant: dict[str, _Live] = {}
        self._by_host: dict[str, _Live] = {}
        self._by_schema: dict[str, _Live] = {}
        self._revisions: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        """Say whether a tenant is live under the name of its definition."""
        return name in self._live

    def by_host(self, host: str) -> StoredState | None:
        """Return the live state a host leads to."""
        live = self._by_host.get(host)
        return live.stored if live else None

    def by_tenant(self, tenant_id: str) -> StoredState | None:
        """Return a tenant's live state."""
        live = self._by_tenant.get(tenant_id)
        return live.stored if live else None

    def members_of(self, schema: str) -> Mapping[str, MemberRecord]:
        """Return the members that a tenant's definition lists, by e-mail address."""
        live = self._by_schema.get(schema)
        return live.definition.members if live else {}

    def update(
        self, definitions: Mapping[str, TenantDefinition | None]
    ) -> tuple[list[LiveRevision], dict[str, Conflict]]:
        """Make these the definitions there are, by name; None stands for one that cannot be used now.

        Return what was published by that, and what each definition that was refused may not have. What cannot be used
        or was refused leaves its tenant as it was.
        """
        chosen, refused = self._settle(definitions)
        notices = [
            LiveRevision(live.stored.tenant_id, live.stored.revision)
            for name, live in self._live.items()
            if name not in chosen or chosen[name].state.id != live.stored.tenant_id
        ]
        before, self._live = self._live, {}
        for name, definition in chosen.items():
            known = before.get(name)
            if known is not None and known.definition.says_the_same_as(definition):
                self._live[name] = _Live(definition, known.stored)
                continue
            stored = self._publish(definition)
            self._live[name] = _Live(definition, stored)
            notices.append(LiveRevision(stored.tenant_id, stored.revision))
        self._by_tenant = {live.stored.tenant_id: live for live in self._live.values()}
        self._by_schema = {live.definition.state.schema: live for live in self._live.values()}
        self._by_host = {host: live for live in self._live.values() for host in live.definition.state.hosts}
        return notices, refused

    def _settle(
        self, definitions: Mapping[str, TenantDefinition | None]
    ) -> tuple[dict[str, TenantDefinition], dict[str, Conflict]]:
        """Choose new or live definitions so that no two have a host or an id in common; who has it live keeps it."""
        chosen: dict[str, TenantDefinition] = {}
        for name, definition in sorted(definitions.items()):
            if definition is not None:
                chosen[name] = definition
            elif name in self._live:
                chosen[name] = self._live[name].definition
        refused: set[str] = set()
        while losers := self._losers(chosen):
            # Going back to what is live may take from another what it gained by this one's change; so look again.
            refused |= losers
            for name in losers:
                if name in self._live:
                    chosen[name] = self._live[name].definition
                else:
                    del chosen[name]
        return chosen, self._admit(refused, definitions, chosen)

    def _losers(self, chosen: Mapping[str, TenantDefinition]) -> set[str]:
        owners: dict[str, str] = {}
        losers = set()
        for name, definition in chosen.items():
            for claim in _claims(definition):
                owner = owners.setdefault(claim, name)
                if owner != name and self._has(name, claim):
                    owners[claim] = name
                    losers.add(owner)
                elif owner != name:
                    losers.add(name)
        return losers

    @staticmethod
    def _admit(
        refused: set[str], definitions: Mapping[str, TenantDefinition | None], chosen: dict[str, TenantDefinition]
    ) -> dict[str, Conflict]:
        """Take what was refused only for the sake of others that were refused too; return why the rest is not taken."""
        owners = {claim: name for name, definition in chosen.items() for claim in _claims(definition)}
        conflicts: dict[str, Conflict] = {}
        waiting = sorted(refused)
        while waiting:
            name = waiting.pop(0)
            definition = definitions[name]
            if definition is None:
                continue
            taken = next((claim for claim in _claims(definition) if owners.get(claim, name) != name), None)
            if taken is not None:
                conflicts[name] = Conflict(taken, owners[taken])
                continue
            for claim in _claims(chosen[name]) if name in chosen else ():
                del owners[claim]
            chosen[name] = definition
            owners.update(dict.fromkeys(_claims(definition), name))
            # What it let go of may be what others wait for.
            waiting, conflicts = sorted([*waiting, *conflicts]), {}
        return conflicts

    def _has(self, name: str, claim: str) -> bool:
        live = self._live.get(name)
        return live is not None and claim in _claims(live.definition)

    def _publish(self, definition: TenantDefinition) -> StoredState:
        state = definition.state
        secrets = {
            name: self._secret_box.encrypt(value, tenant_id=state.id) for name, value in definition.secrets.items()
        }
        document = encode_state(replace(state, secrets=secrets))
        revision = max(definition.written_at, self._revisions.get(state.id, 0) + 1)
        self._revisions[state.id] = revision
        return StoredState(state.id, revision, state_checksum(document), document.decode())


def _claims(definition: TenantDefinition) -> tuple[str, ...]:
    # With a space, no id can be mistaken for a host.
    return (f"id {definition.state.id}", *definition.state.hosts)
