"""The log of a round: what a simulated organisation sends, with everything that befalls events on their way."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NamedTuple

import msgspec
import yaml

from streams.events import CustomerErased, CustomerMerged, CustomerUpserted, Event, EventVoided, encode, make_event
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
    """`lines` are what arrives of so many encoded events; `events` are what these mean, each once, by time: nothing is
    taken back, and of two customers that are one there is but the one."""

    events: list[bytes]
    number: int
    lines: list[Line]

    @property
    def repeated(self) -> int:
        """How many lines are there a second time."""
        return sum(not line.malformed for line in self.lines) - self.number


def law() -> dict[str, Any]:
    """The policy as the recount reads it."""
    parsed: dict[str, Any] = yaml.safe_load(POLICY)
    return parsed


def log(seed: int, events: int, day: date) -> Log:
    """So many events that end as `day` begins (UTC): twice, late, shuffled within an hour, among malformed ones.

    Nobody is erased: what counts of a customer then is what came before, so it goes by how far the workers were.
    """
    end = datetime.combine(day, time(), UTC)
    scale = Scale(
        seed=seed, teams=4, employees=24, customers=max(40, events // 100), events=events, timezone="Europe/Berlin",
        start=end - timedelta(days=DAYS), end=end, stages=("Prospecting", "Engaging", "Proposal"), currency="USD",
    )  # fmt: skip
    found = [event for event in simulate(scale) if event.time < end and not isinstance(event.data, CustomerErased)]
    found += merges(found, seed, scale.customers // 50)
    found.sort(key=lambda event: event.time)
    told = [encode(event) for event in found]
    known = set(told)
    hour = max(2, len(told) // (DAYS * 24))
    arriving = messy(told, seed, duplicates=DUPLICATES, late=LATE, window=hour, malformed=MALFORMED)
    lines = [Line(*addressed(raw), raw, raw not in known) for raw in arriving]
    return Log([encode(event) for event in meant(found)], len(told), lines)


def merges(events: Sequence[Event], seed: int, number: int) -> Iterator[Event]:
    """So many customers become others, of whom there is no such event yet, at some time of the second half."""
    dice = random.Random(seed)
    busy = {
        name
        for event in events
        if isinstance(data := event.data, CustomerMerged)
        for name in (data.customer_id, data.into)
    }
    free = sorted({event.data.customer_id for event in events if isinstance(event.data, CustomerUpserted)} - busy)
    chosen = dice.sample(free, 2 * number)
    for place, (gone, into) in enumerate(zip(chosen[:number], chosen[number:], strict=True)):
        at = dice.choice(events[len(events) // 2 :])
        yield make_event(CustomerMerged(customer_id=gone, into=into), f"merge-{place}", at.source, at.time)


def meant(events: Sequence[Event]) -> Iterator[Event]:
    """The events as if they had been told right at first: no voids, and the customers that remain."""
    void = {(data.source, data.event_id) for event in events if isinstance(data := event.data, EventVoided)}
    into = {data.customer_id: data.into for event in events if isinstance(data := event.data, CustomerMerged)}
    for event in events:
        if isinstance(event.data, EventVoided | CustomerMerged) or (event.source, event.id) in void:
            continue
        name = told = getattr(event.data, "customer_id", None)
        while name in into:
            name = into[name]
        if name == told:
            yield event
        else:
            data = msgspec.structs.replace(event.data, customer_id=name)
            yield make_event(data, event.id, event.source, event.time, enteredtime=event.enteredtime)


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
