"""What each employee is credited with: sums by day and month, as exact integers that can be taken back.

A *measure* is a named integer sum: a count, an amount in atoms (10^-30 of the reporting currency), a duration in
microseconds. It is kept in *buckets*: `m<month>` for good, `d<day>` for the last `DAYS` days before the clock, and
`now` for what stands at this moment. An older late event touches its month alone.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import NamedTuple

from streams.policy import Zone

DAYS = 95
"""Day buckets reach this far back: the longest rolling period of 90 days, and a margin."""

NOW = -(1 << 60)
"""The "day" of what stands at this moment instead of having happened on a day."""

DAYS_ALONE = frozenset(("shared@days", "shared_again@days", "shared_csat_answers@days", "shared_satisfied@days"))
"""Measures of rolling periods that stand on days on which nothing else may have happened: no month is told of them."""

Measures = dict[str, int]


class Place(NamedTuple):
    """Where a sum is kept: an employee and one of the buckets."""

    employee: str
    bucket: str


def month_bucket(month: int) -> str:
    """The bucket of a month (year * 12 + month - 1)."""
    return f"m{month}"


def day_bucket(day: int) -> str:
    """The bucket of a local day (days since 1970-01-01)."""
    return f"d{day}"


class Ledger:
    """The sums of one partition. `post` collects; `settle` moves what was collected into the buckets."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._posted: defaultdict[tuple[str, int], Measures] = defaultdict(partial(defaultdict, int))
        self.totals: dict[str, dict[str, Measures]] = {}
        self._oldest = NOW
        self._names: dict[str, str] = {}  # by employee, another name that all is credited to
        self._filled: set[Place] = set()
        self._emptied: set[Place] = set()

    def rename(self, employee: str, name: str) -> None:
        """Let all that an employee is credited with be another name's from now on."""
        self._names[employee] = name

    def fold(self, employee: str, name: str) -> None:
        """The same of what was credited before, too."""
        self.rename(employee, name)
        for who, day in [place for place in self._posted if place[0] == employee]:
            for measure, value in self._posted.pop((who, day)).items():
                self._posted[name, day][measure] += value
        totals = self.totals.setdefault(name, {})
        for bucket, measures in self.totals.pop(employee, {}).items():
            sums = totals.setdefault(bucket, {})
            for measure, value in measures.items():
                sums[measure] = sums.get(measure, 0) + value
            self._filled.add(Place(name, bucket))
            self._emptied.add(Place(employee, bucket))

    def post(self, employee: str | None, day: int, measure: str, value: int) -> None:
        """Credit `value` to an employee on a local day (or `NOW`); nobody is credited where `employee` is None."""
        if employee is not None and value:
            self._posted[self._names.get(employee, employee), day][measure] += value

    def page(self, employee: str, day: int) -> Measures:
        """What is collected for an employee on a local day, to be added to; a measure that is not there is 0."""
        return self._posted[self._names.get(employee, employee), day]

    def take_back(self, other: Ledger) -> None:
        """Post the opposite of what another ledger has collected and not settled."""
        for (employee, day), measures in other._posted.items():
            page = self.page(employee, day)
            for measure, value in measures.items():
                page[measure] -= value

    def restore(self, place: Place, measures: Measures) -> None:
        """Put back a bucket as it was when it was last settled."""
        self.totals.setdefault(place.employee, {})[place.bucket] = measures

    def pending(self) -> int:
        """How many days of employees wait to be settled."""
        return len(self._posted)

    def settle(self, clock: int) -> tuple[set[Place], set[Place]]:
        """Move what was posted into the buckets; answers (changed, dropped), dropped being days out of reach."""
        oldest = self._zone.day(clock) - DAYS
        changed: set[Place] = set()
        for (employee, day), measures in self._posted.items():
            if not any(measures.values()):
                continue  # taken back and posted again
            buckets = self.totals.setdefault(employee, {})
            if day == NOW:
                names = ["now"]
            else:
                names = [month_bucket(self._zone.month(day))]
                if day > oldest:
                    names.append(day_bucket(day))
            for name in names:
                bucket = buckets.setdefault(name, {})
                for measure, value in measures.items():
                    if measure in DAYS_ALONE and name[0] == "m":
                        continue
                    total = bucket.get(measure, 0) + value
                    if total:
                        bucket[measure] = total
                    else:
                        bucket.pop(measure, None)
                changed.add(Place(employee, name))
        self._posted.clear()
        dropped = self._forget(oldest) if oldest > self._oldest else set()
        changed |= self._filled
        dropped |= self._emptied
        self._filled, self._emptied = set(), set()
        return changed - dropped, dropped

    def _forget(self, oldest: int) -> set[Place]:
        self._oldest = oldest
        dropped = {
            Place(employee, name)
            for employee, buckets in self.totals.items()
            for name in buckets
            if name[0] == "d" and int(name[1:]) <= oldest
        }
        for employee, name in dropped:
            del self.totals[employee][name]
        return dropped
