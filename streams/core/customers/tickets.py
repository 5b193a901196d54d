"""A ticket: what happened to it, and its alerts. Its clocks stand while it waits for the customer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from streams.core.alerts import Bound, Cause, Span, happened, no_earlier, passed, span
from streams.core.customers.state import Ticket, TicketEntry
from streams.core.customers.ticketview import (
    ASSIGNED,
    CLOSED,
    OPENED,
    PAUSED,
    REOPENED,
    REPLIED,
    RESOLVED,
    RESUMED,
    TicketView,
)
from streams.core.history import END
from streams.policy import Duration, Policy, RulePolicy

RESPONSE, RESOLUTION = "ticket.response_breach", "ticket.resolution_breach"
WARNING, COMPLAINT = "ticket.warning", "complaint.unresolved"
SHARE = 5, 4
"""The warning comes when four of five parts of the time to resolve it are gone."""


def fold(log: list[TicketEntry]) -> TicketView | None:
    """The ticket that its events, sorted, make; None while it was not opened. What came before that is passed over."""
    first = next((entry for entry in log if entry.kind == OPENED), None)
    if first is None:
        return None
    begins = [(first.time, END, Cause.RESOLVED)], [(first.time, END)]
    before = [
        (e.time, e.employee) for e in log if e.kind == ASSIGNED and e.time < first.time and e.employee is not None
    ]
    named = next(((e.time, e.employee) for e in log if e.kind == OPENED and e.employee is not None), None)
    view = TicketView(first.time, first.about or "", first.priority, END, *begins, before, named)
    for entry in log:
        if entry.time > first.time or (entry.time == first.time and entry.kind != OPENED):
            view = _step(view, entry)
    return view


def advance(view: TicketView, entry: TicketEntry) -> TicketView:
    """The ticket after one more event, which sorts after all that it is made of."""
    return _step(view._replace(unsolved=list(view.unsolved), running=list(view.running), given=list(view.given)), entry)


def _step(view: TicketView, entry: TicketEntry) -> TicketView:
    """The same after one more event; the lists of the view are changed."""
    kind, time, unsolved, running = entry.kind, entry.time, view.unsolved, view.running
    if kind == REPLIED:
        return view if entry.automatic or view.replied != END else view._replace(replied=time)
    if kind == OPENED and view.named is None and entry.employee is not None:
        return view._replace(named=(time, entry.employee))
    if kind == ASSIGNED and entry.employee is not None:
        view.given.append((time, entry.employee))
    is_open, runs = unsolved[-1][1] == END, running[-1][1] == END
    ends = kind in (RESOLVED, CLOSED) and is_open
    if runs and (ends or kind == PAUSED):
        running[-1] = running[-1][0], time
    if ends:
        unsolved[-1] = unsolved[-1][0], time, Cause.RESOLVED if kind == RESOLVED else Cause.CLOSED
    elif kind == REOPENED and not is_open:
        unsolved.append((time, END, Cause.RESOLVED))
        running.append((time, END))
    elif kind == RESUMED and is_open and not runs:
        running.append((time, END))
    return view


def spans(ticket: Ticket, policy: Policy) -> Iterator[Span]:
    """All spans of the rules of service."""
    view = ticket.view
    if view is None:
        return
    for name, rule in policy.watching(RESPONSE):
        bound = _bound(rule, view)
        deadline = None if bound is None else _deadline(view, policy.length(bound, rule.clock), rule, policy)
        if deadline is not None:
            end, cause = min((view.replied, Cause.REPLIED), (view.unsolved[0][1], view.unsolved[0][2]))
            yield from _late(name, rule, ticket, view, view.opened, deadline, end, cause, policy)
    for name, rule in policy.watching(RESOLUTION):
        yield from _unresolved(name, rule, ticket, view, _bound(rule, view), policy)
    for name, rule in policy.watching(WARNING):
        yield from _warnings(name, rule, ticket, view, policy)
    if view.kind == "complaint":
        for name, rule in policy.watching(COMPLAINT):
            yield from _complaint(name, rule, ticket, view, policy)


def assignee_at(ticket: Ticket, time: int) -> str | None:
    """Whose ticket it is at an instant: to whom it was given last, else whom its opening names."""
    view = ticket.view
    if view is None:
        return None
    place = bisect_right(view.given, time, key=_instant)
    if place:
        return view.given[place - 1][1]
    return view.named[1] if view.named is not None and view.named[0] <= time else None


def _instant(turn: tuple[int, str]) -> int:
    return turn[0]


def _bound(rule: RulePolicy, view: TicketView) -> Duration | None:
    return None if rule.after is None else rule.after.of(view.priority)


def _deadline(view: TicketView, length: int, rule: RulePolicy, policy: Policy) -> int | None:
    """The instant after which its clock has run for more than `length`, us of the rule's clock; None: never so far."""
    left = length
    for start, end in view.running:
        ran = policy.elapsed(start, end, rule.clock) if end != END else left + 1
        if ran > left:
            return policy.later(start, left, rule.clock)
        left -= ran
    return None


def _unresolved(
    name: str, rule: RulePolicy, ticket: Ticket, view: TicketView, bound: Duration | None, policy: Policy
) -> Iterator[Span]:
    deadline = None if bound is None else _deadline(view, policy.length(bound, rule.clock), rule, policy)
    if deadline is not None:
        for start, end, cause in view.unsolved:
            yield from _late(name, rule, ticket, view, start, deadline, end, cause, policy)


def _warnings(name: str, rule: RulePolicy, ticket: Ticket, view: TicketView, policy: Policy) -> Iterator[Span]:
    breach = policy.rule(RESOLUTION)
    bound = _bound(breach, view)
    if bound is None:
        return
    whole, part = SHARE
    length = policy.length(bound, breach.clock)
    early = _deadline(view, length * part // whole, breach, policy)
    late = _deadline(view, length, breach, policy)
    if early is None:
        return
    for start, end, cause in view.unsolved:
        if late is not None and late < end:
            end, cause = late + 1, Cause.BREACHED
        yield from _late(name, rule, ticket, view, start, early, end, cause, policy)


def _complaint(name: str, rule: RulePolicy, ticket: Ticket, view: TicketView, policy: Policy) -> Iterator[Span]:
    """Its clock runs from the opening, whether or not it waits for the customer."""
    bound = _bound(rule, view)
    if bound is not None:
        deadline = policy.after(view.opened, bound, rule.clock)
        for start, end, cause in view.unsolved:
            yield from _late(name, rule, ticket, view, start, deadline, end, cause, policy)


def _late(
    name: str,
    rule: RulePolicy,
    ticket: Ticket,
    view: TicketView,
    start: int,
    deadline: int,
    end: int,
    cause: Cause,
    policy: Policy,
) -> Iterator[Span]:
    """From when a deadline has passed, or the ticket was reopened after that, until `end`."""
    opening = no_earlier(passed(deadline), start)
    if opening.at < end:
        closing = happened(end)
        if cause is Cause.BREACHED:
            closing = Bound(end, end - 1)
        about = view.kind
        yield span(
            name, ticket.id, start, opening, closing, cause, bound=deadline, terms=rule, policy=policy, about=about,
            grade=view.priority,
        )  # fmt: skip
