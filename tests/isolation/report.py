"""What an attack is to do, and what came of it."""

from dataclasses import dataclass, field

from tests.isolation.evidence import Fault, LeakError

__all__ = ["Plan", "Report"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done. The same plan makes the same decisions again."""

    requests: int
    seed: int
    tenants: int = 6
    processes: int = 1
    workers: int = 8
    focus: tuple[str, ...] = ()
    mutation: str = ""
    of: int = 0
    """Requests of the whole run that this is a part of; 0 where it is all."""


@dataclass
class Report:
    """What came of it; ``leak`` is None where nothing leaked."""

    plan: Plan
    requests: int = 0
    seconds: float = 0.0
    leak: LeakError | None = None
    trace: list[str] = field(default_factory=list)
    moves: str = ""
    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    let_in: int = 0
    """How often somebody was let in who had everything that it takes."""
    log: str = ""
    """What the processes wrote of the faults."""

    def __str__(self) -> str:
        rate = self.requests / self.seconds if self.seconds else 0.0
        found = f"leaks={int(self.leak is not None)} errors={len(self.faults)}"
        return f"requests={self.requests} {found} requests/s={rate:.0f} {self.plan}"

    @property
    def reproduction(self) -> str:
        """How to see the leak or the first fault again, and what led to it."""
        again = f"make test-isolation N={self.plan.of or self.plan.requests} SEED={self.plan.seed}"
        if self.leak is None:
            return "\n".join(
                line
                for fault in self.faults[:1]
                for line in (
                    f"ERROR: {fault.received.decode(errors='replace')}",
                    f"again: {again}",
                    *fault.asked,
                    self.log,
                )
            )
        return "\n".join(
            [
                f"LEAK: {self.leak.what}",
                f"again: {again} (worker and moves: {self.moves})",
                "seen:",
                *self.leak.shown,
                "asked before, the last at the end:",
                *self.trace,
            ]
        )
