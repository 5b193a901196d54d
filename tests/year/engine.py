"""What the engine tells of the same log, by a replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from streams.policy import Policy
from streams.replay import Line, Replay
from tests.oracle.worktime import us
from tests.year.hours import Hours
from tests.year.scan import Runs

CASES = "invoice_id", "ticket_id", "lead_id", "task_id"


class Episode(NamedTuple):
    """An alert as a record tells of it; `fired` and `ended` are None while it has not."""

    rule: str
    subject: str
    basis: int
    started: int
    fired: int | None
    ended: int | None


class Records:
    """What the records of `alerts` tell, in the order in which they come."""

    def __init__(self) -> None:
        self._newest: dict[str, Episode] = {}
        self._former: dict[str, list[Episode]] = {}
        self._times: dict[str, int] = {}
        self.records = 0

    def take(self, topic: str, record: Mapping[str, Any]) -> None:
        """A record of an output topic; alerts of goals and scores are of no subject that is scanned."""
        if topic != "alerts" or record["rule"].startswith(("goal.", "perf.", "improvement_plan.")):
            return
        self.records += 1
        id, ended, fired = record["id"], record["ended_at"], record["fired_at"]
        before = self._newest.pop(id, None)
        if before is not None and before.ended is not None:
            self._former.setdefault(id, []).append(before)
        if record["reason"] != "withdrawn":
            self._newest[id] = Episode(
                record["rule"],
                _subject(record),
                self._us(record["values"]["basis"]),
                self._us(record["started_at"]),
                fired and self._us(fired),
                ended and self._us(ended),
            )

    def runs(self, hours: Hours) -> tuple[Runs, Runs]:
        """The hours at which each fires, by the newest record of it; and what was told of it as over before that."""
        newest: Runs = {}
        former: Runs = {}
        for id, episode in self._newest.items():
            key = episode.rule, episode.subject, episode.basis
            newest[key] = _run(episode, hours)
            former[key] = [run for one in self._former.get(id, []) for run in _run(one, hours)]
        return {key: run for key, run in newest.items() if run}, former

    def counts(self) -> Counter[str]:
        """How many alerts of each rule have fired."""
        return Counter(episode.rule for episode in self._newest.values() if episode.fired is not None)

    def _us(self, text: str) -> int:
        if text not in self._times:
            self._times[text] = us(datetime.fromisoformat(text))
        return self._times[text]


def _run(episode: Episode, hours: Hours) -> list[tuple[int, int]]:
    if episode.fired is None:
        return []
    first = hours.number(episode.fired)
    last = hours.count - 1 if episode.ended is None else hours.number(episode.ended) - 1
    return [(first, last)] if first <= last else []


def _subject(record: Mapping[str, Any]) -> str:
    values = record["values"]
    case = next((values[name] for name in CASES if values.get(name) is not None), None)
    return str(case or record["opportunity_id"] or record["customer_id"])


class Told(NamedTuple):
    """What a replay tells."""

    newest: Runs
    """The hours at which each alert fires, by the newest record of it."""
    former: Runs
    """What was told of each as over before that."""
    fired: Counter[str]
    """How many alerts of each rule have fired."""
    records: int
    outcomes: Counter[str]
    """What became of the lines."""

    def __or__(self, other: Told) -> Told:
        """What two replays of different subjects tell."""
        return Told(
            self.newest | other.newest,
            self.former | other.former,
            self.fired + other.fired,
            self.records + other.records,
            self.outcomes + other.outcomes,
        )


def told(lines: Iterable[bytes], policy: Policy, hours: Hours) -> Told:
    """By a replay of the lines, judged at the last hour."""
    records = Records()
    run = Replay(policy, records.take, hours.at(hours.count - 1))
    for _ in run.feed(Line(raw, "-", number) for number, raw in enumerate(lines, 1)):
        pass
    run.finish()
    return Told(*records.runs(hours), records.counts(), records.records, run.outcomes)
