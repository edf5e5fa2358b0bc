"""Rows of the report: one quantity of each server, what is asked of ours, and whether that is met."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bench.figures import Figure

__all__ = ["Requirement", "Row", "Subject", "Verdict", "at_least", "at_most", "in_processor_time"]


class Subject(StrEnum):
    """Who is measured."""

    OURS = "ours"
    INSTALLED = "stock as installed"
    EQUAL = "stock equal"
    BARE = "bare"


class Verdict(StrEnum):
    """What became of a budget."""

    MET = "met"
    MISSED = "missed"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """A limit for our median: a plain one, or one for its ratio to another subject's median."""

    limit: float
    is_minimum: bool
    against: Subject | None = None

    def holds(self, figures: Mapping[Subject, Figure]) -> bool:
        """Say whether the figures keep to it; one that was not measured does not."""
        value = figures[Subject.OURS].median if Subject.OURS in figures else None
        if value is not None and self.against is not None:
            value = ratio(figures, self.against)
        if value is None:
            return False
        return value >= self.limit if self.is_minimum else value <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.is_minimum else "<="
        return f"{sign} {self.limit:.3g}" + (f"x {self.against}" if self.against else "")


def at_least(limit: float, *against: Subject) -> tuple[Requirement, ...]:
    """Require our median, or its ratio to each of these subjects, to reach a limit."""
    return tuple(Requirement(limit, True, subject) for subject in against or (None,))


def at_most(limit: float, *against: Subject) -> tuple[Requirement, ...]:
    """Require our median, or its ratio to each of these subjects, not to exceed a limit."""
    return tuple(Requirement(limit, False, subject) for subject in against or (None,))


def in_processor_time(budget: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Return what answers a second at a multiple of another's ask of the processor time of one: its reciprocal."""
    return tuple(Requirement(1 / each.limit, not each.is_minimum, each.against) for each in budget)


def ratio(figures: Mapping[Subject, Figure], against: Subject) -> float | None:
    """Return our median divided by another's, or None where either is missing or the other is 0."""
    if Subject.OURS not in figures or against not in figures or not figures[against].median:
        return None
    return figures[Subject.OURS].median / figures[against].median


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the report. ``note`` says what a reader must know to judge the figures."""

    name: str
    unit: str
    figures: Mapping[Subject, Figure]
    budget: tuple[Requirement, ...] = ()
    note: str = ""
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """Whether every requirement holds."""
        if not self.budget:
            return Verdict.NONE
        return Verdict.MET if all(requirement.holds(self.figures) for requirement in self.budget) else Verdict.MISSED

    def ratio(self, against: Subject) -> float | None:
        """Return our median divided by another's, where both were measured."""
        return ratio(self.figures, against)

    def as_json(self) -> dict[str, object]:
        """Return everything, with all samples, as plain data."""
        return {
            "name": self.name,
            "unit": self.unit,
            "figures": {
                str(subject): {
                    "median": figure.median,
                    "lowest": figure.lowest,
                    "highest": figure.highest,
                    "samples": list(figure.samples),
                }
                for subject, figure in self.figures.items()
            },
            "ratios": {str(subject): self.ratio(subject) for subject in self.figures if subject is not Subject.OURS},
            "budget": [str(requirement) for requirement in self.budget],
            "verdict": str(self.verdict),
            "note": self.note,
            "details": dict(self.details),
        }
