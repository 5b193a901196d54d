"""The funnel of every team, and of the company as a whole, from what each employee adds to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from streams.core.formats import reader
from streams.core.funnel import LINES, percentile
from streams.core.kpis import Unit, number
from streams.core.ledger import Measures
from streams.core.page import Page
from streams.core.periods import current
from streams.core.records import Share, unpacked
from streams.core.stage import Send
from streams.core.units import ATOM, DAY, EXPECTED
from streams.events.instants import iso
from streams.policy import Policy

COMPANY = ""
"""The team part of the key of the whole: no team has an empty name. It holds those without a team too."""

_read = reader(Share)


class Row(NamedTuple):
    """What an employee adds in a period."""

    team: str | None
    measures: Measures


class Sums:
    """The sums of a team in a period, and how many employees they are of."""

    __slots__ = ("measures", "members")

    def __init__(self) -> None:
        self.members = 0
        self.measures: Measures = {}


class Funnels:
    """The funnels of all periods. One that nothing has changed in is not told again, unless time moved on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._rows: dict[tuple[str, str], Row] = {}
        self._sums: dict[tuple[str, str], Sums] = {}
        self._due: set[tuple[str, str]] = set()

    def take(self, employee: str, period: str, value: bytes) -> None:
        """Take in what an employee adds in a period (empty: nothing any more)."""
        known = self._rows.pop((employee, period), None)
        row = None
        if value:
            share = _read(value)
            self._page.learn(share.clock)
            row = self._rows[employee, period] = Row(share.team, unpacked(share.measures))
        if row != known:
            for place, sign in ((known, -1), (row, 1)):
                if place is not None:
                    for team in {COMPANY, place.team or COMPANY}:
                        self._add(team, period, place.measures, sign)

    def _add(self, team: str, period: str, measures: Measures, sign: int) -> None:
        sums = self._sums.setdefault((team, period), Sums())
        sums.members += sign
        held = sums.measures
        for measure, value in measures.items():
            total = held.get(measure, 0) + sign * value
            if total:
                held[measure] = total
            else:
                held.pop(measure, None)
        self._due.add((team, period))

    def restored(self) -> None:
        """Every record has been given; all of it had been told."""
        self._drop_empty()
        self._due.clear()

    def touch(self, concerned: Callable[[str], bool] = lambda period: True) -> None:
        """Time moved on, or the policy is another: those of some periods are to be told again."""
        self._due.update(place for place in self._sums if concerned(place[1]))

    def flush(self, policy: Policy) -> Iterator[Send]:
        """The funnels that changed, by their keys; those of nobody any more are deleted."""
        gone = self._drop_empty()
        for team, period in sorted(self._due, key="/".join):
            key = f"{team}/{period}".encode()
            if (team, period) in gone:
                yield Send("funnel", key, None)
            else:
                yield Send("funnel", key, self._record(team, period, policy))
        self._due.clear()

    def _drop_empty(self) -> set[tuple[str, str]]:
        gone = {place for place in self._due if not self._sums[place].members}
        for place in gone:
            del self._sums[place]
        return gone

    def _record(self, team: str, period: str, policy: Policy) -> dict[str, Any]:
        sums = self._sums[team, period].measures
        contains_now = period in current(self._page.today)
        return {
            "team": team,
            "period": period,
            "as_of": iso(self._page.as_of(period)),
            "stages": [stage_line(stage.name, sums, contains_now) for stage in policy.stages],
            "count": {line: sums.get(f"bridge:{line}", 0) for line in LINES},
            "amount": {line: _money(sums.get(f"bridge_amount:{line}", 0)) for line in LINES},
            "won_count": sums.get("won", 0),
            "won_amount": _money(sums.get("won_amount", 0)),
            **_outlook(sums, contains_now),
            "customers": _by_suffix(sums, "customers:") if contains_now else None,
            "policy_version": policy.version,
        }


def stage_line(name: str, sums: Measures, contains_now: bool) -> dict[str, Any]:
    """A stage of the funnel; what is measured at `as_of` is None in a period that does not contain it."""
    get = sums.get
    entered, passed = get(f"entered:{name}", 0), get(f"passed:{name}", 0)
    stays = _stays(sums, name)
    ended = sum(stays.values())
    return {
        "stage": name,
        "open_count": get(f"at:{name}", 0) if contains_now else None,
        "open_amount": _money(get(f"at_amount:{name}", 0)) if contains_now else None,
        "expected_revenue": _expected(get(f"at_expected:{name}", 0)) if contains_now else None,
        "entered": entered,
        "passed": passed,
        "conversion": passed / entered if entered else None,
        "stays_ended": ended,
        "mean_days": get(f"stay_us:{name}", 0) / (DAY * ended) if ended else None,
        "p50_days": percentile(stays, 50),
        "p90_days": percentile(stays, 90),
    }


def _stays(sums: Measures, stage: str) -> dict[int, int]:
    """By length in days, how many stays in a stage have ended."""
    found = {}
    for name, value in sums.items():
        if name.startswith("stay:"):
            _, days, of = name.split(":", 2)
            if of == stage:
                found[int(days)] = value
    return found


def _outlook(sums: Measures, contains_now: bool) -> dict[str, Any]:
    """What is to come; measured at `as_of`, so None in a period that does not contain it."""
    get = sums.get
    found: dict[str, Any] = dict.fromkeys(("open_count", "open_amount", "forecast", "coverage", "velocity"))
    if not contains_now:
        return found
    won, remaining = get("won_amount", 0), get("target", 0) - get("won_amount", 0)
    found["open_count"], found["open_amount"] = get("open", 0), _money(get("open_amount", 0))
    found["forecast"] = _expected(won * (EXPECTED // ATOM) + get("likely", 0))
    if remaining > 0:
        found["coverage"] = get("open_amount", 0) / remaining
    cycle, count = get("cycle_us", 0), get("won", 0)
    if cycle > 0 and count:
        days = Fraction(cycle, DAY * sums["cycles"])
        rate = Fraction(count, count + get("lost", 0))
        found["velocity"] = float(get("open", 0) * Fraction(won, ATOM * count) * rate / days)
    return found


def _by_suffix(sums: Measures, prefix: str) -> dict[str, int]:
    return {name.removeprefix(prefix): value for name, value in sorted(sums.items()) if name.startswith(prefix)}


def _money(atoms: int) -> int | float:
    return number(atoms, ATOM, Unit.MONEY)


def _expected(weighted: int) -> int | float:
    return number(weighted, EXPECTED, Unit.MONEY)
