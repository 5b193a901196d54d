"""Every metric of the worker, counted in plain integers and turned into Prometheus families when somebody asks.

Counting costs a dictionary update, so that hot paths may count; only the histograms, which are observed once a flush,
are Prometheus' own. Labels stay bounded: topics, types, rules and words of our own, never an id, but for the gauge of
scores that an installation may ask for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

UNKNOWN = "unknown"
LATENCY = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0)
FLUSH = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
RECOVERY = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
US = 1_000_000

Labels = tuple[str, ...]


class Score(NamedTuple):
    """What an employee's scorecard of the last 30 days came to."""

    team: str
    score: float


class Metrics(Collector):
    """One worker's figures. `now` (microseconds since the epoch) is the clock that lags are measured against.

    `scores`: whether the scores of employees are told, by their ids.
    """

    def __init__(self, now: Callable[[], int], version: str, policy_version: str = "", *, scores: bool = False) -> None:
        self._now = now
        self.scores = scores
        self._scores: dict[tuple[str, int], dict[str, Score]] = {}  # (stage, partition) -> employee -> score
        self.version, self.policy_version = version, policy_version
        self.events: Counter[Labels] = Counter()  # topic, type, outcome
        self.dead_letters: Counter[Labels] = Counter()  # reason
        self.transitions: Counter[Labels] = Counter()  # rule, status, reason
        self.newest: dict[str, int] = {}  # topic -> newest event time read, us
        self._entries: dict[tuple[str, int], Mapping[str, int]] = {}  # (stage, partition) -> table -> entries
        self._alerts: dict[tuple[str, int], Mapping[tuple[str, str, str], int]] = {}  # -> rule, status, severity -> n
        self._clocks: dict[tuple[str, int], int] = {}  # (stage, partition) -> the instant it has judged up to, us
        self.registry = CollectorRegistry()
        self.latency = Histogram(
            "crmpulse_end_to_end_latency_seconds", "From an event read to its score or alert written, seconds.",
            buckets=LATENCY, registry=self.registry,
        )  # fmt: skip
        self.flush_duration = Histogram(
            "crmpulse_flush_duration_seconds", "One flush of a partition, seconds.",
            buckets=FLUSH, registry=self.registry,
        )  # fmt: skip
        self.recovery_duration = Histogram(
            "crmpulse_recovery_duration_seconds", "Loading a partition's state, seconds.",
            buckets=RECOVERY, registry=self.registry,
        )  # fmt: skip
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def count(self, counts: Mapping[Labels, int]) -> None:
        """Adds what a stage or intake counted: ("event", topic, type, outcome), ("dead", reason) or
        ("transition", rule, status, reason) -> how many. Raises ValueError for another kind."""
        for (kind, *labels), n in counts.items():
            match kind, len(labels):
                case "event", 3:
                    self.events[tuple(labels)] += n
                case "dead", 1:
                    self.dead_letters[tuple(labels)] += n
                case "transition", 3:
                    self.transitions[tuple(labels)] += n
                case _:
                    raise ValueError(f"nothing counts {(kind, *labels)}")

    def seen(self, topic: str, time: int) -> None:
        """The newest event time read from a topic, us; an older one changes nothing."""
        if time > self.newest.get(topic, time - 1):
            self.newest[topic] = time

    def holds(
        self, stage: str, partition: int, entries: Mapping[str, int], alerts: Mapping[tuple[str, str, str], int],
        clock: int,
    ) -> None:  # fmt: skip
        """What a partition of a stage holds now: entries per table and standing alerts per (rule, status, severity).

        `clock`, us: its newest tick, 0 before the first."""
        self._entries[stage, partition], self._alerts[stage, partition] = entries, alerts
        self._clocks[stage, partition] = clock

    def scored(self, stage: str, partition: int, scores: Mapping[str, Score | None]) -> None:
        """Scores that a partition of a stage wrote, by employee; None for one that has none any more."""
        known = self._scores.setdefault((stage, partition), {})
        for employee, score in scores.items():
            if score is None:
                known.pop(employee, None)
            else:
                known[employee] = score

    def forget(self, stage: str, partition: int) -> None:
        """The partition went to another worker, which counts it from now on."""
        self._entries.pop((stage, partition), None)
        self._alerts.pop((stage, partition), None)
        self._clocks.pop((stage, partition), None)
        self._scores.pop((stage, partition), None)

    def text(self) -> bytes:
        """The exposition format, for /metrics."""
        return generate_latest(self.registry)

    def describe(self) -> Iterator[Metric]:
        """Names without values, so that registering asks for no figures."""
        for family in self.collect():
            family.samples.clear()
            yield family

    def collect(self) -> Iterator[Metric]:
        yield _family(
            CounterMetricFamily("crmpulse_events", "Events read.", labels=("topic", "type", "outcome")), self.events
        )
        yield _family(
            CounterMetricFamily("crmpulse_dead_letters", "Records refused.", labels=("reason",)), self.dead_letters
        )
        yield _family(
            CounterMetricFamily(
                "crmpulse_alert_transitions", "Changes of an alert's status.", labels=("rule", "status", "reason")
            ),
            self.transitions,
        )
        now = self._now()
        yield _family(
            GaugeMetricFamily("crmpulse_source_lag_seconds", "Now less the newest event time read.", labels=("topic",)),
            {(topic,): (now - time) / US for topic, time in list(self.newest.items())},
        )
        slowest: dict[Labels, int] = {}
        for (stage, _), clock in sorted(self._clocks.items()):
            slowest[(stage,)] = min(clock, slowest.get((stage,), clock))
        yield _family(
            GaugeMetricFamily(
                "crmpulse_clock_lag_seconds", "Now less the newest tick of the slowest partition.", labels=("stage",)
            ),
            {stage: (now - clock) / US for stage, clock in slowest.items() if clock > 0},
        )
        yield _family(
            GaugeMetricFamily("crmpulse_alerts", "Alerts that stand.", labels=("rule", "status", "severity")),
            _sum(self._alerts.values()),
        )
        yield _family(
            GaugeMetricFamily("crmpulse_state_entries", "Entries of a state table.", labels=("table",)),
            _sum({(table,): n for table, n in held.items()} for held in list(self._entries.values())),
        )
        if self.scores:
            yield _family(
                GaugeMetricFamily(
                    "crmpulse_score", "Score of the last 30 days, as it was last written.",
                    labels=("employee_id", "team"),
                ),
                {(id, team): score for held in list(self._scores.values()) for id, (team, score) in held.items()},
            )  # fmt: skip
        yield _family(
            GaugeMetricFamily("crmpulse_build_info", "What runs here.", labels=("version", "policy_version")),
            {(self.version, self.policy_version): 1},
        )


def _sum(parts: Iterable[Mapping[Any, int]]) -> Counter[Any]:
    total: Counter[Any] = Counter()
    for part in list(parts):
        total.update(part)
    return total


def _family(family: CounterMetricFamily | GaugeMetricFamily, values: Mapping[Any, float]) -> Metric:
    for labels, value in dict(values).items():
        family.add_metric(labels, value)
    return family
