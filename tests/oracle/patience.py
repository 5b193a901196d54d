"""When a deadline was passed by a customer whose grade, and with it the patience, may change meanwhile."""

from __future__ import annotations

from datetime import datetime

from tests.oracle.law import Law, Rule
from tests.oracle.timeline import Customer


def passed(customer: Customer, law: Law, rule: Rule, due: datetime, since: datetime, now: datetime) -> datetime | None:
    """The first instant from `since` on by which, for the grade of that very instant, `after` has passed since `due`.

    What was passed once stays so, whatever becomes of the grade. The answer is the bound itself or, where that was
    passed already when it came to matter, the instant at which it did; None where nothing was passed by now.
    """
    starts = sorted({since} | {time for time, _ in customer.grades if since < time <= now})
    ends = [start - datetime.resolution for start in starts[1:]] + [now]
    for start, end in zip(starts, ends, strict=True):
        after = rule.after(customer.grade(start))
        if after is not None and end > (bound := law.later(due, after, rule.clock)):
            return max(start, bound)
    return None
