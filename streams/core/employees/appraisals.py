"""What follows from scores of periods that are over: alerts `perf.*`, recommendations, and plans that are followed up.

All of it is a function of those scores, of the events of personnel, of the policy and of the time. Of the scores the
newest are kept, so that a change costs what changed; why a score is what it is, its scorecard says when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import blake2b
from heapq import heappop, heappush
from typing import Any, NamedTuple

import msgspec

from streams.core.employees import performing, plans
from streams.core.employees.adjusting import Mark, adjustments
from streams.core.employees.alerts import Alerts, Told
from streams.core.employees.folders import Folders, Plan
from streams.core.employees.recommending import Basis, Writer, details, id_of, proposed
from streams.core.employees.state import Employee
from streams.core.formats import reader, tagged
from streams.core.goals import Key
from streams.core.history import END
from streams.core.kpis import Value
from streams.core.page import Page
from streams.core.performance import end_of
from streams.core.records import key_of
from streams.core.scoring import Card
from streams.core.stage import Send
from streams.events import ResponseSubmitted, ReviewDecided
from streams.policy import Advice, Policy
from streams.policy.periods import ROLLING

KIND, ALERTS = "appraisal", "perf"
"""The first parts of the keys of its state records: of what was recommended, and of the alerts."""
_encode = msgspec.json.Encoder().encode

CardOf = Callable[[Employee, str], Card | None]
ValueOf = Callable[[Employee, str, str], Value | None]


class Sent(NamedTuple):
    """A recommendation as it was told: the fingerprint of its record, whether it stood, and the period, of one that
    follows from scores, at whose end it came up."""

    print: int
    stands: bool
    period: str | None


class _Kept(msgspec.Struct, array_like=True):
    """The record of an employee: scores by period, what was recommended, when to look again (us), and by period and KPI
    what was reached of targets, where adjustments are judged."""

    scores: dict[str, float]
    sent: list[tuple[Basis, Sent]]
    wake: int
    marks: dict[str, dict[str, Mark]] = {}


_read = reader(_Kept)


class _One:
    """What is known of one employee."""

    __slots__ = ("marks", "scores", "sent", "wake")

    def __init__(self) -> None:
        self.scores: dict[str, float] = {}
        self.marks: dict[str, dict[str, Mark]] = {}
        self.sent: dict[Basis, Sent] = {}
        self.wake = END


class Appraisals:
    """The judge of the performance of one partition's employees.

    `card_of` makes the scorecard of an employee and a period, `value_of` the value of a KPI of it.
    """

    def __init__(self, policy: Policy, page: Page, card_of: CardOf, value_of: ValueOf) -> None:
        self._policy, self._page, self._card_of, self._value_of = policy, page, card_of, value_of
        self.alerts = Alerts(policy, page, ALERTS, performing.summary)
        self.folders = Folders()
        self._known: dict[str, _One] = {}
        self._whose: dict[str, str] = {}
        """By recommendation, whose it is."""
        self._months: dict[str, set[str]] = {}
        """Those whose figures say whether steps of plans are done."""
        self._due: dict[str, dict[str, Card | None] | None] = {}
        """Of whom is to be judged, the periods whose scorecards are others now; None: everything."""
        self._answered: set[tuple[str, str]] = set()
        self._wakes: list[tuple[int, str]] = []
        self._dirty: set[str] = set()
        self._ends: dict[str, int] = {}

    def adopt(self, policy: Policy) -> None:
        """Judge by another policy from now on; scores under it are noted one after another."""
        self._policy = policy
        self.alerts.adopt(policy)
        for name in (*self._known, *self.folders.names()):
            self.look(name)

    def look(self, name: str) -> None:
        """Something of an employee is other that is no figure: judge anew at the next flush."""
        self._due.setdefault(name, {})

    def take(self, name: str, key: bytes, value: bytes) -> bool:
        """Take in an event of personnel; False for one that is known."""
        clock, event, news = self.folders.take(name, key, value)
        self._page.learn(clock)
        data = event.data
        if isinstance(data, ReviewDecided):
            name = self._whose.get(data.recommendation_id, "")
        if news and isinstance(data, ResponseSubmitted) and data.ref is not None:
            self._answered.add((name, data.ref))
        if news and name:
            self._due[name] = None
            folder = self.folders.of(name)
            self._months[name] = {m for plan in folder.plans.values() for m in plans.months_of(plan, self._policy)}
        return news

    def depart(self, name: str, home: int) -> Iterator[Send]:
        """Forget an employee who was erased, as the partition says that had the record."""
        for key in self._one(name).sent:
            id = id_of(name, key)
            del self._whose[id]
            yield Send("recommendations", id.encode(), None)
        for fact in self.folders.depart(name, home):
            yield Send("streams.facts", fact, None, name)
        self._known[name] = _One()
        self._dirty.add(name)
        self._due.pop(name, None)
        self._months.pop(name, None)
        self._answered = {answered for answered in self._answered if answered[0] != name}

    def take_answered(self) -> set[tuple[str, str]]:
        """Whose records of which periods have an answer more, since the last time."""
        answered, self._answered = self._answered, set()
        return answered

    def note(self, name: str, period: str, card: Card | None, marks: dict[str, Mark]) -> None:
        """The figures of a period are others, or may be; `card` is the scorecard that they give, `marks` what was
        reached of targets."""
        if period in ROLLING:
            return
        over = self._end(period) <= self._page.now
        if not over and period not in self._months.get(name, ()):
            return
        if over:
            one = self._one(name)
            score = None if card is None or card.score is None else float(card.score)
            if score != one.scores.get(period) or marks != one.marks.get(period, {}):
                self._dirty.add(name)
            if score is None:
                one.scores.pop(period, None)
            else:
                one.scores[period] = score
            if marks:
                one.marks[period] = marks
            else:
                one.marks.pop(period, None)
        fresh = self._due.setdefault(name, {})
        if fresh is not None:
            fresh[period] = card

    def judge(self, employees: Mapping[str, Employee], waiting: str | None, version: int) -> Iterator[Send]:
        """What is other than it was told. Employees from `waiting` on are still scored by a former policy."""
        while self._wakes and self._wakes[0][0] <= self._page.now:
            at, name = heappop(self._wakes)
            if self._one(name).wake == at:
                self.look(name)
        later: dict[str, dict[str, Card | None] | None] = {}
        for name, fresh in sorted(self._due.items()):
            employee = employees.get(name) or Employee(name)
            if waiting is not None and name >= waiting and employee.published:
                later[name] = fresh
                continue
            wakes = [END]
            for key, now, wake in self._alerts(employee):
                wakes.append(wake)
                yield from self.alerts.tell(employee, key, now, version)
            yield from self.alerts.delete(name)
            yield from self._recommend(employee, fresh, wakes)
            self._arm(name, min(wakes))
        self._due = later

    def _alerts(self, employee: Employee) -> Iterator[tuple[Key, Told | None, int]]:
        """Every alert that stands, is over, or was told and does not; and when that may change."""
        gone = set(self.alerts.of(employee.id))
        role, scores = employee.profile.get("role"), self._one(employee.id).scores
        found = list(performing.spans(scores, role, self._policy))
        for plan in self._plans(employee.id):
            found += performing.late(plan, self._progress(employee, plan), role, self._policy)
        for key, rule, started, ended, cause, values in found:
            gone.discard(key)
            now = self.alerts.stand(employee, rule, started, ended, cause, values)
            yield key, now, self.alerts.next_change(rule, started, ended)
        for key in sorted(gone):
            yield key, None, END

    def _progress(self, employee: Employee, plan: Plan) -> list[plans.Progress]:
        return plans.progress(plan, partial(self._value_of, employee), self._policy)

    def _plans(self, name: str) -> list[Plan]:
        return [plan for _, plan in sorted(self.folders.of(name).plans.items()) if plan.opened]

    def _recommend(self, employee: Employee, fresh: dict[str, Card | None] | None, wakes: list[int]) -> Iterator[Send]:
        one, zone, keep = self._one(employee.id), self._policy.zone, self._policy.recommendations.keep.us
        stand: set[Basis] = set()
        writer = Writer(self._policy, self.folders)
        for found in proposed(one.scores, employee.profile.get("role"), self._policy):
            until = end_of(found.period, zone) + keep
            if until <= self._page.now:
                continue
            known = one.sent.get(found.key)
            if fresh is not None and found.period not in fresh and known is not None and known.stands:
                stand.add(found.key)
                wakes.append(until)
                continue
            card = (fresh or {}).get(found.period) or self._card_of(employee, found.period)
            more = None if card is None else details(found, card, self._policy)
            if more is not None:
                score = one.scores[found.period]
                record = writer.proposal(employee, found, score, more)
                stand.add(found.key)
                wakes.append(until)
                yield from self._say(employee.id, found.key, record, found.period)
        for other in adjustments(one.marks, employee.profile.get("role"), self._policy.recommendations.adjusting):
            until = end_of(other.periods[-1], zone) + keep
            if until > self._page.now:
                key = Basis(Advice.TARGET_ADJUSTMENT.value, other.basis)
                stand.add(key)
                wakes.append(until)
                yield from self._say(employee.id, key, writer.adjusted(employee, key, other), other.periods[-1])
        for plan in self._plans(employee.id):
            steps = self._progress(employee, plan)
            over = plans.is_over(plan, steps)
            until = plans.last_instant(plan, steps) + keep
            if over and until <= self._page.now:
                continue
            key = Basis(Advice.IMPROVEMENT_PLAN.value, f"plan {plan.id}")
            stand.add(key)
            wakes += [until] if over else []
            yield from self._say(employee.id, key, writer.followed(employee, key, plan, steps), None)
        yield from self._withdraw(employee, stand, writer)

    def _withdraw(self, employee: Employee, stand: set[Basis], writer: Writer) -> Iterator[Send]:
        """Of what was told and does not stand: take it back, or delete what is kept no longer."""
        one, policy = self._one(employee.id), self._policy
        for key in sorted(one.sent.keys() - stand):
            period, id = one.sent[key].period, id_of(employee.id, key)
            if period is None or end_of(period, policy.zone) + policy.recommendations.keep.us <= self._page.now:
                del one.sent[key], self._whose[id]
                self._dirty.add(employee.id)
                yield Send("recommendations", id.encode(), None)
            else:
                record = writer.withdrawn(employee, key, period, one.scores.get(period))
                yield from self._say(employee.id, key, record, period, stands=False)

    def _say(
        self, name: str, key: Basis, record: dict[str, Any], period: str | None, *, stands: bool = True
    ) -> Iterator[Send]:
        """A record, if it is another than was told."""
        one, id = self._one(name), record["recommendation_id"]
        sent = Sent(int.from_bytes(blake2b(_encode(record), digest_size=8).digest(), "big"), stands, period)
        if one.sent.get(key) != sent:
            one.sent[key] = sent
            self._whose[id] = name
            self._dirty.add(name)
            yield Send("recommendations", id.encode(), record)

    def _arm(self, name: str, wake: int) -> None:
        one = self._one(name)
        if wake != one.wake:
            one.wake = wake
            self._dirty.add(name)
            if wake != END:
                heappush(self._wakes, (wake, name))

    def _one(self, name: str) -> _One:
        one = self._known.get(name)
        if one is None:
            one = self._known[name] = _One()
        return one

    def _end(self, period: str) -> int:
        end = self._ends.get(period)
        if end is None:
            end = self._ends[period] = end_of(period, self._policy.zone)
        return end

    def restore(self, name: str, value: bytes) -> None:
        """Take one record of the state topic."""
        kept, one = _read(value), self._one(name)
        one.scores, one.sent, one.wake, one.marks = kept.scores, dict(kept.sent), kept.wake, kept.marks
        self._whose.update((id_of(name, key), name) for key in one.sent)
        if one.wake != END:
            heappush(self._wakes, (one.wake, name))

    def restored(self) -> None:
        """Every record has been given. All that is restored had been judged before it was written, if the time was
        known."""
        if self._page.known:
            self._due.clear()
            self._answered.clear()

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records that changed since the last time."""
        for name in sorted(self._dirty):
            one = self._known[name]
            marks = {period: dict(sorted(of.items())) for period, of in sorted(one.marks.items())}
            kept = _Kept(dict(sorted(one.scores.items())), sorted(one.sent.items()), one.wake, marks)
            yield key_of(KIND, name), tagged(kept) if one.scores or marks or one.sent or one.wake != END else None
        self._dirty.clear()
        for key in self.folders.take_let_go():
            yield key, None
        yield from self.alerts.take_states()
