"""The alerts of one opportunity: that it stalls, and that its outcome is oddly recorded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from streams.core.alerts import NEVER, Bound, Cause, Span, happened, merge, no_earlier, passed, span
from streams.core.customers import prospects
from streams.core.customers.contacts import INBOUND, MADE
from streams.core.customers.entries import View, Visit
from streams.core.customers.opportunity import MISSING_AMOUNT, NEGATIVE_CYCLE, closer_of
from streams.core.customers.state import Customer, Opportunity
from streams.core.history import END
from streams.policy import Bounds, Policy, RulePolicy, StallBasis

STALLED, MISSING_FIELD, BACKWARDS = "opp.stalled", "dq.missing_field", "dq.negative_cycle"

NEEDED = {StallBasis.LAST_CONTACT: MADE, StallBasis.LAST_ACTIVITY: 0, StallBasis.LAST_TWO_WAY_CONTACT: MADE | INBOUND}
"""The contacts that start the clock of a basis anew, by the flags that they must have."""


def spans(customer: Customer, opportunity: Opportunity, view: View, since: int, policy: Policy) -> list[Span]:
    """All spans of these rules that end at `since` or later; a few that ended before may be among them."""
    found = _odd(customer, opportunity.id, view, policy)
    watching = policy.watching(STALLED)
    if watching:
        start = _episode_start(customer, view, since, policy.stall_basis)
        visits = [visit for visit in view.visits if visit.left >= start]
        for name, rule in watching:
            stalled: list[Span] = []
            for visit in visits:
                stalled += _stalled(name, rule, customer, opportunity.id, view, visit, start, policy)
            found += merge(stalled)
    return found


def _episode_start(customer: Customer, view: View, since: int, basis: StallBasis) -> int:
    """The basis in force just before `since`: an episode may begin in an earlier stage, not before its basis."""
    if basis is StallBasis.STAGE_ENTERED:
        return since
    last = None if basis is StallBasis.CREATED else customer.contacts.before(since, NEEDED[basis])
    return view.first if last is None else last


def bounds(rule: RulePolicy, stage: str | None, policy: Policy) -> Bounds | None:
    """How long an opportunity may stand in a stage by a rule; None where it never stalls."""
    known = policy.stage(stage) if stage else None
    return None if known is None else rule.after or known.stall_after


def _stalled(
    name: str,
    rule: RulePolicy,
    customer: Customer,
    subject: str,
    view: View,
    visit: Visit,
    since: int,
    policy: Policy,
) -> list[Span]:
    allowed = bounds(rule, visit.stage, policy)
    if allowed is None:
        return []
    found: list[Span] = []
    for basis, start, end, cause in _pieces(customer, view, visit, since, rule, policy):
        grade = customer.grades.at(start)
        bound = allowed.of(grade)
        if bound is None:
            continue
        deadline = policy.after(basis, bound, rule.clock)
        opening = no_earlier(passed(deadline), start)
        if opening.at < end:
            closing = happened(end)
            found.append(
                span(
                    name,
                    subject,
                    basis,
                    opening,
                    closing,
                    cause,
                    bound=deadline,
                    terms=rule,
                    policy=policy,
                    about=visit.stage or "",
                    grade=allowed.chosen(grade),
                )
            )
    return found


def _pieces(
    customer: Customer, view: View, visit: Visit, since: int, rule: RulePolicy, policy: Policy
) -> Iterator[tuple[int, int, int, Cause]]:
    """A visit cut where its clock starts anew, the grade changes, or a plan begins or ends to keep it quiet:
    (what the clock runs from, start, end, why it ends)."""
    quiet = prospects.ahead(customer, visit.entered) if rule.silent_when_planned else []
    for basis, start, end in _stretches(customer, view, visit, since, policy.stall_basis):
        cause = _ending(view, visit) if end == visit.left else Cause.CONTACTED
        if end == view.created:
            cause = Cause.STAGE_MOVED
        cuts = customer.grades.between(start, end)
        if not cuts and not quiet:
            yield basis, start, end, cause
            continue
        marks = {mark for stretch in quiet for mark in stretch if start < mark < end} | {start, end, *cuts}
        for begin, until in pairwise(sorted(marks)):
            if any(opening <= begin < closing for opening, closing in quiet):
                continue
            if until == end:
                yield basis, begin, until, cause
            else:
                planned = any(opening == until for opening, _ in quiet)
                yield basis, begin, until, Cause.PLANNED if planned else Cause.INTERVAL_CHANGED


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
    return Cause.CLOSED if visit.left == END or view.closes_stretch(visit) else Cause.STAGE_MOVED


def _odd(customer: Customer, subject: str, view: View, policy: Policy) -> list[Span]:
    missing = []
    if MISSING_AMOUNT in view.flags:
        missing.append("amount")
    if view.outcome is not None and closer_of(view, customer) is None:
        missing.append("owner_id")
    found: list[Span] = []
    if missing:
        found += _flag(MISSING_FIELD, subject, view, " and ".join(missing), policy)
    if NEGATIVE_CYCLE in view.flags:
        found += _flag(BACKWARDS, subject, view, "created after it was won", policy)
    return found


def _flag(kind: str, subject: str, view: View, about: str, policy: Policy) -> Iterator[Span]:
    at: Bound = happened(view.closed_at)
    for name, rule in policy.watching(kind):
        yield span(
            name,
            subject,
            view.closed_at,
            at,
            NEVER,
            Cause.WITHDRAWN,
            bound=view.closed_at,
            terms=rule,
            policy=policy,
            about=about,
        )
