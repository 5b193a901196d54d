"""The alerts of contact: due, overdue, and the interval that was let pass.

Every function answers with the spans that end at `since` or later; nothing that happens at `since` or after it can
change an earlier one.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

import msgspec

from streams.core.alerts import Bound, Cause, Span, happened, merge, no_earlier, passed, span
from streams.core.customers import attendance
from streams.core.customers.contacts import MADE
from streams.core.customers.state import Customer, Plan
from streams.core.history import END
from streams.policy import Duration, Policy, RulePolicy

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
    due, overdue = policy.watching(DUE), policy.watching(OVERDUE)
    if customer.plans and (due or overdue):
        for promise in promises(customer, since):
            for name, rule in due:
                found += _due(name, rule, customer.id, promise, policy)
            for name, rule in overdue:
                found += _overdue(name, rule, customer.id, promise, policy)
    for name, rule in policy.watching(INTERVAL):
        found += _intervals(name, rule, customer, since, policy)
    return found


def allowed(rule: RulePolicy, grade: str | None, policy: Policy) -> Duration | None:
    """The longest silence that a rule of intervals leaves a customer of a grade in; None: any."""
    return (policy.contact.intervals if rule.after is None else rule.after).of(grade)


def _due(name: str, rule: RulePolicy, subject: str, promise: Promise, policy: Policy) -> list[Span]:
    clock = policy.rule(OVERDUE).clock
    deadline = policy.before(promise.next_at, policy.contact.lead_time, rule.clock)
    late = passed(policy.after(promise.next_at, policy.contact.grace, clock))
    end, cause = happened(promise.end), promise.cause
    if late.at <= promise.end:
        end, cause = late, Cause.BECAME_OVERDUE
    start = no_earlier(passed(deadline), promise.start)
    if start.at >= end.at:
        return []
    return [_planned(name, rule, subject, promise, start, end, cause, deadline, policy)]


def _overdue(name: str, rule: RulePolicy, subject: str, promise: Promise, policy: Policy) -> list[Span]:
    deadline = policy.after(promise.next_at, policy.contact.grace, rule.clock)
    start = no_earlier(passed(deadline), promise.start)
    if start.at >= promise.end:
        return []
    return [_planned(name, rule, subject, promise, start, happened(promise.end), promise.cause, deadline, policy)]


def _planned(
    name: str,
    rule: RulePolicy,
    subject: str,
    promise: Promise,
    start: Bound,
    end: Bound,
    cause: Cause,
    deadline: int,
    policy: Policy,
) -> Span:
    about, planned = promise.next_step or "", promise.next_at
    return span(
        name,
        subject,
        promise.start,
        start,
        end,
        cause,
        bound=deadline,
        terms=rule,
        policy=policy,
        about=about,
        planned=planned,
    )


def _intervals(name: str, rule: RulePolicy, customer: Customer, since: int, policy: Policy) -> list[Span]:
    """Walks from contact made to contact made; before the first, from when the customer was first seen."""
    contacts = customer.contacts
    found: list[Span] = []
    basis = contacts.before(since, MADE)
    if basis is None:
        basis = contacts.after(-END, MADE)
        if customer.first < basis:
            found += _gap(name, rule, customer, customer.first, basis, policy)
    while basis != END:
        following = contacts.after(basis, MADE)
        found += _gap(name, rule, customer, basis, following, policy)
        basis = following
    return found


def _gap(name: str, rule: RulePolicy, customer: Customer, basis: int, until: int, policy: Policy) -> list[Span]:
    changes = customer.grades.between(basis, until)
    attended = attendance.during(customer, basis, until)
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
        interval = allowed(rule, customer.grades.at(start), policy)
        if interval is None:
            continue
        deadline = policy.after(basis, interval, rule.clock)
        opening = no_earlier(passed(deadline), start)
        if opening.at < end:
            cause, grade = _ending(customer, end, until, ahead), customer.grades.at(opening.at)
            closing = happened(end)
            found.append(
                span(
                    name,
                    customer.id,
                    basis,
                    opening,
                    closing,
                    cause,
                    bound=deadline,
                    terms=rule,
                    policy=policy,
                    about=grade or "",
                )
            )
    return merge(found)


def _ending(customer: Customer, end: int, until: int, ahead: list[tuple[int, int]]) -> Cause:
    if end == until:
        return Cause.CONTACTED
    if any(start == end for start, _ in ahead):
        return Cause.PLANNED
    if customer.grades.at(end - 1) != customer.grades.at(end):
        return Cause.INTERVAL_CHANGED
    return Cause.UNATTENDED
