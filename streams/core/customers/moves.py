"""The alerts of how an opportunity moves: from stage to stage, back, back again and again, to and fro so that a clock
starts anew, and out into later months.

Every function answers with all spans of the opportunity's life; it has few moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from streams.core.alerts import NEVER, Cause, Span, happened, passed, span
from streams.core.customers import stalls
from streams.core.customers.entries import View, Visit
from streams.core.customers.state import Customer, Opportunity
from streams.core.history import END
from streams.policy import Policy, RulePolicy, StallBasis

CHANGED, REGRESSED, PING_PONG = "opp.stage_changed", "opp.regressed", "opp.ping_pong"
PUSHED, TO_AND_FRO = "opp.close_date_pushed", "dq.suspicious_moves"
SUSPECT = 2
"""One in so many parts of the time that a stage allows must have run for somebody to gain by starting it anew: who
corrects a slip at once gains nothing."""


def spans(customer: Customer, opportunity: Opportunity, view: View, policy: Policy) -> Iterator[Span]:
    """All spans of these rules."""
    watched = [policy.watching(kind) for kind in (CHANGED, REGRESSED, PING_PONG)]
    moves = list(_moves(view)) if len(view.visits) > 1 and any(watched) else []
    if moves:
        changed, regressed, ping_pong = watched
        back = [(before, visit) for before, visit in moves if _is_back(before, visit, policy)]
        for rules, found in ((changed, moves), (regressed, back)):
            for name, rule in rules:
                for before, visit in found:
                    about = f"{before.stage} → {visit.stage}"
                    yield from _move(name, rule, opportunity.id, view, visit, about, policy)
        yield from _again(ping_pong, opportunity.id, view, [visit.entered for _, visit in back], policy)
    if len(view.visits) > 2 and policy.stall_basis is StallBasis.STAGE_ENTERED:
        for name, rule in policy.watching(TO_AND_FRO):
            for stay, away, again in _returns(view):
                if _resets(rule, customer, stay, away, policy):
                    about = f"{stay.stage} → {away.stage} → {again.stage}"
                    yield from _move(name, rule, opportunity.id, view, again, about, policy)
    pushed = policy.watching(PUSHED)
    if pushed and len(view.closes) > 1:
        yield from _again(pushed, opportunity.id, view, pushes(view), policy)


def _moves(view: View) -> Iterator[tuple[Visit, Visit]]:
    """(the stay before, the one it led to) for each entry into another stage than the one before."""
    for before, visit in pairwise(view.visits):
        if before.stage is not None and visit.stage is not None and visit.stage != before.stage:
            yield before, visit


def _is_back(before: Visit, visit: Visit, policy: Policy) -> bool:
    here, there = policy.stage_index(before.stage or ""), policy.stage_index(visit.stage or "")
    return here is not None and there is not None and there < here


def _returns(view: View) -> Iterator[tuple[Visit, Visit, Visit]]:
    """Three stays one after another, without a close in between, of which the last is where the first was."""
    for stay, away, again in zip(view.visits, view.visits[1:], view.visits[2:], strict=False):
        if stay.stage == again.stage and stay.stage is not None and stay.opened == again.opened:
            yield stay, away, again


def _resets(rule: RulePolicy, customer: Customer, stay: Visit, away: Visit, policy: Policy) -> bool:
    """Whether an opportunity was away from a stage for a short time only, when the clock of that had run for long."""
    stalled = policy.rules[stalls.STALLED]
    allowed = stalls.bounds(stalled, stay.stage, policy)
    bound = None if allowed is None else allowed.of(customer.grades.at(stay.left))
    if bound is None or rule.within is None or away.left > policy.after(away.entered, rule.within, rule.clock):
        return False
    run = policy.elapsed(stay.entered, stay.left, stalled.clock)
    return run * SUSPECT >= policy.length(bound, stalled.clock)


def _move(
    name: str, rule: RulePolicy, subject: str, view: View, visit: Visit, about: str, policy: Policy
) -> Iterator[Span]:
    """From the entry until the next one, the outcome, or `lasts` later."""
    entered, end, cause = visit.entered, NEVER, Cause.STAGE_MOVED
    if visit.left != END:
        end = happened(visit.left)
        cause = Cause.CLOSED if view.closes_stretch(visit) else Cause.STAGE_MOVED
    if rule.lasts is not None:
        expiry = passed(policy.after(entered, rule.lasts, rule.clock))
        if expiry.at <= end.at:
            end, cause = expiry, Cause.EXPIRED
    if entered < end.at:
        yield span(
            name, subject, entered, happened(entered), end, cause, bound=entered, terms=rule, policy=policy, about=about
        )


def _again(
    rules: tuple[tuple[str, RulePolicy], ...], subject: str, view: View, instants: list[int], policy: Policy
) -> Iterator[Span]:
    """While it is open, from the time on at which something happened once too often."""
    for name, rule in rules:
        if rule.count is None or len(instants) < rule.count:
            continue
        for opened, closed in view.stretches:
            start = max(opened, instants[rule.count - 1])
            if start < closed:
                end = happened(closed)
                yield span(
                    name,
                    subject,
                    start,
                    happened(start),
                    end,
                    Cause.CLOSED,
                    bound=start,
                    terms=rule,
                    policy=policy,
                    about=str(rule.count),
                )


def pushes(view: View) -> list[int]:
    """When the expected close was moved to a later month than it had last."""
    found, month = [], None
    for time, close in view.closes:
        if close is not None:
            if month is not None and close.month > month:
                found.append(time)
            month = close.month
    return found
