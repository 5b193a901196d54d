"""The front door of the second stage: one facts partition's employees."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from streams.core.employees.pipeline import KIND as PIPELINE
from streams.core.employees.pipeline import Pools
from streams.core.employees.sheet import Sheet, won_amount_target
from streams.core.employees.state import Employee
from streams.core.formats import reader, tagged
from streams.core.kpis import Value
from streams.core.ledger import DAYS, Measures
from streams.core.notices.desk import Desk
from streams.core.page import KEY, Page
from streams.core.periods import buckets_of, current, distinct_in, touched_by
from streams.core.ratio import write_ratio
from streams.core.records import (
    Contribution,
    Goal,
    Profile,
    Totals,
    key_of,
    packed,
    parts_of,
    policy_of,
    read_policy,
    unpacked,
)
from streams.core.scoring import Card, Rule, rule_of
from streams.core.stage import POLICY, TICK, Changes, Send
from streams.core.units import ATOM
from streams.events.instants import iso
from streams.policy import Policy

POLICY_KEY = key_of("policy")
"""The key of its record in the state topic: the text, and by whom the scores under it go on (None: all are scored)."""
RESCORED = 1_000
"""So many periods are scored anew under a new policy at each flush."""

PUBLISHED = "published"
"""The first of the two parts of the key of an employee's record of periods in the state topic."""

_read_contribution, _read_profile, _read_goal = reader(Contribution), reader(Profile), reader(Goal)
_read_published = reader(list[str])
_read_policy = reader(tuple[str, str | None])


class Employees:
    """One partition of the second stage. It knows time from ticks, and from the clocks that its facts carry.

    Its policy is that of its state; `policy` is for one that has none yet. `rescored` periods are scored anew under a
    new one at each flush, all at the final one.
    """

    def __init__(self, policy: Policy, origin: int, rescored: int = RESCORED) -> None:
        self._page = Page(policy.zone)
        self._policy = policy
        self._policy_written = False
        self._rescored = rescored
        self._waiting: list[str] = []
        self._origin = origin
        self._offset = -1
        self._states: dict[bytes, bytes | None] = {}
        self._due: dict[str, Employee] = {}
        self._republished: set[str] = set()
        self._rules: dict[tuple[str, str], tuple[Rule, ...]] = {}
        self._as_of_texts: dict[str, str] = {}
        self._sends: list[Send] = []
        self._desk = Desk(policy)
        self.employees: dict[str, Employee] = {}
        self._pools = Pools(self._page, origin)

    @property
    def clock(self) -> int:
        """The newest tick."""
        return self._page.clock

    @property
    def policy_version(self) -> str:
        """The version of the policy in force."""
        return self._policy.version

    def apply(self, key: bytes, value: bytes, offset: int) -> None:
        """Take one record of the facts topic: a tick, a policy, or what an origin knows of an employee."""
        self._offset = offset
        if key == TICK:
            before = self._page.clock
            self._page.tick(value)
            self._desk.tick(before, self._page.clock)
            return
        if key == POLICY:
            self._adopt(read_policy(value))
            if self._origin == 0:
                self._sends.append(Send("streams.rollup", POLICY, value, 0))
            return
        if not value:  # of a sum, a tombstone says nothing that a zero had not said
            self._desk.gone(key, self._page.clock)
            return
        if self._desk.take(key, value, self._page.clock):
            return
        if self._take(key, value):
            self._states[key] = value

    def restore(self, key: bytes, value: bytes) -> None:
        """Take one record of the state topic: facts as they came, what is published, and the clocks."""
        if key == KEY:
            self._page.unpack(value)
        elif key == POLICY_KEY:
            text, following = _read_policy(value)
            self._policy, self._policy_written = policy_of(text), True
            self._waiting = [] if following is None else [following]
        elif not self._desk.restore(key, value):
            first, *others = parts_of(key)
            if first == PUBLISHED and len(others) == 1:
                self._employee(str(others[0])).published = set(_read_published(value))
            else:
                self._take(key, value)

    def restored(self) -> None:
        """Every record has been given. All that is restored had been judged before it was written."""
        for employee in self.employees.values():
            if not employee.published and self._page.known:  # a release that did not write it down judged all at once
                employee.published = {p for p in self._periods(employee) if self._measures(employee, p)}
            employee.due.clear()
        self._due.clear()
        self._pools.restored(self._target)
        self._desk.adopt(self._policy, self._page.clock)
        if self._waiting:
            self._wait(self._waiting[0])

    def _adopt(self, policy: Policy) -> None:
        """Score by another policy from here on; the same one again changes nothing."""
        if policy.version != self._policy.version:
            self._policy, self._policy_written = policy, False
            self._rules.clear()
            self._desk.adopt(policy, self._page.clock)
            self._wait("")
            self._pools.aim()

    def _wait(self, first: str) -> None:
        self._waiting = sorted((name for name in self.employees if name >= first), reverse=True)

    def _employee(self, employee_id: str) -> Employee:
        employee = self.employees.get(employee_id)
        if employee is None:
            employee = self.employees[employee_id] = Employee(employee_id)
        return employee

    def _take(self, key: bytes, value: bytes) -> bool:
        employee_id, bucket, origin = parts_of(key)
        kind, _, rest = str(bucket).partition(" ")
        if kind == PIPELINE:
            share = _read_contribution(value)
            self._page.learn(share.clock)
            return self._pools.take(str(employee_id), rest, int(origin), share)
        employee = self._employee(str(employee_id))
        if kind == "profile":
            profile = _read_profile(value)
            self._page.learn(profile.clock)
            if profile.version < employee.profile_version:
                return False
            employee.profile, employee.profile_version = profile.fields, profile.version
            employee.due.update(self._periods(employee))
            self._pools.join(employee.id, profile.fields.get("team"))
        elif kind == "target":
            goal = _read_goal(value)
            self._page.learn(goal.clock)
            period, level, kpi = rest.split(" ", 2)
            known = employee.goals.get((kpi, period))
            if level != "target" or (known is not None and goal.version < known[0]):
                return level != "target"
            employee.goals[kpi, period] = (goal.version, Decimal(goal.value))
            if (sheet := employee.sheets.get(period)) is not None:
                sheet.goals_changed()
            employee.due.add(period)
            self._pools.aim(employee.id)
        else:
            contribution = _read_contribution(value)
            self._page.learn(contribution.clock)
            measures = unpacked(contribution.measures)
            added = employee.contribute(str(bucket), int(origin), contribution.version, measures)
            if added is None:
                return False
            touched = touched_by(str(bucket), self._page.today)
            employee.due.update(touched)
            for period in touched:
                if (sheet := employee.sheets.get(period)) is not None:
                    sheet.figures.add(added)
        self._due[employee.id] = employee
        return True

    def _periods(self, employee: Employee) -> set[str]:
        today = self._page.today
        return {period for bucket in employee.buckets() for period in touched_by(bucket, today)}

    def forget(self, now: int) -> None:
        """Let go of notices that were over long before an instant, as ticks do, in a run that has none."""
        self._desk.forget(now)

    def pending(self) -> int:
        """How many things a flush would write, roughly."""
        return len(self._due) + len(self._states) + self._desk.pending()

    def flush(self) -> Changes:
        """The facts to keep, and the figures and scorecards of every period that changed or that time moved on.

        Before the time is known nothing is judged; the first day that is known then judges everything.
        """
        states = dict(self._states)
        self._as_of_texts.clear()
        self._rescore(states)
        self._turn_page(states)
        sends, self._sends = self._sends, []
        for employee in self._due.values():
            if self._page.known:
                for period in sorted(employee.due):
                    sends += self._judge(employee, period)
            employee.due.clear()
        sends += self._pools.flush(self._offset, self._target)
        for name in sorted(self._republished):
            states[key_of(PUBLISHED, name)] = tagged(sorted(self.employees[name].published))
        noted, digests = self._desk.take_changes()
        states |= noted
        sends += digests
        states[KEY] = self._page.pack()
        self._states, self._due, self._republished = {}, {}, set()
        return Changes(list(states.items()), sends, {})

    def _rescore(self, states: dict[bytes, bytes | None]) -> None:
        """Judge some more of what was published under a former policy, by the order of employees; at last, the rest."""
        if self._policy_written and not self._waiting:
            return
        left = self._rescored
        while self._waiting and (left > 0 or self._page.last):
            employee = self.employees[self._waiting.pop()]
            if employee.published:
                employee.due |= employee.published
                self._due[employee.id] = employee
                left -= len(employee.published)
        following = self._waiting[-1] if self._waiting else None
        states[POLICY_KEY] = tagged((self._policy.text, following))
        self._policy_written = True

    def _turn_page(self, states: dict[bytes, bytes | None]) -> None:
        """On a new day, or the last one, whatever had not ended when it was judged is judged again."""
        turned = self._page.turn()
        if turned is None:
            return
        before, new_day = turned
        if new_day:
            self._pools.aim()
            self._pools.forget(states)
        for employee in self.employees.values():
            periods = self._periods(employee) | employee.published
            open_ones = {period for period in periods if self._page.was_open(period, before)}
            if open_ones:
                employee.due |= open_ones
                self._due[employee.id] = employee
            if new_day:
                employee.sheets.clear()
                self._forget(employee, self._page.today - DAYS, states)

    def _forget(self, employee: Employee, oldest: int, states: dict[bytes, bytes | None]) -> None:
        for bucket in [b for b in employee.buckets() if b[0] == "d" and int(b[1:]) <= oldest]:
            for origin in employee.forget(bucket):
                states[key_of(employee.id, bucket, origin)] = None

    def figures(self, employee: Employee, period: str) -> tuple[Measures, dict[str, Value]]:
        """The sums of a period, and every KPI that they give; both empty where there is nothing."""
        sheet = self._sheet(employee, period)
        if not sheet.figures.sums:
            return {}, {}
        self._update(employee, period, sheet)
        return sheet.figures.sums, sheet.figures.values

    def _sheet(self, employee: Employee, period: str) -> Sheet:
        """That of a period, which stays at hand while the period contains now."""
        sheet = employee.sheets.get(period)
        if sheet is None:
            sheet = Sheet(distinct_in(period))
            sheet.figures.add(self._measures(employee, period))
            if period in current(self._page.today):
                employee.sheets[period] = sheet
        return sheet

    def _measures(self, employee: Employee, period: str) -> Measures:
        today = self._page.today
        return employee.total([*buckets_of(period, today), *(("now",) if period in current(today) else ())])

    def _update(self, employee: Employee, period: str, sheet: Sheet) -> None:
        rules = self._rules_of(employee.profile.get("role", ""), period)
        sheet.update(period in current(self._page.today), rules, lambda kpi: employee.goal(kpi, period))

    def _rules_of(self, role: str, period: str) -> tuple[Rule, ...]:
        rules = self._rules.get((role, period))
        if rules is None:
            rules = tuple(rule_of(line, period) for line in self._policy.scorecards.get(role, ()))
            self._rules[role, period] = rules
        return rules

    def _target(self, employee_id: str, period: str) -> int | None:
        """The target for the amount won, in atoms, the last of which is rounded."""
        known = self.employees.get(employee_id)
        if known is None:
            return None
        rules = self._rules_of(known.profile.get("role", ""), period)
        found = won_amount_target(rules, lambda kpi: known.goal(kpi, period))
        return None if found is None else round(found.fraction * ATOM)

    def _judge(self, employee: Employee, period: str) -> list[Send]:
        key = f"{employee.id}/{period}".encode()
        sheet = self._sheet(employee, period)
        rollup = key_of(employee.id, period)
        if not sheet.figures.sums:
            if period not in employee.published:
                return []
            employee.published.discard(period)
            self._republished.add(employee.id)
            gone = [Send(topic, key, None) for topic in ("kpis.employees", "scores.employees")]
            return [*gone, Send("streams.rollup", rollup, b"", 0)]
        if period not in employee.published:
            employee.published.add(period)
            self._republished.add(employee.id)
        self._update(employee, period, sheet)
        as_of = self._as_of(period)
        card = sheet.card(self._policy)
        record = None
        if card is not None and card.score is not None:
            record = self._score_record(employee, period, as_of, card)
        return [
            Send("kpis.employees", key, self._kpi_record(employee.id, period, as_of, sheet)),
            Send("scores.employees", key, record),
            Send("streams.rollup", rollup, self._totals(employee, sheet.figures.sums, card), 0),
        ]

    def _as_of(self, period: str) -> str:
        """As records of this flush have it."""
        text = self._as_of_texts.get(period)
        if text is None:
            text = self._as_of_texts[period] = iso(self._page.as_of(period))
        return text

    def _kpi_record(self, employee: str, period: str, as_of: str, sheet: Sheet) -> dict[str, Any]:
        return {
            "employee_id": employee,
            "period": period,
            "as_of": as_of,
            "kpis": sheet.kpis(),
            "policy_version": self._policy.version,
        }

    def _score_record(self, employee: Employee, period: str, as_of: str, card: Card) -> dict[str, Any]:
        return {
            "employee_id": employee.id,
            "role": employee.profile["role"],
            "team": employee.profile["team"],
            "period": period,
            "as_of": as_of,
            "score": None if card.score is None else float(card.score),
            "rating": card.rating,
            "perspectives": card.perspectives(),
            "kpis": card.explained(),
            "stale": [],
            "policy_version": self._policy.version,
        }

    def _totals(self, employee: Employee, measures: Measures, card: Card | None) -> bytes:
        return tagged(
            Totals(
                version=self._offset,
                clock=self._page.now,
                profile=employee.profile,
                measures=packed(measures),
                score=None if card is None or card.score is None else write_ratio(card.score),
                rating=None if card is None else card.rating,
            )
        )

    def entries(self) -> dict[str, int]:
        """Number of live entries by table."""
        return {"scored_employees": len(self.employees), "notices": len(self._desk)}

    def alerts(self) -> dict[tuple[str, str, str], int]:
        """This stage has no alerts yet."""
        return {}
