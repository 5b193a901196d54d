"""The alerts of one opportunity: that it stalls, and that its outcome is oddly recorded."""

from __future__ import annotations

from itertools import pairwise

from streams.core.alerts import NEVER, Bound, Cause, Span, happened, merge, passed, span
from streams.core.customers.contacts import INBOUND, MADE
from streams.core.customers.opportunity import MISSING_AMOUNT, NEGATIVE_CYCLE, closer_of
from streams.core.customers.state import Customer, Opportunity, View, Visit
from streams.core.history import END
from streams.policy import Policy, StallBasis

STALLED, MISSING_FIELD, BACKWARDS = "opp.stalled", "dq.missing_field", "dq.negative_cycle"

NEEDED = {StallBasis.LAST_CONTACT: MADE, StallBasis.LAST_ACTIVITY: 0, StallBasis.LAST_TWO_WAY_CONTACT: MADE | INBOUND}
"""The contacts that start the clock of a basis anew, by the flags that they must have."""


def spans(customer: Customer, opportunity: Opportunity, since: int, policy: Policy) -> list[Span]:
    """All spans of the opportunity's rules that end at `since` or later."""
    view = opportunity.view
    if view is None:
        return []
    found = _odd(customer, opportunity.id, view, policy)
    if policy.rule(STALLED).enabled:
        stalled: list[Span] = []
        start = _episode_start(customer, view, since, policy.stall_basis)
        for visit in view.visits:
            if visit.left >= start:
                stalled += _stalled(customer, opportunity.id, view, visit, start, policy)
        found += merge(stalled)
    return found


def _episode_start(customer: Customer, view: View, since: int, basis: StallBasis) -> int:
    """The basis in force just before `since`: an episode may begin in an earlier stage, not before its basis."""
    if basis is StallBasis.STAGE_ENTERED:
        return since
    last = None if basis is StallBasis.CREATED else customer.contacts.before(since, NEEDED[basis])
    return view.first if last is None else last


def _stalled(customer: Customer, subject: str, view: View, visit: Visit, since: int, policy: Policy) -> list[Span]:
    stage = policy.stage(visit.stage) if visit.stage else None
    if stage is None or stage.stall_after is None:
        return []
    rule = policy.rule(STALLED)
    found: list[Span] = []
    for basis, start, end in _stretches(customer, view, visit, since, policy.stall_basis):
        deadline = policy.after(basis, stage.stall_after, rule.clock)
        opening = passed(deadline) if deadline >= start else happened(start)
        if opening.at >= end:
            continue
        closing, cause = NEVER, Cause.CLOSED
        if end != END:
            closing = happened(end)
            cause = Cause.CONTACTED if end != visit.left else _ending(view, visit)
            if end == view.created:
                cause = Cause.STAGE_MOVED
        found.append(
            span(
                STALLED,
                subject,
                basis,
                opening,
                closing,
                cause,
                bound=deadline,
                hold=rule.hold.us,
                about=visit.stage or "",
            )
        )
    return found


def _stretches(
    customer: Customer, view: View, visit: Visit, since: int, basis: StallBasis
) -> list[tuple[int, int, int]]:
    """A visit, from `since` on, cut where the clock starts anew: (what it runs from, start, end)."""
    if basis is StallBasis.STAGE_ENTERED:
        return [(visit.entered, visit.entered, visit.left)]
    need, contacts, opening = NEEDED.get(basis), customer.contacts, max(visit.entered, since)
    starts = {opening}
    if view.created is not None and opening < view.created < visit.left:
        starts.add(view.created)
    if need is not None:
        starts.update(contacts.between(opening + 1, visit.left, need))
    found = []
    for start, end in pairwise([*sorted(starts), visit.left]):
        last = None if need is None else contacts.before(start + 1, need)
        born = view.since_at(start)
        found.append((born if last is None else max(last, born), start, end))
    return found


def _ending(view: View, visit: Visit) -> Cause:
    following = view.visits.index(visit) + 1
    if following < len(view.visits) and view.visits[following].entered == visit.left:
        return Cause.STAGE_MOVED
    return Cause.CLOSED


def _odd(customer: Customer, subject: str, view: View, policy: Policy) -> list[Span]:
    missing = []
    if MISSING_AMOUNT in view.flags:
        missing.append("amount")
    if view.outcome is not None and closer_of(view, customer) is None:
        missing.append("owner_id")
    found = []
    if missing:
        found.append(_flag(MISSING_FIELD, subject, view, " and ".join(missing), policy))
    if NEGATIVE_CYCLE in view.flags:
        found.append(_flag(BACKWARDS, subject, view, "created after it was won", policy))
    return [item for item in found if item is not None]


def _flag(rule: str, subject: str, view: View, about: str, policy: Policy) -> Span | None:
    terms = policy.rule(rule)
    if not terms.enabled:
        return None
    at: Bound = happened(view.closed_at)
    return span(
        rule, subject, view.closed_at, at, NEVER, Cause.WITHDRAWN, bound=view.closed_at, hold=terms.hold.us, about=about
    )
