"""The funnel of every team, and of the company as a whole, from what the teams' members add to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from streams.core.bins import percentile
from streams.core.company.pool import Pool
from streams.core.formats import reader
from streams.core.funnel import COMPANY, LINES
from streams.core.kpis import Unit, number
from streams.core.ledger import Measures
from streams.core.page import Page
from streams.core.periods import current
from streams.core.records import Contribution, unpacked
from streams.core.stage import Send
from streams.core.units import ATOM, DAY, EXPECTED
from streams.events.instants import iso
from streams.policy import Policy

_read = reader(Contribution)


class Funnels:
    """The funnels of all teams and periods. One that nothing has changed in is not told again, unless time moved on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._shares: dict[tuple[str, str, int], tuple[int, Measures]] = {}
        self._pools: dict[str, Pool] = {}

    def take(self, team: str, bucket: str, origin: int, value: bytes) -> None:
        """Take in what an origin knows of a team's bucket (empty: nothing any more). An older one changes nothing."""
        place = team, bucket, origin
        known_version, known = self._shares.pop(place, (-1, {}))
        version, measures = -1, {}
        if value:
            share = _read(value)
            self._page.learn(share.clock)
            version, measures = share.version, unpacked(share.measures)
            if version < known_version:
                version, measures = known_version, known
            self._shares[place] = version, measures
        changes = ((name, measures.get(name, 0) - known.get(name, 0)) for name in {**known, **measures})
        added = {name: change for name, change in changes if change}
        if added:
            for name in {team, COMPANY}:
                pool = self._pools.get(name)
                if pool is None:
                    pool = self._pools[name] = Pool()
                pool.add(bucket, added, self._page.today)

    def restored(self) -> None:
        """Every record has been given; all that it comes to had been told."""
        today = self._page.today
        for pool in self._pools.values():
            pool.due.clear()
            if self._page.known:
                pool.published = {period for period in pool.periods(today) if pool.measures(period, today)}

    def touch(self, concerned: Callable[[str], bool] = lambda period: True) -> None:
        """Time moved on, or the policy is another: those of some periods are to be told again."""
        for pool in self._pools.values():
            pool.due.update(period for period in pool.periods(self._page.today) if concerned(period))

    def flush(self, policy: Policy) -> Iterator[Send]:
        """The funnels that changed, by their keys; those in which there is nothing any more are deleted."""
        due = [(team, period) for team, pool in self._pools.items() for period in pool.due] if self._page.known else []
        for team, period in sorted(due, key="/".join):
            pool, key = self._pools[team], f"{team}/{period}".encode()
            measures = pool.measures(period, self._page.today)
            if measures:
                pool.published.add(period)
                yield Send("funnel", key, self._record(team, period, measures, policy))
            elif period in pool.published:
                pool.published.discard(period)
                yield Send("funnel", key, None)
        for pool in self._pools.values():
            pool.due.clear()

    def _record(self, team: str, period: str, sums: Measures, policy: Policy) -> dict[str, Any]:
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
            "leads": _by_suffix(sums, "leads:") if contains_now else None,
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
