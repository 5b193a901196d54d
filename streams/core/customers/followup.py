"""The alerts of contact: due, overdue, and the interval that was let pass.

Every function answers with the spans that end at `since` or later; nothing that happens at `since` or after it can
change an earlier one.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

import msgspec

from streams.core.alerts import NEVER, Bound, Cause, Span, happened, merge, passed, span
from streams.core.customers import attendance
from streams.core.customers.contacts import MADE
from streams.core.customers.state import Customer, Plan
from streams.core.history import END
from streams.policy import Policy, RulePolicy

DUE, OVERDUE, INTERVAL = "contact.due", "contact.overdue", "contact.interval_exceeded"


class Promise(msgspec.Struct, frozen=True, gc=False):
    """A planned contact while it is in force: made at `start`, for `next_at`, until `end`."""

    start: int
    next_at: int
    end: int
    cause: Cause
    next_step: str | None


def promises(customer: Customer, since: int) -> list[Promise]:
    """The plans in force at `since` or later. A contact made fulfils a plan; the same date set again moves nothing."""
    plans = customer.plans
    newest = plans[-1]
    if newest.time < since and (newest.next_at is None or customer.contacts.after(newest.time, MADE) < since):
        return []  # those before it ended when it was made
    index = max(bisect_left(plans, since, key=_made) - 1, 0)
    while index:
        former = bisect_left(plans, plans[index].time, key=_made) - 1
        if former < 0 or plans[former].next_at != plans[index].next_at:
            break
        index = former
    # Of two plans made at one instant the first has never been in force.
    valid = [plan for number, plan in enumerate(plans[index:], index) if _is_last(plans, number)]
    found: list[Promise] = []
    for number, plan in enumerate(valid):
        following = valid[number + 1] if number + 1 < len(valid) else None
        fulfilled = customer.contacts.after(plan.time, MADE)
        moved = following.time if following is not None else END
        if fulfilled <= moved:
            end, cause = fulfilled, Cause.CONTACTED
        else:
            cancelled = following is not None and following.next_at is None
            end, cause = moved, Cause.PLAN_CANCELLED if cancelled else Cause.PLAN_MOVED
        if plan.next_at is None:
            continue
        last = found[-1] if found else None
        if (
            last is not None
            and last.end == plan.time
            and last.next_at == plan.next_at
            and last.cause is Cause.PLAN_MOVED
        ):
            found[-1] = Promise(last.start, last.next_at, end, cause, plan.next_step or last.next_step)
        else:
            found.append(Promise(plan.time, plan.next_at, end, cause, plan.next_step))
    return [promise for promise in found if promise.end >= since]


def _made(plan: Plan) -> int:
    return plan.time


def _is_last(plans: list[Plan], index: int) -> bool:
    return index + 1 == len(plans) or plans[index + 1].time != plans[index].time


def spans(customer: Customer, since: int, policy: Policy) -> list[Span]:
    """All spans of the contact rules that end at `since` or later."""
    found: list[Span] = []
    due, overdue, interval = policy.rule(DUE), policy.rule(OVERDUE), policy.rule(INTERVAL)
    if customer.plans and (due.enabled or overdue.enabled):
        for promise in promises(customer, since):
            if due.enabled:
                found += _due(customer.id, promise, policy)
            if overdue.enabled:
                found += _overdue(customer.id, promise, policy)
    if interval.enabled:
        found += _intervals(customer, since, policy)
    return found


def _due(subject: str, promise: Promise, policy: Policy) -> list[Span]:
    rule, clock = policy.rule(DUE), policy.rule(OVERDUE).clock
    deadline = policy.before(promise.next_at, policy.contact.lead_time, rule.clock)
    late = passed(policy.after(promise.next_at, policy.contact.grace, clock))
    end, cause = happened(promise.end), promise.cause
    if late.at <= promise.end:
        end, cause = late, Cause.BECAME_OVERDUE
    start = _later(passed(deadline), promise.start)
    if start.at >= end.at:
        return []
    return [_planned(DUE, subject, promise, start, end, cause, deadline, rule.hold.us)]


def _overdue(subject: str, promise: Promise, policy: Policy) -> list[Span]:
    rule = policy.rule(OVERDUE)
    deadline = policy.after(promise.next_at, policy.contact.grace, rule.clock)
    start = _later(passed(deadline), promise.start)
    if start.at >= promise.end:
        return []
    return [_planned(OVERDUE, subject, promise, start, happened(promise.end), promise.cause, deadline, rule.hold.us)]


def _planned(
    rule: str, subject: str, promise: Promise, start: Bound, end: Bound, cause: Cause, deadline: int, hold: int
) -> Span:
    about, planned = promise.next_step or "", promise.next_at
    return span(
        rule, subject, promise.start, start, end, cause, bound=deadline, hold=hold, about=about, planned=planned
    )


def _later(bound: Bound, time: int) -> Bound:
    return bound if bound.at > time else happened(time)


def _intervals(customer: Customer, since: int, policy: Policy) -> list[Span]:
    """Walks from contact made to contact made; before the first, from when the customer was first seen."""
    contacts = customer.contacts
    found: list[Span] = []
    basis = contacts.before(since, MADE)
    if basis is None:
        basis = contacts.after(-END, MADE)
        if customer.first < basis:
            found += _gap(customer, customer.first, basis, policy)
    while basis != END:
        following = contacts.after(basis, MADE)
        found += _gap(customer, basis, following, policy)
        basis = following
    return found


def _gap(customer: Customer, basis: int, until: int, policy: Policy) -> list[Span]:
    rule = policy.rule(INTERVAL)
    changes = customer.grades.between(basis, until)
    attended = attendance.during(customer, basis, until)
    if not changes and attended == [(basis, until)] and not policy.contact.silent_when_planned:
        grade = customer.grades.at(basis)
        deadline = policy.after(basis, policy.contact.interval(grade), rule.clock)
        if deadline >= until:
            return []
        opening, closing = passed(deadline), _closing(until)
        return [_exceeded(customer.id, basis, opening, closing, Cause.CONTACTED, deadline, rule, grade)]
    edges = {basis, until, *changes}
    ahead: list[tuple[int, int]] = []
    if policy.contact.silent_when_planned and customer.plans:
        for promise in promises(customer, basis):
            quiet = (max(promise.start, basis), min(promise.end, promise.next_at, until))
            if quiet[0] < quiet[1]:
                ahead.append(quiet)
                edges.update(quiet)
    for stretch in attended:
        edges.update(stretch)
    found: list[Span] = []
    marks = sorted(edges)
    for start, end in pairwise(marks):
        if not any(a <= start < b for a, b in attended) or any(a <= start < b for a, b in ahead):
            continue
        deadline = policy.after(basis, policy.contact.interval(customer.grades.at(start)), rule.clock)
        opening = _later(passed(deadline), start)
        if opening.at < end:
            cause, grade = _ending(customer, end, until, ahead), customer.grades.at(opening.at)
            found.append(_exceeded(customer.id, basis, opening, _closing(end), cause, deadline, rule, grade))
    return merge(found)


def _closing(end: int) -> Bound:
    return NEVER if end == END else happened(end)


def _exceeded(
    subject: str, basis: int, start: Bound, end: Bound, cause: Cause, deadline: int, rule: RulePolicy, grade: str | None
) -> Span:
    return span(INTERVAL, subject, basis, start, end, cause, bound=deadline, hold=rule.hold.us, about=grade or "")


def _ending(customer: Customer, end: int, until: int, ahead: list[tuple[int, int]]) -> Cause:
    if end == until:
        return Cause.CONTACTED
    if any(start == end for start, _ in ahead):
        return Cause.PLANNED
    if customer.grades.between(end - 1, end + 1):
        return Cause.INTERVAL_CHANGED
    return Cause.UNATTENDED
