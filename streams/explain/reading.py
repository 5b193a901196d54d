"""One run over a log, with everything kept that is told of people and teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from streams.core.kpis import Value
from streams.core.tracing import Trace
from streams.policy import Policy
from streams.policy.periods import ROLLING, months
from streams.replay import Line, Person, Replay

Record = dict[str, Any]
KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "scores.employees": ("employee_id", "period"),
    "scores.teams": ("team", "period"),
    "kpis.employees": ("employee_id", "period"),
    "funnel": ("team", "period"),
    "alerts": ("id",),
    "recommendations": ("recommendation_id",),
}
"""The topics of which the newest record of each key is kept, and the fields that are the key."""


class Mistyped(Exception):
    """There is no such person, team, period or KPI; the message is one sentence with a suggestion."""


class Reading:
    """Give it the lines of a log, to `foresee` and to `feed`, then `finish`. Whoever is `traced` can be explained event
    by event.

    It is the processing of a replay, so every record is the one that a replay, or a worker at that instant, writes.
    """

    def __init__(self, policy: Policy, as_of: int | None = None, traced: str | None = None) -> None:
        self.policy = policy
        self.trace = None if traced is None else Trace(policy.zone, traced)
        self.records: dict[str, dict[tuple[Any, ...], Record]] = {topic: {} for topic in KEPT}
        self.at = 0
        """The instant that all is judged at, us; known once it is finished."""
        self.run = Replay(policy, self._keep, as_of, trace=self.trace)

    def foresee(self, lines: Iterable[Line]) -> Iterable[Line]:
        """Learn what is taken back, handing each line on."""
        return self.run.foresee(lines)

    def feed(self, lines: Iterable[Line]) -> Iterable[Line]:
        """Take in lines, handing each on once it is done."""
        return self.run.feed(lines)

    def finish(self) -> None:
        """Judge everything."""
        self.at = self.run.finish()
        if self.run.erases:
            alerts = self.records["alerts"]
            self.records["alerts"] = {key: alert for key, alert in alerts.items() if self.run.may_tell(alert)}

    @property
    def today(self) -> int:
        """The local day that is judged at."""
        return self.policy.zone.day(self.at)

    def people(self) -> dict[str, Person]:
        """Everybody by id."""
        return self.run.people()

    def teams(self) -> list[str]:
        """The teams that there are scores of."""
        return sorted({key[0] for key in self.records["scores.teams"]})

    def score(self, employee: str, period: str) -> Record | None:
        """The score record, None where there is no scorecard or nothing to score."""
        return self.records["scores.employees"].get((employee, period))

    def kpis(self, employee: str, period: str) -> Record | None:
        """The record of KPIs."""
        return self.records["kpis.employees"].get((employee, period))

    def team(self, team: str | None, period: str) -> Record | None:
        """The record of a team."""
        return self.records["scores.teams"].get((team, period))

    def funnel(self, team: str, period: str) -> Record | None:
        """The funnel of a team."""
        return self.records["funnel"].get((team, period))

    def values(self, employee: str, period: str) -> dict[str, Value]:
        """The KPIs, exact."""
        return self.run.values(employee, period)

    def alerts(self) -> list[Record]:
        """How every alert stands that was not withdrawn."""
        return [alert for alert in self.records["alerts"].values() if alert["reason"] != "withdrawn"]

    def recommendations(self, employee: str) -> list[Record]:
        """What is recommended of an employee, and the plans that were opened."""
        return [one for one in self.records["recommendations"].values() if one["employee_id"] == employee]

    def _keep(self, topic: str, record: Record) -> None:
        fields = KEPT.get(topic)
        if fields is not None:
            self.records[topic][tuple(record[field] for field in fields)] = record


def in_order(periods: Iterable[str]) -> list[str]:
    """Periods by their beginning, months before their quarter before their year; the rolling ones last."""

    def place(period: str) -> tuple[int, int, int]:
        if period in ROLLING:
            return 1, ROLLING[period], 0
        return 0, months(period).start, len(months(period))

    return sorted(periods, key=place)
