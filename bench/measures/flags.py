"""What a flag costs the code that asks for it: in the process, for a person who is known."""

import timeit
from collections.abc import Callable, Iterator

from cryptography.fernet import Fernet

from bench.figures import Figure
from bench.ground import Ground
from bench.plan import Plan
from bench.rows import Row, Subject, at_most
from runtime.flags import FlagValues
from runtime.openfeature import TenantFlags
from runtime.people import User, use_people
from runtime.tenancy import TenantHandle, bind_tenant, tenant
from tenants.contract.flag_evaluation import Person
from tenants.contract.flags import Flag, FlagRule
from tenants.contract.roles import Role
from tenants.contract.secrets import SecretBox
from tenants.contract.state import Branding, PublishedState, TenantState, TenantStatus

__all__ = ["measure"]

EVALUATIONS = 20_000
ANN = Person(key="ann@acme.example", email="ann@acme.example", role="member", groups=frozenset({"staff"}), locale="de")
# Every rule but the last is for somebody else, so all are tried, and the last one hashes.
FLAG = Flag(
    rules=(
        FlagRule("on", members=tuple(f"person-{number}@acme.example" for number in range(1000))),
        FlagRule("on", roles=(Role.OWNER,), email_domains=("acme.example",)),
        FlagRule("on", groups=("beta testers",), locales=("fr",)),
        FlagRule("on", percent=20),
    )
)


class _AnnIsPresent:
    def present(self) -> Person:
        return ANN

    def describe(self, user: User) -> Person:
        return ANN


def measure(_ground: Ground, plan: Plan) -> Iterator[Row]:
    """Yield what app code waits for when it asks for a flag of four rules, the last of them a share of people."""
    state = TenantState(
        id="1", slug="acme", name="Acme", schema="acme", status=TenantStatus.ACTIVE, app="assistant",
        hosts=("acme.localhost",), branding=Branding("Acme"), flags={"beta": FLAG},
    )  # fmt: skip
    use_people(_AnnIsPresent())
    provider = TenantFlags()
    ways: dict[str, tuple[Callable[[], object], str]] = {
        "evaluate a flag": (lambda: tenant.flag("beta", default=False), "As an app asks: `tenant.flag(…)`."),
        "evaluate a flag, mapping": (lambda: tenant.flags["beta"], "As an app asks: `tenant.flags[…]`."),
        "evaluate a flag, OpenFeature": (
            lambda: provider.resolve_boolean_details("beta", default_value=False),
            "The provider's part; the SDK's own client takes its time before and after.",
        ),
    }
    with bind_tenant(TenantHandle(PublishedState(1, "", state), SecretBox([Fernet.generate_key().decode()]))):
        assert isinstance(tenant.flags, FlagValues)
        for name, (ask, note) in ways.items():
            samples = [min(timeit.repeat(ask, number=EVALUATIONS, repeat=5)) / EVALUATIONS * 1e6
                       for _ in range(plan.rounds)]  # fmt: skip
            yield Row(
                name=name, unit="µs", figures={Subject.OURS: Figure(tuple(samples))}, budget=at_most(5.0), note=note
            )
