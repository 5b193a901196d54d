"""What the process says of itself on /metrics. Labels are names of topics, and words of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams import __version__
from streams.dashboard.asking import State
from streams.dashboard.hub import Hub
from streams.dashboard.model import ReadModel


class Figures(Collector):
    """One process's figures."""

    def __init__(self, model: ReadModel, hub: Hub, state: State) -> None:
        self._model, self._hub, self._state = model, hub, state
        self.requests: Counter[tuple[str, str]] = Counter()
        """Requests by route and status."""
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """The exposition format, for /metrics."""
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering asks for no figures."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        model, hub = self._model, self._hub
        yield _counter("records", "Records read.", "topic", model.records)
        yield _counter("foreign_records", "Records that are none of their topic's.", "topic", model.foreign)
        yield _gauge("behind_records", "Offsets that are not read yet.", "topic", self._state.behind())
        entries = {
            "alerts": len(model.alerts), "customers": len(model.customers), "opportunities": len(model.deals),
            "employees": len(model.people), "scorecards": len(model.scorecards), "recommendations": len(model.advice),
        }  # fmt: skip
        yield _gauge("entries", "Things in the read model.", "table", entries)
        yield _one(
            GaugeMetricFamily, "ready", "1 once everything was read that was there at the start.", self._state.ready
        )
        yield _one(GaugeMetricFamily, "subscribers", "Open event streams.", hub.subscribers)
        yield _one(CounterMetricFamily, "changes", "Changes told on the event stream.", hub.last)
        yield _one(CounterMetricFamily, "resets", "Subscribers that were told to load anew.", hub.resets)
        requests = CounterMetricFamily("crmpulse_dashboard_requests", "Requests answered.", labels=("route", "status"))
        for labels, count in self.requests.items():
            requests.add_metric(labels, count)
        yield requests
        info = GaugeMetricFamily("crmpulse_dashboard_build_info", "What runs here.", labels=("version",))
        info.add_metric((__version__,), 1)
        yield info


def _counter(name: str, what: str, label: str, values: Counter[str]) -> Metric:
    family = CounterMetricFamily(f"crmpulse_dashboard_{name}", what, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _gauge(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"crmpulse_dashboard_{name}", what, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family


def _one(kind: type[GaugeMetricFamily] | type[CounterMetricFamily], name: str, what: str, value: float) -> Metric:
    return kind(f"crmpulse_dashboard_{name}", what, value=value)
