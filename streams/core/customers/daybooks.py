"""The alerts of what an employee logged on a day: more than can be done, calls of no length, and what was long over;
and those of answers about the employee that count for nothing, as they have no score of their scale.

A day is one of the policy's time zone. All of it is reckoned within the day, so that a day can be judged by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.core.alerts import Cause, Span, happened, passed, span
from streams.core.customers.cases import Daybook, DayEntry
from streams.core.customers.state import DESK
from streams.policy import Policy, RulePolicy

CROWDED, EMPTY_CALLS, BACKDATED = "dq.suspicious", "dq.suspicious_calls", "dq.backdated"
SCORELESS = "dq.feedback_score"
MADE, EMPTY, ENTERED, ODD = range(4)
"""The kinds of entries: a contact that takes its time, a call of no length that reached somebody, a contact that was
entered more than `PROMPT` after it was made, on the day on which that was, and an answer without a score of its
scale."""
PROMPT = 3_600_000_000
"""Who enters a contact within an hour is never late, whatever a rule says, us."""


def spans(daybook: Daybook, dossier: str, policy: Policy) -> Iterator[Span]:
    """All spans of these rules for a day, in the dossier of whose it is."""
    for kind, find in _FINDS:
        for name, rule in policy.watching(kind):
            since = find(daybook.log, rule, policy)
            if since is not None and rule.lasts is not None:
                yield span(
                    name,
                    employee_of(dossier),
                    since,
                    happened(since),
                    passed(policy.after(since, rule.lasts, rule.clock)),
                    Cause.EXPIRED,
                    bound=since,
                    terms=rule,
                    policy=policy,
                    about=policy.zone.date(int(daybook.id)).isoformat(),
                )


def employee_of(dossier: str) -> str:
    """Whose a dossier with daybooks is, by its name."""
    return dossier.removeprefix(DESK)


def _crowded(log: list[DayEntry], rule: RulePolicy, policy: Policy) -> int | None:
    """When for the first time so many contacts had been made in so short a time."""
    times = [entry.time for entry in log if entry.kind == MADE]
    count, within = rule.count or 1, 0 if rule.within is None else rule.within.us
    pairs = zip(times, times[count - 1 :], strict=False)
    return next((last for first, last in pairs if last - first <= within), None)


def _empty(log: list[DayEntry], rule: RulePolicy, policy: Policy) -> int | None:
    return _nth([entry.time for entry in log if entry.kind == EMPTY], rule)


def _backdated(log: list[DayEntry], rule: RulePolicy, policy: Policy) -> int | None:
    allowed = None if rule.after is None else rule.after.default
    if allowed is None:
        return None
    entered = [entry for entry in log if entry.kind == ENTERED]
    return _nth([one.time for one in entered if policy.after(one.made, allowed, rule.clock) < one.time], rule)


def _scoreless(log: list[DayEntry], rule: RulePolicy, policy: Policy) -> int | None:
    return _nth([entry.time for entry in log if entry.kind == ODD], rule)


def _nth(times: list[int], rule: RulePolicy) -> int | None:
    """When it happened for the time that is once too often."""
    count = rule.count or 1
    return times[count - 1] if len(times) >= count else None


_FINDS = ((CROWDED, _crowded), (EMPTY_CALLS, _empty), (BACKDATED, _backdated), (SCORELESS, _scoreless))
