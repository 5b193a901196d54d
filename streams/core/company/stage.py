"""The front door of the last stage: teams, their totals and their ranking."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from streams.core.formats import reader, tagged
from streams.core.kpis import number, values
from streams.core.ledger import Measures
from streams.core.page import KEY, Page
from streams.core.periods import current, distinct_in
from streams.core.records import Totals, key_of, parts_of, policy_of, read_policy, unpacked
from streams.core.stage import POLICY, TICK, Changes, Send
from streams.events.instants import iso
from streams.policy import Policy

POLICY_KEY = key_of("policy")
"""The key of the policy's text in the state topic."""

_read_totals = reader(Totals)
_read_policy = reader(tuple[str])


class Row(NamedTuple):
    """An employee in a period."""

    team: str | None
    name: str | None
    role: str | None
    active: bool
    measures: Measures
    score: Fraction | None
    rating: str | None


class Company:
    """The stage of the single rollup partition. A change of one employee ranks the teams of that period anew.

    Its policy is that of its state; `policy` is for one that has none yet.
    """

    def __init__(self, policy: Policy, origin: int) -> None:
        self._page = Page(policy.zone)
        self._policy = policy
        self._policy_written = False
        self._origin = origin
        self._states: dict[bytes, bytes | None] = {}
        self._due: set[str] = set()
        self._rows: dict[str, dict[str, Row]] = {}
        self._published: dict[str, set[str]] = {}

    @property
    def clock(self) -> int:
        """The newest tick."""
        return self._page.clock

    @property
    def policy_version(self) -> str:
        """The version of the policy in force."""
        return self._policy.version

    def apply(self, key: bytes, value: bytes, offset: int) -> None:
        """Take one record of the rollup topic: a tick, a policy, or an employee's figures of a period (empty: gone)."""
        if key == TICK:
            self._page.tick(value)
            return
        if key == POLICY:
            self._adopt(read_policy(value))
            return
        self._take(key, value)
        self._states[key] = value or None

    def restore(self, key: bytes, value: bytes) -> None:
        """Take one record of the state topic."""
        if key == KEY:
            self._page.unpack(value)
        elif key == POLICY_KEY:
            self._policy, self._policy_written = policy_of(*_read_policy(value)), True
        else:
            self._take(key, value)

    def restored(self) -> None:
        """Every record has been given. All that is restored had been judged before it was written."""
        self._published = {
            period: {row.team for row in rows.values() if row.team} for period, rows in self._rows.items()
        }
        self._due.clear()

    def _adopt(self, policy: Policy) -> None:
        """Judge by another policy from here on; the same one again changes nothing."""
        if policy.version != self._policy.version:
            self._policy, self._policy_written = policy, False
            self._due.update(self._rows)

    def _take(self, key: bytes, value: bytes) -> None:
        employee, period = map(str, parts_of(key))
        self._due.add(period)
        if not value:
            self._rows.get(period, {}).pop(employee, None)
            return
        totals = _read_totals(value)
        self._page.learn(totals.clock)
        profile = totals.profile
        self._rows.setdefault(period, {})[employee] = Row(
            team=profile.get("team"),
            name=profile.get("name"),
            role=profile.get("role"),
            active=profile.get("active") is not False,
            measures=unpacked(totals.measures),
            score=None if totals.score is None else Fraction(totals.score),
            rating=totals.rating,
        )

    def pending(self) -> int:
        """How many things a flush would write, roughly."""
        return len(self._states)

    def flush(self) -> Changes:
        """The rows to keep, and the teams of every period that changed or that time moved on."""
        turned = self._page.turn()
        if turned is not None:
            self._due |= {period for period in self._rows if self._page.was_open(period, turned[0])}
        sends = [send for period in sorted(self._due) for send in self._rank(period)]
        states = dict(self._states)
        states[KEY] = self._page.pack()
        if not self._policy_written:
            states[POLICY_KEY], self._policy_written = tagged((self._policy.text,)), True
        self._states, self._due = {}, set()
        return Changes(list(states.items()), sends, {})

    def _rank(self, period: str) -> list[Send]:
        teams: dict[str, dict[str, Row]] = {}
        for employee, row in sorted(self._rows.get(period, {}).items()):
            if row.team is not None:
                teams.setdefault(row.team, {})[employee] = row
        scores = {
            team: _mean([r.score for r in rows.values() if r.active and r.score is not None])
            for team, rows in teams.items()
        }
        places = _places({team: score for team, score in scores.items() if score is not None})
        as_of = iso(self._page.as_of(period))
        sends = []
        for team, rows in teams.items():
            score = scores[team]
            record = {
                "team": team,
                "period": period,
                "as_of": as_of,
                "score": None if score is None else float(score),
                "rank": places.get(team),
                "totals": self._totals(period, rows),
                "ranking": _ranking(rows),
                "drift": {},
                "policy_version": self._policy.version,
            }
            sends.append(Send("scores.teams", f"{team}/{period}".encode(), record))
        for gone in sorted(self._published.get(period, set()) - set(teams)):
            sends.append(Send("scores.teams", f"{gone}/{period}".encode(), None))
        self._published[period] = set(teams)
        return sends

    def _totals(self, period: str, rows: dict[str, Row]) -> dict[str, int | float]:
        measures: Measures = {}
        for row in rows.values():
            for measure, value in row.measures.items():
                measures[measure] = measures.get(measure, 0) + value
        contains_now = period in current(self._page.today)
        found = values(measures, distinct_in(period), contains_now)
        # A customer whom two members contacted is one customer of the team: its distinct count is no sum of theirs.
        return {
            name: number(*value.ratio, value.unit) for name, value in found.items() if name != "contacts_per_customer"
        }

    def entries(self) -> dict[str, int]:
        """Number of live entries by table."""
        return {"periods": len(self._rows), "rows": sum(len(rows) for rows in self._rows.values())}

    def alerts(self) -> dict[tuple[str, str, str], int]:
        """This stage has no alerts yet."""
        return {}


def _mean(scores: list[Fraction]) -> Fraction | None:
    return sum(scores, Fraction(0)) / len(scores) if scores else None


def _places(scores: dict[str, Fraction]) -> dict[str, int]:
    """The place of each, 1 for the best; equal scores share one."""
    ordered = sorted(scores.values(), reverse=True)
    return {name: ordered.index(score) + 1 for name, score in scores.items()}


def _ranking(rows: dict[str, Row]) -> list[dict[str, Any]]:
    scored = {employee: row.score for employee, row in rows.items() if row.active and row.score is not None}
    places = _places(scored)
    return [
        {
            "employee_id": employee,
            "name": rows[employee].name,
            "role": rows[employee].role,
            "score": float(scored[employee]),
            "rating": rows[employee].rating,
            "rank": place,
        }
        for employee, place in sorted(places.items(), key=lambda item: (item[1], item[0]))
    ]
