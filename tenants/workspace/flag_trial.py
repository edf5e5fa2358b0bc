"""What somebody would get of each flag, and why, said to whoever set the flags."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tenants.contract.flag_evaluation import Evaluation, FlagSet, Person, Reason, rollout_place
from tenants.contract.flags import Flag as Definition
from tenants.workspace.flag_rows import compile_flag, definition_of
from tenants.workspace.flag_wording import describe_share, describe_value
from tenants.workspace.models import Flag, Member

__all__ = ["Trial", "TrialLine", "try_flags"]


@dataclass(frozen=True)
class TrialLine:
    """One flag."""

    name: str
    gets: str
    why: str


@dataclass(frozen=True)
class Trial:
    """All flags for one person; ``member`` is None where nobody has the address."""

    email: str
    member: Member | None
    lines: list[TrialLine]


def try_flags(email: str, *, groups: Iterable[str] = (), locale: str = "") -> Trial:
    """Return what somebody with an e-mail address would get at the bound tenant, as its flags are saved now."""
    email = email.strip().lower()
    member = Member.objects.filter(email=email).first()
    person = Person(
        key=email,
        email=email,
        role=member.role if member else "",
        groups=frozenset(group.lower() for group in groups),
        locale=locale.strip().lower().replace("_", "-"),
    )
    rows = list(Flag.objects.all())
    flags = FlagSet({row.name: compile_flag(row) for row in rows})
    lines = []
    for row in rows:
        evaluation = flags.evaluate(row.name, person)
        if evaluation is not None:
            gets = describe_value(evaluation.value if evaluation.variant is not None else None)
            lines.append(TrialLine(row.name, gets, _why(row.name, definition_of(row), evaluation, person)))
    return Trial(email, member, lines)


def _why(name: str, flag: Definition, evaluation: Evaluation, person: Person) -> str:
    said = {"rule": evaluation.rule, "place": f"{rollout_place(name, person.key) / 100:.2f}"}
    match evaluation.reason:
        case Reason.STATIC:
            return _("Everybody gets this.")
        case Reason.DISABLED:
            return _("The flag is off.")
        case Reason.TARGETING_MATCH | Reason.SPLIT:
            said["share"] = describe_share(flag.rules[evaluation.rule - 1])
            if evaluation.reason is Reason.SPLIT:
                return _("Rule %(rule)s is for %(share)s, and their place is %(place)s %%.") % said
            return _("Rule %(rule)s is for %(share)s.") % said
        case Reason.DEFAULT:
            if any(0 < rule.percent < 100 for rule in flag.rules):
                return _("No rule chooses them; their place is %(place)s %%.") % said
            return _("No rule chooses them.")
