"""What is known of one employee: the record, the targets, and the sums that each origin contributes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.core.aims import Aims
from streams.core.employees.sheet import Sheet
from streams.core.kpis.relations import AHEAD
from streams.core.ledger import Measures
from streams.policy.zone import month_of

NOBODY: dict[str, Any] = {}
Origin = int | str
"""A partition that contributes; of what a campaign comes to, its number and the campaign's id."""


def come(bucket: str, measures: Measures, today: int | None) -> Measures:
    """What of a bucket's measures counts on a local day: not what is known ahead of a month that is yet to come."""
    if today is None or bucket[0] != "m" or int(bucket[1:]) <= month_of(today):
        return measures
    return {measure: value for measure, value in measures.items() if not measure.startswith(AHEAD)}


class Employee:
    """The facts of one employee. Contributions are absolute and versioned: twice, or late, they change nothing."""

    __slots__ = (
        "_contributions",
        "aims",
        "changed",
        "due",
        "id",
        "moved",
        "profile",
        "profile_version",
        "published",
        "sheets",
        "spreads",
        "sums",
        "turn",
        "waiting",
    )

    def __init__(self, id: str) -> None:
        self.id = id
        self.profile = NOBODY
        self.profile_version = -1
        self.aims = Aims()
        self.sums: dict[str, Measures] = {}
        self._contributions: dict[str, dict[Origin, tuple[int, Measures]]] = {}
        self.due: set[str] = set()
        """Periods to be told at the next flush, whatever made them other."""
        self.changed: set[str] = set()
        """Those that contributions changed, some of which may wait."""
        self.waiting: frozenset[str] = frozenset()
        """What of it waits, as of the last flush."""
        self.turn = -1
        """In which what may wait was told last."""
        self.moved = True
        """Whether what days that are over brought, or what goals are judged by, may be other than at the last look."""
        self.spreads: dict[tuple[str, str], float | None] = {}
        """Of KPIs and periods, half of the range of their forecasts, as long as it holds."""
        self.published: set[str] = set()
        self.sheets: dict[str, Sheet] = {}
        """Of periods that are worked on; what is not there can be made from the sums."""

    def contribute(self, bucket: str, origin: Origin, version: int, measures: Measures) -> Measures | None:
        """Put an origin's contribution to a bucket in the place of its former one: what it adds to each measure.

        None for one that is older, which changes nothing.
        """
        origins = self._contributions.setdefault(bucket, {})
        known_version, known = origins.get(origin, (-1, NOBODY))
        if version < known_version:
            return None
        origins[origin] = (version, measures)
        sums = self.sums.setdefault(bucket, {})
        added: Measures = {}
        for measure in {**known, **measures}:
            more = measures.get(measure, 0) - known.get(measure, 0)
            if more:
                added[measure] = more
                total = sums.get(measure, 0) + more
                if total:
                    sums[measure] = total
                else:
                    del sums[measure]
        return added

    def look_back(self) -> None:
        """What is over is another now, or was told by another policy or on another day."""
        self.moved = True
        self.spreads.clear()

    def forget(self, bucket: str) -> list[Origin]:
        """Drop a bucket that is out of reach; the origins that had contributed to it."""
        self.sums.pop(bucket, None)
        return sorted(self._contributions.pop(bucket, {}), key=str)

    def shares(self) -> list[tuple[str, Origin]]:
        """Which origins contributed to which buckets."""
        return [(bucket, origin) for bucket, origins in self._contributions.items() for origin in origins]

    def buckets(self) -> Iterable[str]:
        """The buckets that anything was contributed to."""
        return self.sums.keys()

    def total(self, buckets: Iterable[str], today: int | None = None) -> Measures:
        """The sums of some buckets together: all of them, or what counts on a local day."""
        found: Measures = {}
        for bucket in buckets:
            for measure, value in come(bucket, self.sums.get(bucket, NOBODY), today).items():
                found[measure] = found.get(measure, 0) + value
        return found
