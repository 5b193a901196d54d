"""What employees are to reach by the targets that were set for them and for what they belong to, month by month."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from tests.oracle.law import Law, exact
from tests.oracle.reading import Event

Set = dict[tuple[str, str, str], dict[str, Fraction]]
"""By scope, its id, and the KPI: by period."""


Results = dict[tuple[str, str, int], Fraction]
"""What an employee reached: by name, KPI, and year."""


class Cascade:
    """The targets of a log, spread by the policy; over people by the `results` of the year before, where there are."""

    def __init__(self, law: Law, events: list[Event], results: Results | None = None) -> None:
        self._law, self._results = law, results
        self._set: Set = {}
        self._records: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self._months: dict[tuple[str, int], dict[str, Fraction]] = {}
        for event in events:
            data = event.data
            if event.type == "employee.upserted":
                day = law.day(event.time)
                self._records.setdefault(data["employee_id"], []).append((day.year * 12 + day.month, dict(data)))
            elif event.type == "target.set" and (data.get("level") or "target") == "target":
                scope = (data["scope"], "" if data["scope"] == "company" else data["scope_id"], data["kpi"])
                self._set.setdefault(scope, {})[data["period"]] = exact(data["value"])

    def target(self, employee: str, kpi: str, period: str, grows: bool) -> Fraction | None:
        """What follows for an employee and a period; None where nothing does."""
        own = self._set.get(("employee", employee, kpi), {})
        if period in own or not grows or period.endswith("d"):
            return own.get(period)
        found = [self.months(kpi, int(period[:4]) * 12 + month).get(employee) for month in _months(period)]
        return None if None in found else sum((part for part in found if part is not None), Fraction(0))

    def months(self, kpi: str, month: int) -> dict[str, Fraction]:
        """Everybody's target for a KPI in a month (year * 12 + 1 to 12)."""
        key = (kpi, month)
        if key not in self._months:
            self._months[key] = self._everybody(kpi, month)
        return self._months[key]

    def _everybody(self, kpi: str, month: int) -> dict[str, Fraction]:
        found = {}
        for scope, name, of in self._set:
            own = self._month(("employee", name, kpi), month)
            if scope == "employee" and of == kpi and own is not None:
                found[name] = own
        places = {name: place for name in self._records if (place := self._place(name, month)) is not None}
        for kind in ("team", "department", "company"):
            before = dict(found)
            for name in {place[kind] for place in places.values()}:
                whole = self._month((kind, name, kpi), month)
                members = sorted(one for one, place in places.items() if place[kind] == name and name is not None)
                free = [one for one in members if one not in before]
                if whole is not None and free:
                    rest = whole - sum(before.get(one, 0) for one in members)
                    found |= dict(zip(free, _cut(rest, self._weights(free, kpi, (month - 1) // 12)), strict=True))
        return found

    def _weights(self, people: list[str], kpi: str, year: int) -> list[Fraction]:
        """Equal, or by what each had in the year before; who has none weighs as the mean of those who have."""
        if self._results is None:
            return [Fraction(1)] * len(people)
        had = {
            one: max(self._results[one, kpi, year - 1], Fraction(0))
            for one in people
            if (one, kpi, year - 1) in self._results
        }
        mean = sum(had.values(), Fraction(0)) / len(had) if had else Fraction(1)
        return [had.get(one, mean) for one in people]

    def _place(self, name: str, month: int) -> dict[str, str] | None:
        """Where somebody belongs at the end of a month; before the first record, where that says."""
        known: dict[str, Any] = {}
        for when, data in self._records[name]:
            if when <= month:
                known |= data
        if known.get("active", True) is False:
            return None
        known = known or dict(self._records[name][0][1])
        first = next((data for _, data in self._records[name] if "department" in data), {})
        known.setdefault("department", first.get("department"))
        return {"team": known["team"], "department": known["department"], "company": ""}

    def _month(self, scope: tuple[str, str, str], month: int) -> Fraction | None:
        given = self._set.get(scope, {})
        year, place = divmod(month - 1, 12)
        keys = [f"{year:04}-{number:02}" for number in range(1, 13)]
        parts = [given.get(key) for key in keys]
        for number in range(4):
            parts = self._fill(parts, given.get(f"{year:04}-Q{number + 1}"), range(number * 3, number * 3 + 3))
        return self._fill(parts, given.get(f"{year:04}"), range(12))[place]

    def _fill(self, parts: list[Fraction | None], whole: Fraction | None, span: range) -> list[Fraction | None]:
        free = [place for place in span if parts[place] is None]
        if whole is None or not free:
            return parts
        rest = whole - sum(parts[place] or 0 for place in span)
        seasons = self._law.seasons
        shares = _cut(rest, [seasons[place] for place in free])
        return [shares[free.index(place)] if place in free else part for place, part in enumerate(parts)]


def _months(period: str) -> range:
    if "Q" in period:
        return range(int(period[-1]) * 3 - 2, int(period[-1]) * 3 + 1)
    return range(int(period[5:]), int(period[5:]) + 1) if len(period) > 4 else range(1, 13)


def _cut(whole: Fraction, weights: list[Fraction]) -> list[Fraction]:
    whole = max(whole, Fraction(0))
    if not any(weights):
        weights = [Fraction(1)] * len(weights)
    shares = [Fraction(floor(whole * weight / sum(weights) * 100), 100) for weight in weights]
    last = max(place for place, weight in enumerate(weights) if weight)
    shares[last] += whole - sum(shares)
    return shares
