"""The arithmetic of measured values: medians, spreads, percentiles."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Figure", "percentile"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity measured several times."""

    samples: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.samples:
            raise ValueError("A figure needs at least one sample.")

    @property
    def median(self) -> float:
        """The value that is reported and compared."""
        return statistics.median(self.samples)

    @property
    def lowest(self) -> float:
        """The smallest sample."""
        return min(self.samples)

    @property
    def highest(self) -> float:
        """The largest sample."""
        return max(self.samples)

    @property
    def spread(self) -> float:
        """The distance from lowest to highest as a share of the median; 0 where the median is 0."""
        return (self.highest - self.lowest) / abs(self.median) if self.median else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that a ``share`` (above 0, up to 1) of all values does not exceed: nearest rank."""
    if not values:
        raise ValueError("There is no percentile of nothing.")
    if not 0 < share <= 1:
        raise ValueError("A percentile's share lies above 0 and is at most 1.")
    return sorted(values)[math.ceil(share * len(values)) - 1]
