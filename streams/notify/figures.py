"""What the process says of itself on /metrics. Labels are the names of targets and words of ours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams import __version__
from streams.notify.answer import Outcome

US = 1_000_000


class Figures(Collector):
    """One process's figures; `now` is the wall clock, us."""

    def __init__(self, now: Callable[[], int], targets: list[str]) -> None:
        self._now, self._targets = now, targets
        self.outcomes: Counter[tuple[str, str]] = Counter()  # target, outcome
        self.failing: dict[str, int] = {}  # target -> since when it has taken nothing, us
        self.standing: dict[str, int] = {}  # target -> alerts that it was told of and that stand
        self.foreign: Counter[str] = Counter()  # target -> records that are no alerts
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def count(self, target: str, outcome: Outcome, number: int = 1) -> None:
        """Notifications (of an Alertmanager: alerts) of one attempt."""
        self.outcomes[target, outcome] += number

    def text(self) -> bytes:
        """The exposition format, for /metrics."""
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering asks for no figures."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield self._outcomes()
        now = self._now()
        yield self._gauge(
            "crmpulse_notify_failing_seconds",
            "How long the target has taken nothing; 0 where all is well.",
            {target: (now - since) / US for target, since in self.failing.items()},
        )
        yield self._gauge("crmpulse_notify_standing", "Alerts that stand and that the target knows.", self.standing)
        yield self._gauge("crmpulse_notify_foreign_records", "Records of the topic that are no alerts.", self.foreign)
        info = GaugeMetricFamily("crmpulse_notify_build_info", "What runs here.", labels=("version",))
        info.add_metric((__version__,), 1)
        yield info

    def _outcomes(self) -> Metric:
        family = CounterMetricFamily(
            "crmpulse_notifications", "Attempts to tell a target, by what came of them.", labels=("target", "outcome")
        )
        for target in self._targets:  # all of them from the start: a rate over one that appears misses its first
            for outcome in Outcome:
                family.add_metric((target, outcome), self.outcomes[target, outcome])
        return family

    def _gauge(self, name: str, what: str, values: dict[str, int] | dict[str, float] | Counter[str]) -> Metric:
        family = GaugeMetricFamily(name, what, labels=("target",))
        for target in self._targets:
            family.add_metric((target,), values.get(target, 0))
        return family
