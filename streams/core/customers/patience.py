"""How long something may be late, by the grade that its customer has when that is up."""

from __future__ import annotations

from itertools import pairwise

from streams.core.alerts import Bound, no_earlier, passed
from streams.core.customers.state import Customer
from streams.policy import Policy, RulePolicy


def patience(
    customer: Customer, rule: RulePolicy, at: int, start: int, end: int, policy: Policy
) -> tuple[Bound, int, str | None] | None:
    """When what was to be at an instant is too late, within [start, end): (from when, the bound, the grade that chose
    it). The first instant at which more has passed than the grade of then allows; a grade of later changes nothing."""
    if rule.after is None:
        return None
    cuts = customer.grades.between(start, end) if rule.after.by else []
    for since, until in pairwise([start, *cuts, end]):
        grade = customer.grades.at(since)
        after = rule.after.of(grade)
        if after is None:
            continue
        deadline = policy.after(at, after, rule.clock)
        opening = no_earlier(passed(deadline), since)
        if opening.at < until:
            return opening, deadline, rule.after.chosen(grade)
    return None
