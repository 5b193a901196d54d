"""The alerts of a lead: that nobody has tried to reach it, and that it was reached late."""

from __future__ import annotations

from collections.abc import Iterator

from streams.core.alerts import Cause, Span, happened, passed, span
from streams.core.customers.state import Lead
from streams.core.history import END
from streams.policy import Policy

UNPROCESSED, SLOW = "lead.unprocessed", "lead.slow_response"
CREATED, ASSIGNED, ATTEMPTED, CONVERTED, DISQUALIFIED = range(5)
"""The kinds of entries; at one instant a lead's events apply in this order."""

CLOSED = {CONVERTED: "converted", DISQUALIFIED: "disqualified"}


def spans(lead: Lead, policy: Policy) -> Iterator[Span]:
    """All spans of the rules of leads."""
    created = next((entry.time for entry in lead.log if entry.kind == CREATED), None)
    if created is None:
        return
    attempt = next((entry.time for entry in lead.log if entry.kind == ATTEMPTED and entry.time >= created), END)
    closed = next((entry.time for entry in lead.log if entry.kind in (CONVERTED, DISQUALIFIED)), END)
    for name, rule in policy.watching(UNPROCESSED):
        after = None if rule.after is None else rule.after.default
        if after is None:
            continue
        deadline = policy.after(created, after, rule.clock)
        end, cause = min((attempt, Cause.CONTACTED), (closed, Cause.CLOSED))
        if deadline + 1 < end:
            closing = happened(end)
            yield span(
                name,
                lead.id,
                created,
                passed(deadline),
                closing,
                cause,
                bound=deadline,
                terms=rule,
                policy=policy,
                about="",
            )
    if attempt == END:
        return
    since = max(entry.time for entry in lead.log if entry.kind in (CREATED, ASSIGNED) and entry.time <= attempt)
    for name, rule in policy.watching(SLOW):
        after = None if rule.after is None else rule.after.default
        if after is None or rule.lasts is None or attempt <= policy.after(since, after, rule.clock):
            continue
        expiry = passed(policy.after(attempt, rule.lasts, rule.clock))
        yield span(
            name,
            lead.id,
            attempt,
            happened(attempt),
            expiry,
            Cause.EXPIRED,
            bound=policy.after(since, after, rule.clock),
            terms=rule,
            policy=policy,
            about="",
        )


def status(lead: Lead) -> str:
    """Where a lead stands to which something has happened: `new`; `contacted`, once somebody tried to reach it since it
    was created; then as it was closed last, `converted` or `disqualified`."""
    closed = next((entry.kind for entry in reversed(lead.log) if entry.kind in CLOSED), None)
    if closed is not None:
        return CLOSED[closed]
    created = next((entry.time for entry in lead.log if entry.kind == CREATED), None)
    tried = (entry.time for entry in lead.log if entry.kind == ATTEMPTED)
    return "contacted" if any(created is None or time >= created for time in tried) else "new"


def owner_at(lead: Lead, time: int) -> str | None:
    """Whose lead it is at an instant."""
    owners = [entry.employee for entry in lead.log if entry.kind in (CREATED, ASSIGNED) and entry.time <= time]
    return next((owner for owner in reversed(owners) if owner is not None), None)
