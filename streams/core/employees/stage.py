"""The front door of the second stage: one facts partition's employees."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from streams.core.cascade import atoms, year_of
from streams.core.customers.campaigns import KIND as CAMPAIGNS
from streams.core.employees.appraisals import ALERTS as PERFORMANCE
from streams.core.employees.appraisals import KIND as APPRAISALS
from streams.core.employees.appraisals import Appraisals
from streams.core.employees.asking import Asking
from streams.core.employees.campaigns import Campaigns, key_of_share, share_of
from streams.core.employees.goals import KIND as GOALS
from streams.core.employees.goals import Goals
from streams.core.employees.pipeline import KIND as PIPELINE
from streams.core.employees.pipeline import Pools
from streams.core.employees.results import KIND as RESULTS
from streams.core.employees.results import Results
from streams.core.employees.sheet import Sheet
from streams.core.employees.state import Employee, come
from streams.core.employees.telling import kpi_record, score_record
from streams.core.employees.turns import KIND as TURN
from streams.core.employees.turns import Turns
from streams.core.formats import reader, tagged
from streams.core.kpis import Value
from streams.core.ledger import DAYS, Measures
from streams.core.notices.desk import Desk
from streams.core.notices.facts import AWAY, Notice, notice_key, read_departed
from streams.core.page import KEY, Page
from streams.core.periods import buckets_of, current, distinct_in, touched_by
from streams.core.personnel import KIND as PERSONNEL
from streams.core.pseudonyms import is_pseudonym
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
from streams.core.scoring import Card
from streams.core.stage import DEPARTED, EFFACED, POLICY, TICK, Changes, Send
from streams.core.targets import SHARE, SUMS, Group
from streams.events.instants import iso
from streams.policy import Policy
from streams.policy.periods import ROLLING, periods_of_day

POLICY_KEY = key_of("policy")
"""The key of its record in the state topic: the text, and by whom the scores under it go on (None: all are scored)."""
RESCORED = 1_000
"""So many periods are scored anew under a new policy at each flush."""

_SUMS = f',"{SUMS} '.encode()
"""What stands in the keys of a team's sums."""

PUBLISHED = "published"
"""The first of the two parts of the key of an employee's record of periods in the state topic."""

GONE = "gone"
"""The first of the two parts of the key of an employee's record who was erased."""

_read_contribution, _read_profile, _read_goal = reader(Contribution), reader(Profile), reader(Goal)
_read_published = reader(list[str])
_read_policy = reader(tuple[str, str | None])


class Employees:
    """One partition of the second stage. It knows time from ticks, and from the clocks that its facts carry.

    Its policy is that of its state; `policy` is for one that has none yet. `rescored` periods are scored anew under a
    new one at each flush, all at the final one. `wait` is that of `Turns`.
    """

    def __init__(self, policy: Policy, origin: int, rescored: int = RESCORED, wait: int = 0) -> None:
        self._page = Page(policy.zone)
        self._turns = Turns(self._page, wait)
        self._policy = policy
        self._policy_written = False
        self._rescored = rescored
        self._waiting: list[str] = []
        self._origin = origin
        self._offset = -1
        self._states: dict[bytes, bytes | None] = {}
        self._due: dict[str, Employee] = {}
        self._republished: set[str] = set()
        self._as_of_texts: dict[str, str] = {}
        self._sends: list[Send] = []
        self._desk = Desk(policy)
        self._asking = Asking(policy, self._page, self._desk)
        self._goals = Goals(policy, self._page)
        self._appraisals = Appraisals(policy, self._page, self._card, self._value)
        self._results = Results(policy, self._page, lambda employee, period: self.figures(employee, period)[1])
        self.employees: dict[str, Employee] = {}
        self._pools = Pools(self._page, origin)
        self._campaigns = Campaigns(self._page)
        self._departed: set[str] = set()

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
        if key == EFFACED:
            if value:
                self._desk.efface(value, self._page.clock)
            return
        if key == DEPARTED:
            if value:
                self._depart(*read_departed(value))
            return
        if self._departed and str(parts_of(key)[0]) in self._departed:
            return
        if not value:  # of a sum, a tombstone says nothing that a zero had not said
            self._desk.gone(key, self._page.clock)
            return
        if self._desk.take(key, value, self._page.clock):
            if self._policy.targets.pro_rata and (parts := parts_of(key))[1] == AWAY:
                self._look_again(self.employees.get(str(parts[0])))
            return
        if _SUMS in key and str(parts_of(key)[1]).startswith(f"{SUMS} "):
            self._sends.append(Send("streams.rollup", key, value, 0))  # of a team: it only passes by
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
            if first == GOALS and len(others) == 1:
                self._goals.alerts.restore(str(others[0]), value)
            elif first == GONE and len(others) == 1:
                self._departed.add(str(others[0]))
            elif first == APPRAISALS and len(others) == 1:
                self._appraisals.restore(str(others[0]), value)
            elif first == PERFORMANCE and len(others) == 1:
                self._appraisals.alerts.restore(str(others[0]), value)
            elif first == PUBLISHED and len(others) == 1:
                self._employee(str(others[0])).published = set(_read_published(value))
            elif first == TURN and len(others) == 1:
                self._turns.restore(self._employee(str(others[0])), value)
            elif first == RESULTS and len(others) == 1:
                self._results.restore(value)
            elif first == CAMPAIGNS and len(others) == 1:
                self._campaigns.restore(str(others[0]), value)
            else:
                self._take(key, value)

    def restored(self) -> None:
        """Every record has been given. All that is restored had been judged before it was written."""
        for employee in self.employees.values():
            if not employee.published and self._page.known:  # a release that did not write it down judged all at once
                employee.published = {p for p in self._periods(employee) if self._measures(employee, p)}
            employee.due.clear()
        self._turns.restored(self.employees)
        self._due.clear()
        self._use()
        self._pools.restored(self._target)
        self._campaigns.restored()
        self._appraisals.restored()
        if self._waiting:
            self._wait(self._waiting[0])

    def _adopt(self, policy: Policy) -> None:
        """Score by another policy from here on; the same one again changes nothing."""
        if policy.version != self._policy.version:
            self._policy, self._policy_written = policy, False
            self._use()
            self._wait("")
            self._pools.aim()
            self._campaigns.touch()

    def _use(self) -> None:
        """Go by the policy in force, whichever it was before."""
        self._asking.adopt(self._policy, self.employees)
        self._goals.adopt(self._policy)
        self._appraisals.adopt(self._policy)
        self._results.adopt(self._policy)
        self._desk.adopt(self._policy, self._page.clock)

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
        if kind in (PIPELINE, CAMPAIGNS):
            share = _read_contribution(value)
            self._page.learn(share.clock)
            pools = self._pools if kind == PIPELINE else self._campaigns
            return pools.take(str(employee_id), rest, int(origin), share)
        if kind == PERSONNEL:
            return self._appraisals.take(str(employee_id), key, value)
        employee = self._employee(str(employee_id))
        if kind == "profile":
            profile = _read_profile(value)
            self._page.learn(profile.clock)
            if profile.version < employee.profile_version:
                return False
            employee.profile, employee.profile_version = profile.fields, profile.version
            employee.moved = True
            employee.due.update(self._periods(employee))
            self._pools.join(employee.id, profile.fields.get("team"))
            self._appraisals.look(employee.id)
        elif kind == "target":
            goal = _read_goal(value)
            self._page.learn(goal.clock)
            period, level, kpi = rest.split(" ", 2)
            group = Group(kpi, level, year_of(period))
            value_set = atoms(Decimal(goal.value))
            if not self._asking.aim(employee, group, lambda aims: aims.set(group, period, goal.version, value_set)):
                return False
            self._pools.aim(employee.id)
        elif kind == SHARE:
            share = _read_contribution(value)
            self._page.learn(share.clock)
            year, level, kpi = rest.split(" ", 2)
            group = Group(kpi, level, year)
            months = unpacked(share.measures)
            if not self._asking.aim(employee, group, lambda aims: aims.share(group, share.version, months)):
                return False
            self._pools.aim(employee.id)
        else:
            contribution = _read_contribution(value)
            self._page.learn(contribution.clock)
            place, by = share_of(str(bucket), int(origin))
            added = employee.contribute(place, by, contribution.version, unpacked(contribution.measures))
            if added is None:
                return False
            if not self._page.is_going_on(place):
                employee.look_back()
                self._spread_anew(employee, place)
            touched = touched_by(place, self._page.today)
            added = come(place, added, self._page.today)
            employee.changed.update(touched)
            for period in touched:
                if (sheet := employee.sheets.get(period)) is not None:
                    sheet.figures.add(added)
        self._due[employee.id] = employee
        return True

    def _spread_anew(self, employee: Employee, bucket: str) -> None:
        """Judge the periods whose forecasts have another range when another thing happened on a day that is over. What
        their sums make of it may have been told already, as that comes in buckets of its own."""
        if bucket[0] != "d":
            return
        for period in periods_of_day(int(bucket[1:])):
            if self._page.was_open(period, self._page.now):
                employee.due.add(period)
                if (sheet := employee.sheets.get(period)) is not None:
                    sheet.rescore()

    def _depart(self, name: str, home: int) -> None:
        """Forget an employee who was erased, as the partition says that had the record."""
        self._desk.depart(name, self._page.clock)
        known = self.employees.pop(name, None)
        if known is not None:
            self._due.pop(name, None)
            self._turns.depart(known)
            self._republished.discard(name)
            self._waiting = [one for one in self._waiting if one != name]
            for alerts in (self._goals.alerts, self._appraisals.alerts):
                self._sends += alerts.depart(known, self._offset)
            for period in sorted({*self._periods(known), *known.published, *ROLLING}):
                key = f"{name}/{period}".encode()
                self._sends += [Send(topic, key, None) for topic in ("kpis.employees", "scores.employees")]
                self._sends.append(Send("streams.rollup", key_of(name, period), None, 0))
            gone = [key_of_share(name, bucket, origin) for bucket, origin in known.shares()]
            gone += [key_of(name, bucket, home) for bucket in ("profile", *known.aims.facts())]
            self._states |= dict.fromkeys([*gone, key_of(PUBLISHED, name)])
        self._sends += self._appraisals.depart(name, home)
        self._states |= self._pools.depart(name)
        self._results.depart(name)
        for alerts in (self._goals.alerts, self._appraisals.alerts):
            alerts.let_go(name)
        self._states[key_of(GONE, name)] = tagged([])
        self._departed.add(name)

    def _look_again(self, employee: Employee | None) -> None:
        """What an employee is asked for may be another."""
        if employee is not None:
            employee.due.update(self._periods(employee))
            self._due[employee.id] = employee
            self._pools.aim(employee.id)

    def _periods(self, employee: Employee) -> set[str]:
        today = self._page.today
        return {period for bucket in employee.buckets() for period in touched_by(bucket, today)}

    def results(self) -> Iterator[Send]:
        """What a flush would tell the stage before, told now, in a run that ends with that flush."""
        for employee in self.employees.values():
            yield from self._results.look(employee)

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
        self._look_at_answers()
        if self._page.known:
            for employee in self._due.values():
                sends += self._results.look(employee)
                sends += self._goals.judge(employee, self._offset)
            for employee, periods in self._turns.take(self._due):
                for period in periods:
                    sends += self._judge(employee, period)
            states.update(self._turns.take_states())
            waiting = self._waiting[-1] if self._waiting else None
            sends += self._appraisals.judge(self.employees, waiting, self._offset)
        else:
            self._turns.skip(self._due)
        sends += self._pools.flush(self._offset, self._target)
        sends += self._campaigns.flush(self._policy, states)
        for name in sorted(self._republished):
            states[key_of(PUBLISHED, name)] = tagged(sorted(self.employees[name].published))
        counts, notices = self._goals.alerts.take_said()
        more, others = self._appraisals.alerts.take_said()
        counts |= more
        sends += self._told(*notices, *others)
        states.update(self._goals.alerts.take_states())
        states.update(self._appraisals.take_states())
        states.update(self._results.take_states())
        noted, digests = self._desk.take_changes()
        states |= noted
        sends += digests
        states[KEY] = self._page.pack()
        self._states, self._due, self._republished = {}, {}, set()
        return Changes(list(states.items()), sends, counts)

    def _told(self, *notices: tuple[str, str, Notice | None]) -> Iterator[Send]:
        """Tell the desk what concerns the employees of alerts, and those of others what concerns these."""
        for who, alert, notice in notices:
            key = notice_key(who, alert, self._origin)
            if notice is None or who in self._departed:
                yield Send("streams.facts", key, None, who)
            elif notice.employee == who:
                self._desk.take(key, tagged(notice), self._page.clock)
            else:
                yield Send("streams.facts", key, tagged(notice), who)

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
            self._campaigns.forget(states)
            self._sends += (*self._goals.alerts.expire(), *self._appraisals.alerts.expire())
        self._campaigns.touch(before)
        for employee in self.employees.values():
            periods = self._periods(employee) | employee.published
            open_ones = {period for period in periods if self._page.was_open(period, before)}
            employee.look_back()
            if open_ones or employee.aims:
                employee.due |= open_ones
                self._due[employee.id] = employee
            if new_day:
                employee.sheets.clear()
                self._forget(employee, self._page.today - DAYS, states)

    def _forget(self, employee: Employee, oldest: int, states: dict[bytes, bytes | None]) -> None:
        for bucket in [b for b in employee.buckets() if b[0] == "d" and int(b[1:]) <= oldest]:
            for origin in employee.forget(bucket):
                states[key_of_share(employee.id, bucket, origin)] = None

    def figures(self, employee: Employee, period: str) -> tuple[Measures, dict[str, Value]]:
        """The sums of a period, and every KPI that they give; both empty where there is nothing."""
        sheet = self._sheet(employee, period)
        if not sheet.figures.sums:
            return {}, {}
        self._asking.update(employee, period, sheet)
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
        return employee.total([*buckets_of(period, today), *(("now",) if period in current(today) else ())], today)

    def _target(self, employee_id: str, period: str) -> int | None:
        """The target for the amount won, in atoms."""
        known = self.employees.get(employee_id)
        return None if known is None else self._asking.won_amount(known, period)

    def _judge(self, employee: Employee, period: str) -> list[Send]:
        key = f"{employee.id}/{period}".encode()
        sheet = self._sheet(employee, period)
        rollup = key_of(employee.id, period)
        if not sheet.figures.sums:
            if period not in employee.published:
                return []
            employee.published.discard(period)
            self._republished.add(employee.id)
            self._appraisals.note(employee.id, period, None, {})
            gone = [Send(topic, key, None) for topic in ("kpis.employees", "scores.employees")]
            return [*gone, Send("streams.rollup", rollup, b"", 0)]
        if period not in employee.published:
            employee.published.add(period)
            self._republished.add(employee.id)
        if is_pseudonym(employee.id):  # of nobody: it counts for the team alone
            return [Send("streams.rollup", rollup, self._totals(employee, sheet.figures.sums, None), 0)]
        self._asking.update(employee, period, sheet)
        as_of = self._as_of(period)
        card = self._asking.card(employee, sheet)
        self._appraisals.note(employee.id, period, card, self._asking.marks(employee, period, sheet))
        record = None
        if card is not None and card.score is not None:
            answers = self._appraisals.folders.answers(employee.id, period)
            record = score_record(employee, period, as_of, card, answers, self._policy)
        return [
            Send("kpis.employees", key, kpi_record(employee, period, as_of, sheet, self._policy)),
            Send("scores.employees", key, record),
            Send("streams.rollup", rollup, self._totals(employee, sheet.figures.sums, card), 0),
        ]

    def _card(self, employee: Employee, period: str) -> Card | None:
        """The scorecard of a period."""
        sheet = self._sheet(employee, period)
        self._asking.update(employee, period, sheet)
        return self._asking.card(employee, sheet) if sheet.figures.sums else None

    def _value(self, employee: Employee, period: str, kpi: str) -> Value | None:
        """A KPI of a period as a scorecard takes it; None where there is nothing of the period."""
        sheet = self._sheet(employee, period)
        self._asking.update(employee, period, sheet)
        return sheet.figures.scored(kpi) if sheet.figures.sums else None

    def _look_at_answers(self) -> None:
        """Of what was answered to scores, the records are due."""
        for name, period in self._appraisals.take_answered():
            employee = self.employees.get(name)
            if employee is not None and period in employee.published:
                employee.due.add(period)
                self._due[name] = employee

    def _as_of(self, period: str) -> str:
        """As records of this flush have it."""
        text = self._as_of_texts.get(period)
        if text is None:
            text = self._as_of_texts[period] = iso(self._page.as_of(period))
        return text

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
        """Number of standing alerts by (rule, status, severity)."""
        return self._goals.alerts.standing() | self._appraisals.alerts.standing()
