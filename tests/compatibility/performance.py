"""What a scenario is: an app, what it is started with, what a person does there, and what it answers over a socket."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.compatibility.person import Person

__all__ = ["APPS", "SCENARIOS", "Scenario", "scenario"]

APPS = Path(__file__).parent / "apps"
Script = Callable[[Person], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One app of ``apps/`` and the script by which a person uses it.

    ``says`` and ``hears`` are one exchange that holds in every tenant of the app; None where the app answers only
    people who signed in. ``tenant`` replaces parts of the tenant's published document.
    """

    app: str
    script: Script
    says: str | None
    hears: str
    environment: Mapping[str, str] = field(default_factory=dict)
    tenant: Mapping[str, Any] = field(default_factory=dict)
    browser: Mapping[str, Any] = field(default_factory=dict)
    """Options of the person's browser context, such as ``locale``."""

    def environment_with(self, services: Mapping[str, str]) -> dict[str, str]:
        """Return the environment with the addresses of services put where ``{their name}`` stands."""
        return {name: value.format_map(services) for name, value in self.environment.items()}

    @property
    def slug(self) -> str:
        """The tenant's short name: apps are named like modules, hosts are not."""
        return self.app.replace("_", "-")


SCENARIOS: dict[str, Scenario] = {}


def scenario(*, says: str | None = "hello", hears: str = "", **options: Any) -> Callable[[Script], Script]:
    """Register a script for the app of the function's name."""

    def register(script: Script) -> Script:
        app = script.__name__
        if not (APPS / app / "main.py").is_file():
            raise ValueError(f"There is no app {app} for the scenario of that name.")
        SCENARIOS[app] = Scenario(app=app, script=script, says=says, hears=hears, **options)
        return script

    return register
