"""What follows from scores, counted anew from the events: alerts of scores and plans, recommendations, their fate.

Nothing of the engine is used. Scorecards have two lines: `praise` (a count, counted up to half as much again as is
asked for) of weight 2, and `csat` of weight 1. Events are of feedback and of personnel; instants in microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

Event = Mapping[str, Any]
"""As in the log, without the envelope: type, time (us), source, id, data."""
DAY = 86_400_000_000
PRAISE, CSAT = 2, Fraction(1, 2)
"""What is asked for: of a month, and always."""
COURSES = {"praise": "charm", "csat": "service"}
LENGTH = {"month": 1, "quarter": 3, "year": 12}


class Adjusting(NamedTuple):
    """When another target is suggested: attainments below the one bound, or from the other on, so many in a row."""

    below: Fraction
    above: Fraction
    periods: int
    span: str


class Rules(NamedTuple):
    """A policy. `advice` and `perf` are by name: (the bound, whether more is better, how many in a row, month...)."""

    offset: int
    """By how much local clocks are ahead, us."""
    perf: dict[str, tuple[int, bool, int, str]]
    advice: dict[str, tuple[int, bool, int, str]]
    adjusting: Adjusting | None


class Advice(NamedTuple):
    """A recommendation, or a plan under way."""

    employee: str
    kind: str
    basis: str
    status: str
    created: int
    course: str | None
    decision: str | None
    answers: tuple[str, ...]
    steps: tuple[bool, ...]
    target: float | None = None
    """Another one that is suggested."""


class Alert(NamedTuple):
    """An alert."""

    employee: str
    rule: str
    about: str
    started: int
    ended: int | None


def _whose(data: Mapping[str, Any]) -> str:
    return str(data.get("employee_id") or data["by"])


class Book:
    """Everything that a log comes to at an instant."""

    def __init__(self, events: Iterable[Event], rules: Rules, now: int) -> None:
        seen = {(event["source"], event["id"]): event for event in events}
        self.events = sorted(seen.values(), key=lambda e: (e["time"], e["source"], e["id"]))
        self.rules, self.now = rules, now
        self.employees = {e["data"]["employee_id"] for e in self.events if e["type"] == "employee.upserted"}

    def of(self, kind: str, who: str | None = None) -> list[Event]:
        return [
            event
            for event in self.events
            if event["type"] == kind
            and (who is None or who in (event["data"].get("employee_id"), event["data"].get("by")))
        ]

    def end(self, month: int) -> int:
        """The instant before which a month (year * 12 + month - 1) lies."""
        first = datetime((month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=UTC)
        return int(first.timestamp()) * 1_000_000 - self.rules.offset

    def month(self, time: int) -> int:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time + self.rules.offset)
        return moment.year * 12 + moment.month - 1

    def has_card(self, who: str) -> bool:
        return (
            bool(self.of("employee.upserted", who)) and self.of("employee.upserted", who)[-1]["data"]["role"] == "sales"
        )

    def values(self, who: str, first: int, length: int) -> dict[str, Fraction] | None:
        """The two KPIs of a period; None where nothing was said."""
        said = [
            event["data"]
            for event in self.of("feedback.received", who)
            if first <= self.month(event["time"]) < first + length
        ]
        if not said:
            return None
        found = {"praise": Fraction(sum(one["kind"] == "praise" for one in said))}
        answers = [one["score"] for one in said if one["kind"] == "csat"]
        if answers:
            found["csat"] = Fraction(sum(score >= 4 for score in answers), len(answers))
        return found

    def shares(self, who: str, first: int, length: int) -> dict[str, Fraction]:
        """What each KPI earns of its weight."""
        values = self.values(who, first, length) or {}
        targets = {"praise": Fraction(PRAISE * length), "csat": CSAT}
        for kpi in targets:
            own = self.target(who, kpi, first, length)
            targets[kpi] = targets[kpi] if own is None else own
        caps = {"praise": Fraction(3, 2), "csat": Fraction(1)}
        return {kpi: min(value / targets[kpi], caps[kpi]) for kpi, value in values.items() if targets[kpi] > 0}

    def given(self, who: str, kpi: str, first: int, length: int) -> Fraction | None:
        """What was set, last, for that very period."""
        key = f"{first // 12}-Q{first % 12 // 3 + 1}" if length == 3 else f"{first // 12}-{first % 12 + 1:02d}"
        said = [
            event["data"]["value"]
            for event in self.of("target.set")
            if (event["data"]["scope_id"], event["data"]["kpi"], event["data"]["period"]) == (who, kpi, key)
        ]
        return Fraction(said[-1]) if said else None

    def target(self, who: str, kpi: str, first: int, length: int) -> Fraction | None:
        """What follows from what was set: a quarter is the sum of its months, of which those without a target of their
        own have equal parts of what the others leave of it. Rates are as they are."""
        own = self.given(who, kpi, first, length)
        if own is not None or kpi == "csat":
            return own
        start = first - first % 3
        months = {month: self.given(who, kpi, month, 1) for month in range(start, start + 3)}
        whole = self.given(who, kpi, start, 3)
        set_ones = [one for one in months.values() if one is not None]
        if whole is not None and length == 1:
            return (whole - sum(set_ones)) / (3 - len(set_ones))
        return sum(set_ones, Fraction(0)) if length == 3 and len(set_ones) == 3 else None

    def score(self, who: str, first: int, length: int) -> Fraction | None:
        shares = self.shares(who, first, length)
        if not shares or not self.has_card(who):
            return None
        weights = {"praise": 2, "csat": 1}
        earned = sum((weights[kpi] * share for kpi, share in shares.items()), Fraction(0))
        return 100 * earned / sum(weights[kpi] for kpi in shares)

    def runs(self, who: str, bound: int, high: bool, count: int, span: str) -> list[tuple[int, int, int]]:
        """The first month, and the ends of what was enough and of the last, of every run of periods that are over."""

        def holds(first: int, length: int) -> bool:
            score = self.score(who, first, length)
            return score is not None and (score >= bound if high else score < bound)

        return self._runs(holds, count, LENGTH[span])

    def _runs(self, holds: Callable[[int, int], bool], count: int, length: int) -> list[tuple[int, int, int]]:
        found: list[list[int]] = []
        run: list[int] = []
        for first in range(2025 * 12, 2027 * 12, length):
            if self.end(first + length - 1) <= self.now and holds(first, length):
                run.append(first)
                if count > 1:
                    continue
            if run:
                found.append(run)
            run = []
        return [(run[0], run[count - 1] + length - 1, run[-1] + length - 1) for run in found if len(run) >= count]

    def alerts(self) -> set[Alert]:
        return {alert for who in self.everybody() for alert in (*self._scored(who), *self._late(who))}

    def everybody(self) -> set[str]:
        return {event["data"].get("employee_id") for event in self.events} - {None}

    def _scored(self, who: str) -> Iterable[Alert]:
        for rule, (bound, high, count, span) in self.rules.perf.items():
            for first, reached, last in self.runs(who, bound, high, count, span):
                ended = self.end(last + LENGTH[span])
                yield Alert(who, rule, str(first), self.end(reached), ended if ended <= self.now else None)

    def _late(self, who: str) -> Iterable[Alert]:
        for plan in sorted({event["data"]["plan_id"] for event in self.of("improvement_plan.opened", who)}):
            closed = self._closed(who, plan)
            for number, step in enumerate(self._steps(who, plan), 1):
                due = self._due(step)
                if due is None or self._reached(who, step):
                    continue
                ends = [at for at in (self._done(who, plan, number, step), closed) if at is not None]
                if due <= self.now and (not ends or min(ends) > due):
                    yield Alert(who, "improvement_plan.overdue", f"{plan} {number}", due, min(ends, default=None))

    def _openings(self, who: str, plan: str) -> list[Event]:
        return [event for event in self.of("improvement_plan.opened", who) if event["data"]["plan_id"] == plan]

    def _steps(self, who: str, plan: str) -> list[Mapping[str, Any]]:
        return list(self._openings(who, plan)[-1]["data"]["steps"])

    def _closed(self, who: str, plan: str) -> int | None:
        since = self._openings(who, plan)[-1]["time"]
        times = [
            event["time"]
            for event in self.of("improvement_plan.closed", who)
            if event["data"]["plan_id"] == plan and event["time"] >= since
        ]
        return min(times, default=None)

    def _done(self, who: str, plan: str, number: int, step: Mapping[str, Any]) -> int | None:
        times = [
            event["time"]
            for event in self.of("improvement_plan.step_done", who)
            if event["data"]["plan_id"] == plan and event["data"]["step"] in (str(number), step.get("step"))
        ]
        return min(times, default=None)

    def _due(self, step: Mapping[str, Any]) -> int | None:
        """The end of the local day; due_at is a date."""
        if step.get("due_at") is None:
            return None
        day = datetime.fromisoformat(step["due_at"]).replace(tzinfo=UTC)
        return int(day.timestamp()) * 1_000_000 + DAY - self.rules.offset

    def _reached(self, who: str, step: Mapping[str, Any]) -> bool:
        due = self._due(step)
        if due is None or step.get("kpi") is None:
            return False
        values = self.values(who, self.month(due - 1), 1)
        return values is not None and values.get(step["kpi"], Fraction(0)) >= step["target"]

    def advice(self) -> set[Advice]:
        return {
            one for who in self.everybody() for one in (*self._proposed(who), *self._adjusted(who), *self._plans(who))
        }

    def _proposed(self, who: str) -> Iterable[Advice]:
        for kind, (bound, high, count, span) in self.rules.advice.items():
            for first, reached, _ in self.runs(who, bound, high, count, span):
                course = None
                if kind == "training":
                    length = LENGTH[span]
                    shares = self.shares(who, reached - length + 1, length)
                    weak = sorted((share, kpi != "praise", kpi) for kpi, share in shares.items() if share < 1)
                    if not weak:
                        continue
                    course = COURSES[weak[0][2]]
                yield self._answered(who, kind, f"{first} {span}", self.end(reached), course)

    def _adjusted(self, who: str) -> Iterable[Advice]:
        rule = self.rules.adjusting
        if rule is None:
            return
        length = LENGTH[rule.span]
        for kpi in ("praise", "csat"):
            for side in ("below", "above"):

                def holds(first: int, length: int, kpi: str = kpi, side: str = side) -> bool:
                    value = (self.values(who, first, length) or {}).get(kpi)
                    target = self.target(who, kpi, first, length)
                    if value is None or target is None or target <= 0:
                        return False
                    return value / target < rule.below if side == "below" else value / target >= rule.above

                for first, reached, _ in self._runs(holds, rule.periods, length):
                    places = range(first, reached + 1, length)
                    mean = sum((self.values(who, one, length) or {})[kpi] for one in places) / Fraction(len(places))
                    last = self.target(who, kpi, places[-1], length) or Fraction(0)
                    if mean > 0 and (mean < last if side == "below" else mean > last):
                        basis = f"{first} {rule.span} {side} {kpi}"
                        advice = self._answered(who, "target_adjustment", basis, self.end(reached), None)
                        yield advice._replace(target=float(mean))

    def _answered(self, who: str, kind: str, basis: str, created: int, course: str | None) -> Advice:
        named = f"{who}|{kind}|{basis}"
        decisions = [e["data"]["decision"] for e in self.of("review.decided") if e["named"] == named]
        ends = [event for event in self.of("reward.granted", who) if event.get("named") == named]
        if kind == "training":
            ends += [
                event
                for event in self.of("training.completed", who)
                if event["data"]["course"] == course and event["time"] >= created
            ]
        elif kind == "improvement_plan":
            ends += [event for event in self.of("improvement_plan.opened", who) if event["time"] >= created]
        status = "closed" if ends else "decided" if decisions else "open"
        decision = decisions[-1] if decisions else None
        return Advice(who, kind, basis, status, created, course, decision, self.answers(who, named), ())

    def answers(self, who: str, named: str) -> tuple[str, ...]:
        said = [event["data"]["comment"] for event in self.of("response.submitted", who) if event["named"] == named]
        return tuple(said[-10:])

    def _plans(self, who: str) -> Iterable[Advice]:
        for plan in {event["data"]["plan_id"] for event in self.of("improvement_plan.opened", who)}:
            steps = tuple(
                self._reached(who, step) or self._done(who, plan, number, step) is not None
                for number, step in enumerate(self._steps(who, plan), 1)
            )
            over = self._closed(who, plan) is not None or (bool(steps) and all(steps))
            created = self._openings(who, plan)[0]["time"]
            status = "closed" if over else "open"
            yield Advice(who, "improvement_plan", f"plan {plan}", status, created, None, None, (), steps)
