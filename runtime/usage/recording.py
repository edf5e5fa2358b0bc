"""``tenant.usage``: what app code tells of a tenant's use."""

from runtime.usage.counting import UsageCounter, model_name

__all__ = ["TenantUsage", "use_usage_counter"]

MOST_TOKENS = 1_000_000_000

_shared: list[UsageCounter] = []


def use_usage_counter(counter: UsageCounter | None) -> None:
    """Make this what counts for ``tenant.usage``; None: nothing is kept."""
    _shared[:] = [] if counter is None else [counter]


class TenantUsage:
    """Where app code records what only it can know of a tenant's use."""

    __slots__ = ("_counts", "_tenant_id")

    def __init__(self, tenant_id: str, *, counts: bool = True) -> None:
        self._tenant_id = tenant_id
        self._counts = counts

    def record(self, *, tokens: int, model: str = "") -> None:
        """Add tokens of a language model to what the tenant used today; may be called in any thread, waits for nothing.

        Raises ``ValueError`` unless ``tokens`` is a whole number from 0 to a billion. ``model`` is any name, of which
        100 characters are kept.
        """
        if isinstance(tokens, bool) or not isinstance(tokens, int) or not 0 <= tokens <= MOST_TOKENS:
            raise ValueError(f"tokens must be a whole number from 0 to {MOST_TOKENS:,}.")
        if tokens and self._counts and _shared:
            _shared[0].count_tokens(self._tenant_id, tokens, model_name(model))
