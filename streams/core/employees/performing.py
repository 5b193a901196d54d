"""When alerts `perf.*` and `improvement_plan.overdue` stand, by the rules of the policy.

A score that is low or high is told when its period is over, until the next one is. A streak begins with the end of the
period with which it is long enough, and is over with the end of the first that is no part of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streams.core.alerts import Cause
from streams.core.employees import plans
from streams.core.employees.folders import Plan
from streams.core.goals import Key, Values
from streams.core.performance import Scores, end_of, holds, of_span, runs
from streams.policy import Policy, RulePolicy

LOW, HIGH, STREAK, OVERDUE = "perf.low", "perf.high", "perf.streak", "improvement_plan.overdue"
WATCHED = (LOW, HIGH, STREAK, OVERDUE)


class Stands(NamedTuple):
    """An alert from an instant on, until another one, us, if there is an end in sight."""

    key: Key
    rule: RulePolicy
    started: int
    ended: int | None
    cause: Cause
    values: Values


def spans(scores: Scores, role: str | None, policy: Policy) -> Iterator[Stands]:
    """The alerts that scores of periods that are over give."""
    for kind in (LOW, HIGH):
        for name, rule in _rules(kind, role, policy):
            assert rule.period is not None
            for period in of_span(scores, rule.period):
                if holds(scores[period], rule.above, rule.below):
                    bound = rule.below if rule.above is None else rule.above
                    values: Values = {"period": period, "score": scores[period], "bound": float(bound or 0)}
                    started, ended = end_of(period, policy.zone), end_of(period, policy.zone, 1)
                    yield Stands(Key(name, "score", period, ""), rule, started, ended, Cause.EXPIRED, values)
    for name, rule in _rules(STREAK, role, policy):
        yield from _streaks(name, rule, scores, policy)


def _streaks(name: str, rule: RulePolicy, scores: Scores, policy: Policy) -> Iterator[Stands]:
    assert rule.period is not None
    count = rule.count or 1
    for part, above, below in (("high", rule.above, None), ("low", None, rule.below)):
        for run in runs(scores, rule.period, count, above, below):
            values: Values = {
                "period": run.reached,
                "first": run.first,
                "score": scores[run.reached],
                "bound": float(above or below or 0),
                "count": count,
            }
            started, ended = end_of(run.reached, policy.zone), end_of(run.last, policy.zone, 1)
            yield Stands(Key(name, "score", run.first, part), rule, started, ended, Cause.RECOVERED, values)


def late(plan: Plan, steps: list[plans.Progress], role: str | None, policy: Policy) -> Iterator[Stands]:
    """The alerts of the steps of a plan that were not done in time."""
    for name, rule in _rules(OVERDUE, role, policy):
        for one in plans.overdue(plan, steps):
            key = Key(name, plan.id, "", str(one.number))
            yield Stands(key, rule, one.started, one.ended, one.cause, one.values)


def _rules(kind: str, role: str | None, policy: Policy) -> Iterator[tuple[str, RulePolicy]]:
    for name, rule in policy.watching(kind):
        if not rule.roles or role in rule.roles:
            yield name, rule


def summary(employee: str, key: Key, values: Values) -> str:
    """One sentence for a person."""
    if "plan_id" in values:
        return f"{employee} has not done “{values['step']}” of the improvement plan {key.what} by {values['due_at']}."
    score, bound = values["score"], values["bound"]
    assert isinstance(score, int | float)
    assert isinstance(bound, int | float)
    side = f"below {bound:g}" if score < bound else f"{bound:g} or more"
    if "count" in values:
        return f"{employee} scored {side} period after period, {values['first']} to {values['period']}."
    return f"{employee} scored {score:.1f} in {values['period']}, {side}."
