"""The front door of the last stage: teams, their totals and their ranking."""

from __future__ import annotations

from typing import Any, NamedTuple

from streams.core.company.aims import TeamAims
from streams.core.company.drifts import KIND as DRIFTS
from streams.core.company.drifts import Drifts, Key
from streams.core.company.funnel import Funnels
from streams.core.company.peers import Group, Peers
from streams.core.company.turns import KEY as TURNS_KEY
from streams.core.company.turns import Turns
from streams.core.formats import reader, tagged
from streams.core.kpis import Figures, number
from streams.core.ledger import Measures
from streams.core.page import KEY, Page
from streams.core.periods import current, distinct_in
from streams.core.ratio import Ratio, lowest, read_ratio, total
from streams.core.records import Totals, key_of, parts_of, policy_of, read_policy, unpacked
from streams.core.stage import POLICY, TICK, Changes, Send
from streams.core.targets import SUMS
from streams.events.instants import iso
from streams.policy import Policy

POLICY_KEY = key_of("policy")
"""The key of the policy's text in the state topic."""

_read_totals = reader(Totals)
_read_policy = reader(tuple[str])


DISTINCT = frozenset(
    ("contacts_per_customer", "shared_customers", "shared_csat", "shared_repeat_rate", "shared_retention_rate")
)
"""KPIs that no team has: a customer whom two members contacted is one customer of the team, no sum of theirs."""


class Row(NamedTuple):
    """An employee in a period."""

    team: str | None
    name: str | None
    role: str | None
    active: bool
    measures: Measures
    score: Ratio | None
    rating: str | None
    region: str | None

    @property
    def peers(self) -> Group:
        """Those whom it compares with."""
        return self.role, self.region

    @property
    def compares(self) -> bool:
        """Whether it is one of a peer group."""
        return self.active and self.score is not None


class Team:
    """A team in a period: its members' rows, their sums, and what of them is told, made anew when it changed."""

    __slots__ = ("figures", "members", "ranking", "score")

    def __init__(self, period: str) -> None:
        self.members: dict[str, Row] = {}
        self.figures = Figures(distinct_in(period))
        self.score: Ratio | None = None
        """The mean of the scores of those who are active and have one."""
        self.ranking: list[dict[str, Any]] = []

    def put(self, employee: str, row: Row | None) -> None:
        """Let a row stand for the one that a member had; None for somebody who is no member any more."""
        known = self.members.pop(employee, None)
        former, measures = known.measures if known else {}, row.measures if row else {}
        changes = ((name, measures.get(name, 0) - former.get(name, 0)) for name in {**former, **measures})
        self.figures.add({name: change for name, change in changes if change})
        if row is not None:
            self.members[employee] = row

    def judge(self) -> None:
        """Score the team and rank its members."""
        scored = {name: row.score for name, row in self.members.items() if row.active and row.score is not None}
        mean = total(scored.values())
        self.score = lowest(mean.over, mean.under * len(scored)) if scored else None
        places = _places(scored)
        self.ranking = [
            {
                "employee_id": employee,
                "name": self.members[employee].name,
                "role": self.members[employee].role,
                "score": float(scored[employee]),
                "rating": self.members[employee].rating,
                "rank": place,
            }
            for employee, place in sorted(places.items(), key=lambda item: (item[1], item[0]))
        ]

    def totals(self, contains_now: bool) -> dict[str, int | float]:
        """The KPIs that the members come to together."""
        self.figures.update(contains_now)
        return {
            name: number(*value.ratio, value.unit)
            for name, value in self.figures.values.items()
            if name not in DISTINCT
        }


class Company:
    """The stage of the single rollup partition. A change of one employee ranks the teams of that period anew, and tells
    of the team and of those whose rank is another.

    Its policy is that of its state; `policy` is for one that has none yet. `wait` is that of `Turns`.
    """

    def __init__(self, policy: Policy, origin: int, wait: int = 0) -> None:
        self._page = Page(policy.zone)
        self._turns = Turns(self._page, wait)
        self._policy = policy
        self._policy_written = False
        self._origin = origin
        self._states: dict[bytes, bytes | None] = {}
        self._due: dict[str, set[str]] = {}
        """By period, the teams to tell of at the next flush."""
        self._changed: dict[str, set[str]] = {}
        """Those with another row of a member's, which may wait."""
        self._rows: dict[str, dict[str, Row]] = {}
        self._teams: dict[str, dict[str, Team]] = {}
        self._published: dict[str, dict[str, int | None]] = {}
        self._funnels = Funnels(self._page)
        self._aims = TeamAims()
        self._drifts = Drifts(policy, self._page, self._aims)
        self._peers: dict[str, Peers] = {}

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
        elif key == TURNS_KEY:
            self._turns.restore(value)
        elif key == POLICY_KEY:
            self._policy, self._policy_written = policy_of(*_read_policy(value)), True
            self._drifts.adopt(self._policy)
        elif (parts := parts_of(key))[0] == DRIFTS and len(parts) > len(Key._fields):
            self._drifts.restore(tuple(map(str, parts[1:])), value)
        else:
            self._take(key, value)

    def restored(self) -> None:
        """Every record has been given. All that is restored had been judged before it was written."""
        for period, teams in self._teams.items():
            for team in teams.values():
                team.judge()
            self._published[period] = self._ranks(period)
        self._due.clear()
        self._changed = {period: set() for period in self._turns.waiting}
        self._funnels.restored()
        self._drifts.restored()

    def _adopt(self, policy: Policy) -> None:
        """Judge by another policy from here on; the same one again changes nothing."""
        if policy.version != self._policy.version:
            self._policy, self._policy_written = policy, False
            self._due = {period: set(teams) for period, teams in self._teams.items()}
            self._funnels.touch()
            self._drifts.adopt(policy)

    def _take(self, key: bytes, value: bytes) -> None:
        employee, period, *origin = parts_of(key)
        if str(period).startswith(f"{SUMS} "):
            for touched in self._aims.take(str(employee), str(period), int(origin[0]), value):
                self._drifts.touch(touched)
                if str(employee) in self._teams.get(touched, {}):
                    self._due.setdefault(touched, set()).add(str(employee))
        elif origin:  # of a team and a bucket
            self._funnels.take(str(employee), str(period), int(origin[0]), value)
        else:
            self._take_row(str(employee), str(period), value)

    def _take_row(self, employee: str, period: str, value: bytes) -> None:
        rows = self._rows.setdefault(period, {})
        known, row = rows.pop(employee, None), None
        if value:
            row = rows[employee] = self._read(value)
        peers = self._peers.setdefault(period, Peers())
        if known is not None and known.score is not None and known.compares:
            peers.remove(known.peers, float(known.score))
        if row is not None and row.score is not None and row.compares:
            peers.add(row.peers, float(row.score))
        if known is not None and known.team is not None and (row is None or row.team != known.team):
            self._put(period, known.team, employee, None)
        if row is not None and row.team is not None:
            self._put(period, row.team, employee, row)

    def _read(self, value: bytes) -> Row:
        totals = _read_totals(value)
        self._page.learn(totals.clock)
        profile = totals.profile
        return Row(
            team=profile.get("team"),
            name=profile.get("name"),
            role=profile.get("role"),
            active=profile.get("active") is not False,
            measures=unpacked(totals.measures),
            score=None if totals.score is None else read_ratio(totals.score),
            rating=totals.rating,
            region=profile.get("region"),
        )

    def _put(self, period: str, name: str, employee: str, row: Row | None) -> None:
        teams = self._teams.setdefault(period, {})
        team = teams.get(name)
        if team is None:
            team = teams[name] = Team(period)
        team.put(employee, row)
        if not team.members:
            del teams[name]
        due = self._changed if team.members else self._due
        due.setdefault(period, set()).add(name)

    def pending(self) -> int:
        """How many things a flush would write, roughly."""
        return len(self._states)

    def flush(self) -> Changes:
        """The rows to keep, and the teams that changed, by themselves, in rank, or as time moved on."""
        turned = self._page.turn()
        if turned is not None:
            for period, teams in self._teams.items():
                if self._page.was_open(period, turned[0]):
                    self._due.setdefault(period, set()).update(teams)
            self._funnels.touch(lambda period: self._page.was_open(period, turned[0]))
        self._take_turns()
        sends = [send for period in sorted(self._due) for send in self._rank(period, self._due[period])]
        sends += self._funnels.flush(self._policy)
        states = dict(self._states)
        states.update(self._turns.take_states())
        sends += self._drifts.flush(states)
        states[KEY] = self._page.pack()
        if not self._policy_written:
            states[POLICY_KEY], self._policy_written = tagged((self._policy.text,)), True
        self._states, self._due = {}, {}
        return Changes(list(states.items()), sends, self._drifts.take_counts())

    def _take_turns(self) -> None:
        """Let what changed be due, or wait. Where a period waited everybody is due: a restart forgets who it was."""
        waiting = frozenset(period for period in self._changed if self._turns.waits(period) and period not in self._due)
        for period in self._changed.keys() - waiting:
            self._due.setdefault(period, set()).update(self._changed.pop(period))
        for period in self._due.keys() & self._turns.waiting:
            self._due[period].update(self._teams.get(period, ()))
        self._turns.keep(waiting)

    def _rank(self, period: str, due: set[str]) -> list[Send]:
        teams, published = self._teams.get(period, {}), self._published.get(period, {})
        if period not in current(self._page.today):
            due = set(teams)  # what has ended changes seldom, and then everybody may compare otherwise
        for name in due & teams.keys():
            teams[name].judge()
        ranks = self._ranks(period)
        as_of, contains_now = iso(self._page.as_of(period)), period in current(self._page.today)
        sends = []
        for name in sorted(teams):
            if name not in due and ranks[name] == published.get(name):
                continue
            team = teams[name]
            record = {
                "team": name,
                "period": period,
                "as_of": as_of,
                "score": None if team.score is None else float(team.score),
                "rank": ranks[name],
                "totals": team.totals(contains_now),
                "ranking": [self._compared(period, team, place) for place in team.ranking],
                **self._aims.told(name, period),
                "policy_version": self._policy.version,
            }
            sends.append(Send("scores.teams", f"{name}/{period}".encode(), record))
        for gone in sorted(published.keys() - teams.keys()):
            sends.append(Send("scores.teams", f"{gone}/{period}".encode(), None))
        self._published[period] = ranks
        return sends

    def _compared(self, period: str, team: Team, place: dict[str, Any]) -> dict[str, Any]:
        """A place in the ranking of a team, and where that stands among its peers."""
        group = team.members[place["employee_id"]].peers
        return place | self._peers[period].told(group, place["score"], self._policy.distribution)

    def _ranks(self, period: str) -> dict[str, int | None]:
        """The place of each team in a period; None for one without a score."""
        teams = self._teams.get(period, {})
        places = _places({name: team.score for name, team in teams.items() if team.score is not None})
        return {name: places.get(name) for name in teams}

    def entries(self) -> dict[str, int]:
        """Number of live entries by table."""
        return {"periods": len(self._rows), "rows": sum(len(rows) for rows in self._rows.values())}

    def alerts(self) -> dict[tuple[str, str, str], int]:
        """Number of standing alerts by (rule, status, severity)."""
        return self._drifts.standing()


def _places(scores: dict[str, Ratio]) -> dict[str, int]:
    """The place of each, 1 for the best; those whose scores are told as equal share one."""
    told = {name: float(score) for name, score in scores.items()}
    places: dict[float, int] = {}
    for place, score in enumerate(sorted(told.values(), reverse=True), 1):
        places.setdefault(score, place)
    return {name: places[score] for name, score in told.items()}
