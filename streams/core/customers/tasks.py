"""The alerts of a task: that its time comes near, and that it has passed."""

from __future__ import annotations

from collections.abc import Iterator

from streams.core.alerts import NEVER, Bound, Cause, Span, happened, no_earlier, passed, span
from streams.core.customers.state import Task, TaskEntry
from streams.core.history import END
from streams.policy import Policy, RulePolicy

DUE, OVERDUE = "task.due", "task.overdue"
ASSIGNED, COMPLETED, CANCELLED = range(3)
"""The kinds of entries; at one instant a task's events apply in this order."""


def spans(task: Task, policy: Policy) -> Iterator[Span]:
    """All spans of the rules of tasks: one for each date that was set, until the task is done or dated anew."""
    dated = [entry for entry in task.log if entry.kind == ASSIGNED]
    done = next((entry for entry in task.log if entry.kind != ASSIGNED), None)
    for number, entry in enumerate(dated):
        end, cause = END, Cause.COMPLETED
        if done is not None:
            end, cause = done.time, Cause.COMPLETED if done.kind == COMPLETED else Cause.CANCELLED
        if number + 1 < len(dated) and dated[number + 1].time < end:
            end, cause = dated[number + 1].time, Cause.PLAN_MOVED
        if entry.due is not None and entry.time < end:
            yield from _dated(task, entry, end, cause, policy)


def assigned_at(task: Task, time: int) -> TaskEntry | None:
    """The assignment that holds at an instant."""
    return next((entry for entry in reversed(task.log) if entry.kind == ASSIGNED and entry.time <= time), None)


def _dated(task: Task, entry: TaskEntry, end: int, cause: Cause, policy: Policy) -> Iterator[Span]:
    assert entry.due is not None
    closing = happened(end)
    overdue = policy.watching(OVERDUE)
    lates = []
    for name, rule in overdue:
        after = None if rule.after is None else rule.after.default
        if after is None:
            continue
        late = passed(policy.after(entry.due, after, rule.clock))
        lates.append(late)
        yield from _span(name, rule, task, entry, late, closing, cause, policy)
    for name, rule in policy.watching(DUE):
        if rule.before is None:
            continue
        near = passed(policy.before(entry.due, rule.before, rule.clock))
        until, why = closing, cause
        first = min(lates, default=NEVER)
        if first.at < closing.at:
            until, why = first, Cause.BECAME_OVERDUE
        yield from _span(name, rule, task, entry, near, until, why, policy)


def _span(
    name: str, rule: RulePolicy, task: Task, entry: TaskEntry, start: Bound, end: Bound, cause: Cause, policy: Policy
) -> Iterator[Span]:
    opening = no_earlier(start, entry.time)
    if opening.at < end.at:
        about = entry.about or ""
        yield span(
            name,
            task.id,
            entry.time,
            opening,
            end,
            cause,
            bound=start.reported,
            terms=rule,
            policy=policy,
            about=about,
            planned=entry.due,
        )
