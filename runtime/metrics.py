"""What a runtime process counts, in the Prometheus text format.

No label carries a tenant or a path: the number of series is the same with one tenant and with ten thousand. What is
counted on every request is a plain integer of the event loop's thread, read only when somebody collects.
"""

import platform
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import CollectorRegistry, GCCollector, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import runtime

__all__ = ["Metrics", "RequestCounts"]

PREFIX = "chainlit_tenants"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class RequestCounts:
    """Answers by kind and class of status; a socket counts when its handshake is answered."""

    __slots__ = ("http", "websocket")

    def __init__(self) -> None:
        self.http = [0] * 6
        self.websocket = [0] * 6


class Metrics:
    """One process' registry; gauges and counters are functions that are asked at collection."""

    def __init__(self) -> None:
        self.requests = RequestCounts()
        self._sources: list[
            tuple[str, str, type[CounterMetricFamily] | type[GaugeMetricFamily], Callable[[], float]]
        ] = []
        self._registry = CollectorRegistry()
        self._registry.register(_Collected(self))
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)
        Info(f"{PREFIX}_build", "Versions this process runs.", registry=self._registry).info(_versions())
        self._apply_seconds = Histogram(
            f"{PREFIX}_state_apply_seconds",
            "From hearing of a publication to serving by it.",
            buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5),
            registry=self._registry,
        )

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Publish ``read()`` as a gauge."""
        self._sources.append((name, description, GaugeMetricFamily, read))

    def counter(self, name: str, description: str, read: Callable[[], float]) -> None:
        """Publish ``read()``, which only grows, as a counter."""
        self._sources.append((name, description, CounterMetricFamily, read))

    def observe_apply(self, seconds: float) -> None:
        """Note how long a publication took to be applied."""
        self._apply_seconds.observe(seconds)

    def render(self) -> bytes:
        """Return everything in the text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield what was registered here."""
        requests = CounterMetricFamily(
            f"{PREFIX}_requests", "Answers by kind and class of status.", labels=("kind", "status")
        )
        for kind, counts in (("http", self.requests.http), ("websocket", self.requests.websocket)):
            for status_class, count in enumerate(counts[1:], start=1):
                requests.add_metric((kind, f"{status_class}xx"), count)
        yield requests
        for name, description, family, read in self._sources:
            metric = family(f"{PREFIX}_{name}", description)
            metric.add_metric((), read())
            yield metric


class _Collected(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return self._metrics.collect()


def _versions() -> dict[str, str]:
    found = {"version": runtime.__version__, "python": platform.python_version()}
    for package in ("chainlit", "uvicorn"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = ""
    return found
