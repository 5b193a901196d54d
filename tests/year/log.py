"""The log of a company: what the simulation makes of it, what that leaves out, and the mess in which all arrives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from streams.events import CustomerErased, CustomerMerged, EventVoided
from streams.simulate import Scale, messy, simulate
from streams.simulate.dice import Dice
from streams.simulate.people import hire
from tests.year.oddities import with_oddities

START = datetime(2026, 1, 1, tzinfo=UTC)
STAGES = ("Prospecting", "Engaging", "Proposing", "Negotiating")
DUPLICATES, LATE, WINDOW = 0.02, 0.002, 400
"""The share of lines that come twice, and of those that come after all others; others stray among so many."""


class Size(NamedTuple):
    """How large the company is, and for how many days from the first of 2026 it is followed."""

    sellers: int = 200
    customers: int = 50_000
    days: int = 365
    seed: int = 1

    @property
    def end(self) -> datetime:
        return START + timedelta(days=self.days)


def lines(size: Size, mess: bool = True) -> Iterator[bytes]:
    """The lines of the log in the order in which they come in; the same for the same size. Without voids,
    erasures and merges, which the recount does not know."""
    unknown = EventVoided | CustomerErased | CustomerMerged
    told = (event for event in simulate(_scale(size)) if not isinstance(event.data, unknown))
    events = with_oddities(told, size.seed, size.end)
    if not mess:
        return events
    return messy(events, size.seed, duplicates=DUPLICATES, late=LATE, window=WINDOW)


def _scale(size: Size) -> Scale:
    """As many people as it takes for so many sellers, in teams of some fifteen."""
    employees = size.sellers
    while True:
        teams = max(employees // 15, min(5, employees))
        scale = Scale(
            seed=size.seed, teams=teams, employees=employees, customers=size.customers, start=START, end=size.end,
            stages=STAGES,
        )  # fmt: skip
        if sum(person.role == "sales" for person in hire(scale, Dice(size.seed)).people) >= size.sellers:
            return scale
        employees += 1
