"""The alerts of what should lie ahead of an open opportunity: an expected close, and a next step."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from streams.core.alerts import Cause, Span, happened, passed, span
from streams.core.customers import followup
from streams.core.customers.entries import View
from streams.core.customers.patience import patience
from streams.core.customers.state import Customer, Opportunity
from streams.core.history import END
from streams.policy import Policy, RulePolicy

CLOSE_PASSED, NO_NEXT_STEP = "opp.close_date_passed", "opp.no_next_step"


def spans(customer: Customer, opportunity: Opportunity, view: View, since: int, policy: Policy) -> Iterator[Span]:
    """The spans of these rules that end at `since` or later; a few that ended before may be among them."""
    if view.closes:
        for name, rule in policy.watching(CLOSE_PASSED):
            yield from _close_passed(name, rule, customer, opportunity.id, view, policy)
    watching = policy.watching(NO_NEXT_STEP)
    if watching:
        # What lies before has gaps where it had none, as not every plan of old is looked at.
        gaps = [gap for gap in _gaps(customer, view, since) if gap[1] >= since]
        for name, rule in watching:
            yield from _no_next_step(name, rule, customer, opportunity.id, gaps, policy)


def _close_passed(
    name: str, rule: RulePolicy, customer: Customer, subject: str, view: View, policy: Policy
) -> Iterator[Span]:
    for opened, closed in view.stretches:
        for index, (time, close) in enumerate(view.closes):
            former = view.closes[index - 1][1] if index else None
            if close is None or (former is not None and former.at == close.at):
                continue
            until, cause = _replaced(view, index, closed)
            start = max(time, opened)
            found = patience(customer, rule, close.at, start, until, policy) if start < until else None
            if found is not None:
                opening, deadline, grade = found
                end = happened(until)
                yield span(
                    name,
                    subject,
                    start,
                    opening,
                    end,
                    cause,
                    bound=deadline,
                    terms=rule,
                    policy=policy,
                    about="",
                    planned=close.at,
                    grade=grade,
                )


def _replaced(view: View, index: int, closed: int) -> tuple[int, Cause]:
    """Until when a close date holds in a stretch that ends at `closed`, and why it ends."""
    date = view.closes[index][1]
    for time, close in view.closes[index + 1 :]:
        if time >= closed:
            break
        if close is None:
            return time, Cause.PLAN_CANCELLED
        if date is None or close.at != date.at:
            return time, Cause.PLAN_MOVED
    return closed, Cause.CLOSED


def _gaps(customer: Customer, view: View, since: int) -> Iterator[tuple[int, int, Cause]]:
    """When the open opportunity had no next step: (start, end, why it ended)."""
    own = [(start, end) for (start, step), (end, _) in pairwise([*view.steps, (END, None)]) if step]
    covered = sorted(own + ahead(customer, since))
    for opened, closed in view.stretches:
        if closed < since:
            continue
        begin = opened
        for start, end in covered:
            if start > closed:
                break
            if start > begin:
                yield begin, start, Cause.PLANNED
            begin = max(begin, end)
        if begin < closed:
            yield begin, closed, Cause.CLOSED


def ahead(customer: Customer, since: int) -> list[tuple[int, int]]:
    """When a planned contact lay ahead: (start, end) of those that end at `since` or later, and the last one before."""
    plans, from_ = customer.plans, since
    if not plans:
        return []
    index = bisect_left(plans, since, key=lambda plan: plan.time)
    while True:
        found = [(p.start, min(p.end, p.next_at)) for p in followup.promises(customer, from_)]
        found = [(start, end) for start, end in found if start < end]
        if index == 0 or (found and found[0][1] < since):
            return found
        index -= 1
        from_ = plans[index].time


def _no_next_step(
    name: str,
    rule: RulePolicy,
    customer: Customer,
    subject: str,
    gaps: list[tuple[int, int, Cause]],
    policy: Policy,
) -> Iterator[Span]:
    for start, until, cause in gaps:
        grade = customer.grades.at(start)
        after = None if rule.after is None else rule.after.of(grade)
        if rule.after is None or after is None:
            continue
        deadline = policy.after(start, after, rule.clock)
        end = happened(until)
        if deadline + 1 < end.at:
            yield span(
                name,
                subject,
                start,
                passed(deadline),
                end,
                cause,
                bound=deadline,
                terms=rule,
                policy=policy,
                about="",
                grade=rule.after.chosen(grade),
            )
