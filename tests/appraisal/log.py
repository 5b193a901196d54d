"""The log of a company of all roles: what the simulation makes of it, what that leaves out, and the mess of arrival."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from streams.simulate import Scale, messy, simulate
from tests.appraisal.oddities import with_oddities
from tests.year.oddities import STAGES
from tests.year.oddities import with_oddities as with_moves

START = datetime(2025, 11, 17, tzinfo=UTC)
"""In the middle of a month, so that a year, quarters and months begin and end within the log."""
LEFT_OUT = timedelta(hours=37, minutes=13)
"""So long before the end of the log is judged: what comes later is to be left out."""
DUPLICATES, LATE, WINDOW = 0.02, 0.01, 400
"""The share of lines that come twice, and of those that come after all others; others stray among so many."""
UNKNOWN = (b'"event.voided"', b'"customer.erased"', b'"customer.merged"')
"""Types of events that the SQL does not know; the log does without them."""


class Size(NamedTuple):
    """How large the company is, and for how many days it is followed."""

    employees: int = 60
    customers: int = 3_000
    days: int = 365
    seed: int = 1

    @property
    def end(self) -> datetime:
        return START + timedelta(days=self.days)

    @property
    def as_of(self) -> datetime:
        """When it is judged."""
        return self.end - LEFT_OUT


def lines(size: Size) -> Iterator[bytes]:
    """The lines of the log in the order in which they come in; the same for the same size."""
    scale = Scale(
        seed=size.seed, teams=5, employees=size.employees, customers=size.customers, start=START, end=size.end,
        stages=STAGES,
    )  # fmt: skip
    events = with_oddities(with_moves(simulate(scale), size.seed, size.end), size.seed, size.end)
    kept = (line for line in events if not any(kind in line for kind in UNKNOWN))
    return messy(kept, size.seed, duplicates=DUPLICATES, late=LATE, window=WINDOW)
