"""The log of a round: what a simulated organisation sends, with everything that befalls events on their way."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

import yaml

from streams.events import encode
from streams.simulate import Scale, messy, simulate
from tests.acceptance.installation import addressed

POLICY: Final = """\
timezone: Europe/Berlin
currency: {reporting: EUR, rates: {USD: 0.92}}
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 14d}
    - {name: Engaging, probability: 0.4, stall_after: 21d}
    - {name: Proposal, probability: 0.7, stall_after: 10d}
  stall_basis: last_activity
contact:
  intervals: {A: 7d, B: 14d, default: 30d}
  lead_time: 12h
scorecards:
  sales:
    kpis:
      - {kpi: won_amount, perspective: financial, weight: 40, target: 40000, cap: 1.2}
      - {kpi: win_rate, perspective: process, weight: 20, target: 0.5}
      - {kpi: contacts_connected, perspective: customer, weight: 20, target: 60}
      - {kpi: bad_debt_rate, perspective: financial, weight: 10, target: 0.05, better: lower}
      - {kpi: sales_cycle_days, perspective: process, weight: 10, target: 30}
"""
"""Without a hold and in elapsed time, so that the recount can judge all of it, the alerts too."""

DAYS: Final = 200
"""Days that the log spans; the rolling 90 days and two quarters lie within."""
DUPLICATES, LATE, MALFORMED = 0.05, 0.05, 0.01


class Line(NamedTuple):
    """One record as it is sent: the plain name of its topic, its key, its bytes, and whether it must be refused."""

    topic: str
    key: bytes
    raw: bytes
    malformed: bool


class Log(NamedTuple):
    """`events` are the encoded events, each once, by time; `lines` are what arrives instead."""

    events: list[bytes]
    lines: list[Line]

    @property
    def repeated(self) -> int:
        """How many lines are there a second time."""
        return sum(not line.malformed for line in self.lines) - len(self.events)


def law() -> dict[str, Any]:
    """The policy as the recount reads it."""
    parsed: dict[str, Any] = yaml.safe_load(POLICY)
    return parsed


def log(seed: int, events: int, day: date) -> Log:
    """So many events that end as `day` begins (UTC): twice, late, shuffled within an hour, among malformed ones."""
    end = datetime.combine(day, time(), UTC)
    scale = Scale(
        seed=seed, teams=4, employees=24, customers=max(40, events // 100), events=events, timezone="Europe/Berlin",
        start=end - timedelta(days=DAYS), end=end, stages=("Prospecting", "Engaging", "Proposal"), currency="USD",
    )  # fmt: skip
    told = [encode(event) for event in simulate(scale) if event.time < end]
    known = set(told)
    hour = max(2, len(told) // (DAYS * 24))
    arriving = messy(told, seed, duplicates=DUPLICATES, late=LATE, window=hour, malformed=MALFORMED)
    return Log(told, [Line(*addressed(raw), raw, raw not in known) for raw in arriving])


def teams(events: Iterable[bytes]) -> dict[str, str]:
    """The team of each employee, by the last that the log says of it."""
    found: dict[str, tuple[str, str]] = {}
    for raw in events:
        event = json.loads(raw)
        if event["type"] == "employee.upserted" and event["data"].get("team"):
            found[event["data"]["employee_id"]] = max(
                found.get(event["data"]["employee_id"], ("", "")), (event["time"], event["data"]["team"])
            )
    return {employee: team for employee, (_, team) in found.items()}
