"""What teams are to reach, and how far what is set for teams, departments and the company differs from its parts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from streams.core.formats import reader
from streams.core.ledger import Measures
from streams.core.records import Contribution, unpacked
from streams.core.targets import COMPANY, DEPARTMENT, DRIFT, SINCE, TARGET, TEAM, WHOLE
from streams.core.units import QUANTITY

_read = reader(Contribution)


class Drift(NamedTuple):
    """What the parts of a target come to, less the target, in atoms."""

    scope: str
    """`team:<id>`, `department:<id>` or `company`."""
    kpi: str
    period: str
    amount: int
    whole: int
    """The target."""
    since: int
    """When a target of the KPI was set last in the year, us."""


class TeamAims:
    """By team and period, what every partition says of a KPI in a year."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, int], Measures] = {}
        self._told: dict[tuple[str, str], dict[str, dict[str, int]]] = {}

    def take(self, team: str, bucket: str, origin: int, value: bytes) -> Iterator[str]:
        """Take in a team's sums of a KPI in a year, the whole of them; answers the periods in which they are others."""
        _, _, kpi = bucket.split(" ", 2)
        known = self._sums.pop((team, bucket, origin), {})
        sums = unpacked(_read(value).measures) if value else {}
        if sums:
            self._sums[team, bucket, origin] = sums
        touched = set()
        for name in known.keys() | sums.keys():
            if known.get(name) != sums.get(name):
                label, _, period = name.rpartition(" ")
                told = self._told.setdefault((team, period), {}).setdefault(label, {})
                told.pop(kpi, None)
                if name in sums:
                    told[kpi] = sums[name]
                touched.add(period)
        yield from sorted(touched)

    def told(self, team: str, period: str) -> dict[str, Any]:
        """The fields of a team's record."""
        labels = self._told.get((team, period), {})
        above = {label: _written(by) for label, by in sorted(labels.items()) if by and _is_above(label)}
        return {
            "targets": _written(labels.get(TARGET, {})),
            "drift": _written(labels.get(DRIFT, {})),
            "drift_above": above,
        }

    def drifts(self, periods: Collection[str] | None) -> Iterator[Drift]:
        """Every drift of some periods, or of all; that of a wider scope once."""
        found: dict[tuple[str, str, str], Drift] = {}
        for (team, period), labels in self._told.items():
            if periods is not None and period not in periods:
                continue
            for label, by in labels.items():
                if label != DRIFT and not _is_above(label):
                    continue
                scope = f"{TEAM}:{team}" if label == DRIFT else label
                for kpi, amount in by.items():
                    whole, since = labels.get(f"{WHOLE} {label}", {}).get(kpi), labels.get(SINCE, {}).get(kpi)
                    if whole is not None and since is not None:  # a former release said neither, and tells again
                        found[scope, kpi, period] = Drift(scope, kpi, period, amount, whole, since)
        yield from found.values()


def _is_above(label: str) -> bool:
    """Whether it names a scope above a team."""
    return label == COMPANY or label.startswith(f"{DEPARTMENT}:")


def _written(by: dict[str, int]) -> dict[str, float]:
    return {kpi: value / QUANTITY for kpi, value in sorted(by.items())}
