"""A tenant's environment: layers of variables, the nearest first, and secrets opened for this process alone.

What is nearer wins: tenant, plan, app, platform. Below them all is the process's own environment, which only
``os.environ`` shows (``runtime.chainlit_host.process.environ``).
"""

from collections.abc import Iterator, Mapping
from typing import NoReturn

from tenants.contract.environment import PLATFORM_OWNER, is_plan_owner
from tenants.contract.secrets import SecretBox, SecretUnreadableError
from tenants.contract.state import TenantState

__all__ = ["Environment", "Layer", "app_layers", "open_environment"]

Layer = Mapping[str, str | None]
"""Variables by name; None hides the variable of every layer below."""

app_layers: dict[str, Layer] = {}
"""What each loaded app brings: its ``.env``, and what it set while it was imported. Filled by the apps' host."""


class Environment(Mapping[str, str]):
    """Variables of several layers as one read-only mapping. It shows no value unless it is asked for by name."""

    __slots__ = ("layers",)

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def __getitem__(self, name: str) -> str:
        """Return the nearest layer's value; KeyError where there is none or the nearest hides it."""
        for layer in self.layers:
            if name in layer:
                value = layer[name]
                if value is None:
                    raise KeyError(name)
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names that ``__getitem__`` answers."""
        merged: dict[str, str | None] = {}
        for layer in reversed(self.layers):
            merged.update(layer)
        return iter([name for name, value in merged.items() if value is not None])

    def __len__(self) -> int:
        """Count the names."""
        return sum(1 for _ in self)

    def __eq__(self, other: object) -> bool:
        """Say whether the same names have the same values."""
        # Asked on every use of what was made for an environment, nearly always with the very same object.
        return self is other or super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as of every mapping that is compared by its values

    def __repr__(self) -> str:
        """Name no value: this object ends up in logs and error pages."""
        return f"<environment of {len(self)} variables>"

    def __copy__(self) -> "Environment":
        """Return itself: nothing about it can change."""
        return self

    def __deepcopy__(self, _: object) -> "Environment":
        """Return itself, as ``__copy__`` does."""
        return self

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: secrets stay in this process."""
        raise TypeError("A tenant's environment holds secrets and cannot be pickled.")


def open_environment(state: TenantState, secret_box: SecretBox) -> Environment:
    """Return a tenant's environment, with every secret decrypted.

    Raises ``SecretUnreadableError`` for a secret that was not sealed for the layer it stands in: what is sealed for
    another tenant is opened here by no document.
    """
    plan, platform = state.plan_environment, state.platform_environment
    if plan.secrets and not is_plan_owner(plan.owner):
        raise SecretUnreadableError(state.id)
    return Environment(
        _opened(state.environment, state.secrets, owner=state.id, secret_box=secret_box),
        _opened(plan.environment, plan.secrets, owner=plan.owner, secret_box=secret_box),
        app_layers.get(state.app, {}),
        _opened(platform.environment, platform.secrets, owner=PLATFORM_OWNER, secret_box=secret_box),
    )


def _opened(
    variables: Mapping[str, str], secrets: Mapping[str, str], *, owner: str, secret_box: SecretBox
) -> dict[str, str]:
    # Within a layer a secret wins over a plain variable of its name.
    return {**variables, **{name: secret_box.decrypt(token, tenant_id=owner) for name, token in secrets.items()}}
