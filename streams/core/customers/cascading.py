"""Targets of teams, departments and the company, spread over people month by month, and what they come to together.

Every partition hears of every target and of everybody's record, so each works the same out and tells what is its own:
the shares of the employees, and the sums of the teams, that have their home here. Nothing of it depends on the order in
which anything arrived, nor on what time it is: in a month somebody belongs where the record as of its end says.

A month of a narrower scope goes before that of a wider one: own, team, department, company. So every month of a scope
adds up to what was set for it, and as longer periods of people are sums of months, so do they.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams.core.cascade import NONE, Given, Months, adds_up, month_weights, months_of, places, split, whole_of
from streams.core.customers.results import Results, figure_before
from streams.core.employment import day_of
from streams.core.formats import reader, tagged
from streams.core.ledger import Measures
from streams.core.organisation import Organisation, Stamp
from streams.core.records import packed, unpacked
from streams.core.stage import partition_of
from streams.core.targets import (
    COMPANY,
    DEPARTMENT,
    DRIFT,
    EMPLOYEE,
    SHARE,
    SINCE,
    SUMS,
    TARGET,
    TEAM,
    WHOLE,
    Group,
    Scope,
    Targets,
)
from streams.events import TargetSet
from streams.policy import Policy, Shares
from streams.policy.periods import first_day, periods_of_year

_KINDS = (TEAM, DEPARTMENT, COMPANY)
"""The scopes of many people, the narrowest first."""


class Place(NamedTuple):
    """Where somebody belongs in a month."""

    team: str | None
    department: str | None

    def scopes(self) -> tuple[Scope, ...]:
        """The scopes that this is in."""
        team = () if self.team is None else ((TEAM, self.team),)
        department = () if self.department is None else ((DEPARTMENT, self.department),)
        return (*team, *department, (COMPANY, ""))


Fact = tuple[str, str]
"""An employee, and `share <year> <level> <kpi>`: by `<month> <scope>` the target that comes from a wider scope. Or a
team, and `sums <year> <kpi>`: by `target <period>`, `drift <period>` and `<scope> <period>` what the team is to reach,
what its people's targets come to less that, and the same drift of `company` and of `department:<id>` above it; by
`whole <label> <period>` what was set where such a drift is told, and by `since <period>` when, us."""
Facts = dict[Fact, Measures]
"""All in atoms."""

KIND = "told"
"""The kind of the state records of what was told."""
_read = reader(dict[str, int | str])


class Cascade:
    """The targets of one partition's employees and teams that follow from those of wider scopes."""

    def __init__(
        self, policy: Policy, origin: int, partitions: int, organisation: Organisation, targets: Targets
    ) -> None:
        self._policy = policy
        self._origin, self._partitions = origin, partitions
        self._organisation, self._targets = organisation, targets
        self._results = Results()
        self._due: set[Group] = set()
        self._places: dict[str, dict[str, tuple[Place | None, ...]]] = {}
        self._told: dict[Group, Facts] = {}

    def is_home(self, name: str) -> bool:
        """Whether an employee or a team has its home in this partition."""
        return partition_of(name, self._partitions) == self._origin

    def adopt(self, policy: Policy) -> None:
        """Spread by another policy from now on."""
        self._policy = policy
        self.people_changed()

    def set(self, stamp: Stamp, data: TargetSet) -> None:
        """Take in a target."""
        group = self._targets.set(stamp, data)
        if group is not None:
            self._due.add(group)

    def reached(self, employee: str, figures: Measures) -> None:
        """What somebody reached in years that are over, as far as it matters."""
        changed = self._results.put(employee, figures)
        if changed:
            self._due |= {group for group in self._targets.groups() if figure_before(group.kpi, group.year) in changed}

    def depart(self, employee: str) -> None:
        """Somebody was erased."""
        self._results.forget(employee)
        self.people_changed()

    def people_changed(self) -> None:
        """The record of somebody is another."""
        self._places.clear()
        self._due.update(self._targets.groups())

    def restore(self, name: str, fact: str, value: bytes) -> None:
        """Put back what was told."""
        kind, year, rest = fact.split(" ", 2)
        level, kpi = rest.split(" ", 1) if kind == SHARE else (TARGET, rest)
        self._told.setdefault(Group(kpi, level, year), {})[name, fact] = unpacked(_read(value))

    def restore_reached(self, value: bytes) -> None:
        """Put back a record of `take_reached`."""
        self._results.restore(value)

    def take_reached(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records of what people reached that changed since the last time."""
        return self._results.take_dirty()

    def settle(self) -> Iterator[tuple[Fact, dict[str, int | str], bytes | None]]:
        """What is other than it was told, the whole of it, and the state record of that."""
        for group in sorted(self._due):
            known, found = self._told.get(group, {}), self._work_out(group)
            self._told[group] = found
            for fact in sorted(known.keys() | found.keys()):
                measures = found.get(fact, {})
                if measures != known.get(fact, {}):
                    written = packed(measures)
                    yield fact, written, tagged(written) if written else None
        self._due.clear()

    def _work_out(self, group: Group) -> Facts:
        if not adds_up(group.kpi):
            return {}
        given, weights = self._targets.given(group), month_weights(self._policy, group.year)
        aims = {scope: months_of(of, group.year, weights) for scope, of in given.items()}
        where = self._placed(group.year)
        wide = any(kind != EMPLOYEE for kind, _ in aims)
        people = sorted(where if wide else where.keys() & {name for kind, name in aims if kind == EMPLOYEE})
        facts: Facts = {}
        bucket = f"{SHARE} {group.year} {group.level} {group.kpi}"
        sums: defaultdict[Scope, list[int | None]] = defaultdict(lambda: list(NONE))
        for month in range(12):
            members: dict[Scope, list[str]] = {}
            reached: dict[str, int] = {}
            for name in people:
                place = where[name][month]
                if place is None:
                    continue
                own = aims.get((EMPLOYEE, name), NONE)[month]
                if own is not None:
                    reached[name] = own
                for scope in place.scopes():
                    members.setdefault(scope, []).append(name)
            for kind in _KINDS:
                for scope in sorted(scope for scope in members if scope[0] == kind):
                    whole = aims.get(scope, NONE)[month]
                    if whole is not None:
                        for name, share in self._spread(whole, members[scope], reached, group):
                            reached[name] = share
                            if self.is_home(name):
                                facts.setdefault((name, bucket), {})[f"{month} {kind}"] = share
            for scope, names in members.items():
                known = [reached[name] for name in names if name in reached]
                if known:
                    sums[scope][month] = sum(known)
        if group.level == TARGET:
            facts |= self._teams(group, given, aims, {scope: tuple(months) for scope, months in sums.items()})
        return facts

    def _spread(
        self, whole: int, members: list[str], reached: Mapping[str, int], group: Group
    ) -> Iterator[tuple[str, int]]:
        """The shares of those members that nothing narrower has reached."""
        free = [name for name in members if name not in reached]
        if free:
            rest = whole - sum(reached[name] for name in members if name in reached)
            by_results = self._policy.targets.shares is Shares.LAST_YEAR
            weights = self._results.weights(free, group.kpi, group.year) if by_results else [1] * len(free)
            yield from zip(free, split(rest, weights), strict=True)

    def _teams(
        self, group: Group, given: dict[Scope, Given], aims: dict[Scope, Months], sums: dict[Scope, Months]
    ) -> Facts:
        """The sums of the teams that are at home here."""
        facts: Facts = {}
        drifts: dict[Scope, dict[str, tuple[int, int]]] = {}
        since = self._targets.newest(group)
        parts: dict[str, set[Scope]] = {}
        for months in self._placed(group.year).values():
            for place in months:
                if place is not None and place.team is not None and self.is_home(place.team):
                    parts.setdefault(place.team, set()).update(place.scopes())
        for kind, name in given:
            if kind == TEAM and self.is_home(name):
                parts.setdefault(name, {(TEAM, name)})
        for team, scopes in parts.items():
            for scope in scopes:
                if scope not in drifts:
                    drifts[scope] = _drift(scope, group.year, given, aims, sums)
            found = {
                f"{TARGET} {period}": target
                for period in periods_of_year(group.year)
                if (target := _target((TEAM, team), period, given, aims, sums)) is not None
            }
            for kind, name in sorted(scopes):
                label = DRIFT if kind == TEAM else kind if kind == COMPANY else f"{kind}:{name}"
                for period, (drift, whole) in drifts[kind, name].items():
                    found |= {
                        f"{label} {period}": drift,
                        f"{WHOLE} {label} {period}": whole,
                        f"{SINCE} {period}": since,
                    }
            if found:
                facts[team, f"{SUMS} {group.year} {group.kpi}"] = found
        return facts

    def _placed(self, year: str) -> Mapping[str, tuple[Place | None, ...]]:
        """By employee, where everybody belongs in the months of a year."""
        known = self._places.get(year)
        if known is None:
            zone, first = self._policy.zone, int(year) * 12
            days = [first_day(first + month) for month in range(13)]
            ends = [zone.midnight(day) - 1 for day in days[1:]]
            known = self._places[year] = {
                name: tuple(self._place(name, end, day) for end, day in zip(ends, days[1:], strict=True))
                for name in self._organisation.employees()
            }
        return known

    def _place(self, name: str, end: int, day: int) -> Place | None:
        """Where somebody belongs in the month that ends at an instant, before a day."""
        known = self._organisation
        hired = day_of(known.hired_at(name), self._policy.zone)
        if not known.is_active(name, end) or (hired is not None and hired >= day):
            return None
        team = known.team_at(name, end)
        return Place(known.first_team(name) if team is None else team, known.department_at(name, end))


def _set(scope: Scope, period: str, given: Mapping[Scope, Given], aims: Mapping[Scope, Months]) -> int | None:
    return whole_of(given[scope], aims[scope], period) if scope in given else None


def _together(scope: Scope, period: str, sums: Mapping[Scope, Months]) -> int | None:
    known = [part for place in places(period) if (part := sums.get(scope, NONE)[place]) is not None]
    return sum(known) if known else None


def _target(
    scope: Scope,
    period: str,
    given: Mapping[Scope, Given],
    aims: Mapping[Scope, Months],
    sums: Mapping[Scope, Months],
) -> int | None:
    whole = _set(scope, period, given, aims)
    return _together(scope, period, sums) if whole is None else whole


def _drift(
    scope: Scope, year: str, given: Mapping[Scope, Given], aims: Mapping[Scope, Months], sums: Mapping[Scope, Months]
) -> dict[str, tuple[int, int]]:
    """By period, what the parts come to less what was set, and that."""
    return {
        period: ((_together(scope, period, sums) or 0) - whole, whole)
        for period in periods_of_year(year)
        if (whole := _set(scope, period, given, aims)) is not None
    }
