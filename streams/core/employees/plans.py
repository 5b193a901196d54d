"""How improvement plans go: which steps are done, which are overdue, and when a plan is over.

A step is done once somebody says so. One that names a KPI and a target is also done where the employee's KPI of the
month that contains its due_at reaches the target, whenever in that month and as it is known now: then it never was
overdue. Else it is from the end of the local day of due_at on, until it is done or the plan is closed. A plan is over
once it is closed, or all of its steps are done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from streams.core.alerts import Cause
from streams.core.customers.casework import local_day
from streams.core.employees.folders import Plan
from streams.core.goals import Values
from streams.core.kpis import Value, kpi_of, number
from streams.core.ratio import Ratio, exactly
from streams.events.instants import MAX_US, MIN_US, iso
from streams.policy import Better, Policy
from streams.policy.periods import month_key
from streams.policy.zone import month_of

ValueOf = Callable[[str, str], Value | None]
"""A month and a KPI to the employee's value."""


class Progress(NamedTuple):
    """How one step stands."""

    step: str
    due: int | None
    """The end of the local day of due_at, us."""
    month: str | None
    """The month that contains due_at."""
    kpi: str | None
    target: Ratio | None
    value: Value | None
    reached: bool
    """Whether the KPI reaches the target."""
    done_at: int | None
    """When somebody said that it is done."""

    @property
    def done(self) -> bool:
        """Whether it is done in either way."""
        return self.reached or self.done_at is not None

    def told(self) -> dict[str, Any]:
        """As the record of the plan has it."""
        value = self.value
        return {
            "step": self.step,
            "due_at": None if self.due is None else iso(self.due),
            "kpi": self.kpi,
            "target": None if self.target is None else float(self.target),
            "value": None if value is None else number(*value.ratio, value.unit),
            "done": self.done,
            "done_at": None if self.done_at is None else iso(self.done_at),
        }


class Overdue(NamedTuple):
    """A step that was not done in time: from when until when, and why no longer."""

    number: int
    started: int
    ended: int | None
    cause: Cause
    values: Values


def months_of(plan: Plan, policy: Policy) -> Iterator[str]:
    """The months whose figures say whether steps are done."""
    for step in plan.steps:
        if step.due_at is not None and step.kpi is not None and step.target is not None:
            yield month_key(month_of(local_day(step.due_at, policy)))


def progress(plan: Plan, value_of: ValueOf, policy: Policy) -> list[Progress]:
    """Every step of a plan, in order."""
    found = []
    for place, step in enumerate(plan.steps, 1):
        day = None if step.due_at is None else local_day(step.due_at, policy)
        due = None if day is None else min(max(policy.zone.midnight(day + 1), MIN_US), MAX_US)
        month = None if day is None else month_key(month_of(day))
        target = None if step.target is None else exactly(step.target)
        known = None if step.kpi is None else kpi_of(step.kpi)
        value = None if step.kpi is None or known is None or month is None else value_of(month, step.kpi)
        reached = known is not None and value is not None and target is not None and _reaches(value, target)
        name, done_at = step.step or str(place), plan.done_at(place)
        found.append(Progress(name, due, month, step.kpi, target, value, reached, done_at))
    return found


def _reaches(value: Value, target: Ratio) -> bool:
    kpi, ratio = kpi_of(value.kpi), Ratio(*value.ratio)
    if kpi is not None and kpi.better is Better.LOWER:
        return target.at_least(ratio)
    return ratio.at_least(target)


def is_over(plan: Plan, steps: list[Progress]) -> bool:
    """Whether a plan is closed, by somebody or by its steps."""
    return plan.over is not None or (bool(steps) and all(step.done for step in steps))


def overdue(plan: Plan, steps: list[Progress]) -> Iterator[Overdue]:
    """The steps that were not done in time, whether that still lies ahead or is over."""
    closed = None if plan.over is None else plan.over[0][0]
    for place, step in enumerate(steps, 1):
        if step.due is None or step.reached:
            continue
        ends = [
            (at, cause) for at, cause in ((step.done_at, Cause.COMPLETED), (closed, Cause.CLOSED)) if at is not None
        ]
        ended, cause = min(ends, key=lambda end: end[0]) if ends else (None, Cause.COMPLETED)
        if ended is None or ended > step.due:
            yield Overdue(place, step.due, ended, cause, _values(plan, step))


def _values(plan: Plan, step: Progress) -> Values:
    return {
        "plan_id": plan.id,
        "step": step.step,
        "due_at": None if step.due is None else iso(step.due),
        "kpi": step.kpi,
        "target": None if step.target is None else float(step.target),
    }


def told(plan: Plan, steps: list[Progress]) -> dict[str, Any]:
    """A plan as its record has it."""
    over = plan.over
    return {
        "plan_id": plan.id,
        "opened_at": iso(plan.opened[-1][0][0]),
        "closed_at": None if over is None else iso(over[0][0]),
        "outcome": None if over is None else over[1],
        "done": sum(step.done for step in steps),
        "of": len(steps),
        "steps": [step.told() for step in steps],
    }


def said_at(plan: Plan) -> int:
    """When a plan was opened first, us."""
    return plan.opened[0][0][0]


def last_instant(plan: Plan, steps: list[Progress]) -> int:
    """The newest instant that anything of a plan is about, us."""
    ends = [step.due for step in steps if step.due is not None] + [step.done_at for step in steps if step.done_at]
    return max([plan.opened[-1][0][0], *ends, *(stamp[0] for stamp, _ in plan.closed)])
