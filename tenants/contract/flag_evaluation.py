"""What a flag is worth to somebody. Pure and in process: nothing is asked, and the same person always gets the same.

A share of people is chosen by hashing. Somebody's place among the 10,000 of a flag is the first eight bytes of
SHA-256 over ``<flag>\\n<key>`` in UTF-8, as a big-endian number, modulo 10,000; a rule of 20 percent chooses the
places below 2,000. So every process gives the same answer, a larger share keeps whom the smaller one had, each flag
begins with other people, and a second rule of 60 percent for the same people adds the places from 2,000 to 5,999.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256

import msgspec
from msgspec import Struct

from tenants.contract.email_domains import InvalidEmailDomainError, normalise_email_domain
from tenants.contract.flags import Flag, FlagKind, FlagRule, FlagValue, FlagWords

__all__ = ["NOBODY", "Evaluation", "FlagSet", "Person", "Reason", "rollout_place"]

PLACES = 10_000


class Reason(StrEnum):
    """Why somebody gets a value; the words are OpenFeature's (https://openfeature.dev, requirement 2.2.5)."""

    STATIC = "STATIC"
    """The flag has no rules: everybody gets this."""
    TARGETING_MATCH = "TARGETING_MATCH"
    """A rule is for them, and for all of its people."""
    SPLIT = "SPLIT"
    """A rule is for them, and they are in its share."""
    DEFAULT = "DEFAULT"
    """No rule chose them."""
    DISABLED = "DISABLED"
    """The flag is off."""


class Person(Struct, frozen=True, kw_only=True):
    """Somebody for whom a flag is evaluated; all texts in lower case, and empty where nothing is known.

    ``key`` is what their place in a rollout is computed from. Without one they are in no share below 100 percent.
    """

    key: str = ""
    email: str = ""
    """Or what an app calls its people by."""
    role: str = ""
    groups: frozenset[str] = frozenset()
    locale: str = ""


NOBODY = Person()


class Evaluation(Struct, frozen=True):
    """What somebody gets. ``rule`` counts from 1, and is 0 where no rule chose.

    A flag that is off has no value, unless it is a switch.
    """

    variant: str | None
    reason: Reason
    rule: int = 0
    kind: FlagKind = FlagKind.SWITCH
    plain: bool | int | float | str | None = None
    encoded: bytes | None = None
    """A value of the kind ``json``, which is decoded for each reader, so that none can change another's."""

    @property
    def value(self) -> FlagValue | None:
        """The value; None where app code gets its own default."""
        return self.plain if self.encoded is None else msgspec.json.decode(self.encoded)


def rollout_place(flag: str, key: str) -> int:
    """Return somebody's place among the 10,000 of a flag: from 0 to 9,999."""
    return int.from_bytes(sha256(f"{flag}\n{key}".encode()).digest()[:8], "big") % PLACES


class FlagSet:
    """A tenant's flags at one revision, made ready to be asked."""

    __slots__ = ("_flags", "names_groups")

    names_groups: bool
    """Whether any rule asks for somebody's groups."""

    def __init__(self, flags: Mapping[str, FlagWords]) -> None:
        self.names_groups = any(isinstance(flag, Flag) and any(r.groups for r in flag.rules) for flag in flags.values())
        self._flags = {name: _ready(name, flag) for name, flag in flags.items()}

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._flags)

    def __len__(self) -> int:
        return len(self._flags)

    def evaluate(self, name: str, person: Person) -> Evaluation | None:
        """Return what a person gets; None where there is no such flag."""
        flag = self._flags.get(name)
        if flag is None or isinstance(flag, Evaluation):
            return flag
        return flag.evaluate(person)


def _ready(name: str, flag: FlagWords) -> "Evaluation | _RuledFlag":
    if isinstance(flag, bool):
        variant = "on" if flag else "off"
        return Evaluation(variant, Reason.STATIC if flag else Reason.DISABLED, plain=flag)
    if not flag.enabled:
        is_switch = flag.kind is FlagKind.SWITCH
        return Evaluation("off" if is_switch else None, Reason.DISABLED, 0, flag.kind, False if is_switch else None)
    return _RuledFlag(name, flag) if flag.rules else _answer(flag, flag.default, Reason.STATIC)


def _answer(flag: Flag, variant: str, reason: Reason, rule: int = 0) -> Evaluation:
    value, kind = flag.values[variant], flag.kind
    if isinstance(value, list | dict):
        return Evaluation(variant, reason, rule, kind, encoded=msgspec.json.encode(value))
    return Evaluation(variant, reason, rule, kind, plain=value)


@lru_cache(maxsize=4096)
def _domain_of(email: str) -> str:
    """Return the domain of an address in its one spelling; nothing for what is no address."""
    local, at, domain = email.rpartition("@")
    if not (local and at):
        return ""
    try:
        return normalise_email_domain(domain)
    except InvalidEmailDomainError:
        return ""


class _RuledFlag:
    __slots__ = ("_default", "_name", "_rules")

    def __init__(self, name: str, flag: Flag) -> None:
        self._name = name
        self._default = _answer(flag, flag.default, Reason.DEFAULT)
        self._rules = []
        for number, rule in enumerate(flag.rules, start=1):
            limit = round(rule.percent * PLACES / 100)
            reason = Reason.SPLIT if limit < PLACES else Reason.TARGETING_MATCH
            self._rules.append((_Audience(rule), limit, _answer(flag, rule.variant, reason, number)))

    def evaluate(self, person: Person) -> Evaluation:
        # Hashed once, and only where a share is asked for.
        place = -1
        for audience, limit, answer in self._rules:
            if not audience.includes(person):
                continue
            if limit < PLACES:
                if place < 0:
                    place = rollout_place(self._name, person.key) if person.key else PLACES
                if place >= limit:
                    continue
            return answer
        return self._default


class _Audience:
    """The lists of a rule, as sets."""

    __slots__ = ("_email_domains", "_everybody", "_groups", "_locales", "_members", "_roles")

    def __init__(self, rule: FlagRule) -> None:
        self._members = frozenset(rule.members)
        self._roles = frozenset(role.value for role in rule.roles)
        self._email_domains = frozenset(rule.email_domains)
        self._groups = frozenset(rule.groups)
        self._locales = frozenset(rule.locales)
        self._everybody = not any((rule.members, rule.roles, rule.email_domains, rule.groups, rule.locales))

    def includes(self, person: Person) -> bool:
        """Say whether each list that there is names the person."""
        return self._everybody or (
            (not self._members or person.email in self._members)
            and (not self._roles or person.role in self._roles)
            and (not self._email_domains or _domain_of(person.email) in self._email_domains)
            and (not self._groups or not self._groups.isdisjoint(person.groups))
            and (not self._locales or self._speaks(person.locale))
        )

    def _speaks(self, locale: str) -> bool:
        while locale:
            if locale in self._locales:
                return True
            locale = locale.rpartition("-")[0]
        return False
