"""What is known of one employee: the record, the targets, and the sums that each origin contributes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from streams.core.employees.sheet import Sheet
from streams.core.ledger import Measures

NOBODY: dict[str, Any] = {}


class Employee:
    """The facts of one employee. Contributions are absolute and versioned: twice, or late, they change nothing."""

    __slots__ = ("_contributions", "due", "goals", "id", "profile", "profile_version", "published", "sheets", "sums")

    def __init__(self, id: str) -> None:
        self.id = id
        self.profile = NOBODY
        self.profile_version = -1
        self.goals: dict[tuple[str, str], tuple[int, Decimal]] = {}
        self.sums: dict[str, Measures] = {}
        self._contributions: dict[str, dict[int, tuple[int, Measures]]] = {}
        self.due: set[str] = set()
        self.published: set[str] = set()
        self.sheets: dict[str, Sheet] = {}
        """Of periods that are worked on; what is not there can be made from the sums."""

    def contribute(self, bucket: str, origin: int, version: int, measures: Measures) -> Measures | None:
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

    def forget(self, bucket: str) -> list[int]:
        """Drop a bucket that is out of reach; the origins that had contributed to it."""
        self.sums.pop(bucket, None)
        return sorted(self._contributions.pop(bucket, {}))

    def buckets(self) -> Iterable[str]:
        """The buckets that anything was contributed to."""
        return self.sums.keys()

    def total(self, buckets: Iterable[str]) -> Measures:
        """The sums of some buckets together."""
        found: Measures = {}
        for bucket in buckets:
            for measure, value in self.sums.get(bucket, NOBODY).items():
                found[measure] = found.get(measure, 0) + value
        return found

    def goal(self, kpi: str, period: str) -> Decimal | None:
        """The target that was set for a KPI in exactly that period."""
        found = self.goals.get((kpi, period))
        return None if found is None else found[1]
