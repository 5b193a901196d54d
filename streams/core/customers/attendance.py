"""Who looks after a customer, as it changes over time, without asking every opportunity each time."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from itertools import pairwise
from typing import TypeVar

from streams.core.customers.state import Customer, Opportunity
from streams.core.history import END

T = TypeVar("T")


def note(customer: Customer, opportunity: Opportunity | None, time: int) -> None:
    """Bring the customer's attendance up to date after a change at `time` of its owner or of an opportunity."""
    if opportunity is not None and opportunity.view is not None:
        if opportunity.view.open:
            customer.open[opportunity.id] = opportunity
        else:
            customer.open.pop(opportunity.id, None)
    steps = customer.attendance
    if time < customer.noted:
        sweep(customer)
        return
    customer.noted = time
    _step(steps, time, customer.owners.now() or _of_newest(customer.open.values()))
    _step(customer.presence, time, bool(steps) and steps[-1][1] is not None)


def at(customer: Customer, time: int) -> str | None:
    """Its owner, else its newest open opportunity's, else who contacted it last; None where nobody does."""
    steps = customer.attendance
    if steps and steps[-1][0] <= time:
        who = steps[-1][1]
    else:
        index = bisect_right(steps, time, key=_time) - 1
        who = steps[index][1] if index >= 0 else None
    return who if who is not None else customer.contacts.last_by_anyone(time)


def during(customer: Customer, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of [start, end) in which somebody looked after the customer; whoever contacted it does so for good."""
    times, steps = customer.contacts.times, customer.presence
    contacted = times[0] if times else END
    if contacted <= start:
        return [(start, end)]
    found: list[tuple[int, int]] = []
    first = max(bisect_right(steps, start, key=_time) - 1, 0)
    for index in range(first, len(steps)):
        since, anybody = steps[index]
        until = steps[index + 1][0] if index + 1 < len(steps) else END
        if since >= min(end, contacted):
            break
        if anybody:
            _extend(found, max(since, start), min(until, contacted, end))
    _extend(found, max(contacted, start), end)
    return found


def _extend(found: list[tuple[int, int]], start: int, end: int) -> None:
    if start >= end:
        return
    if found and found[-1][1] == start:
        found[-1] = (found[-1][0], end)
    else:
        found.append((start, end))


def _of_newest(opportunities: Iterable[Opportunity]) -> str | None:
    newest: tuple[int, str] | None = None
    who = None
    for opportunity in opportunities:
        view = opportunity.view
        if view is not None:
            rank = (view.since, opportunity.id)
            if newest is None or rank > newest:
                newest, who = rank, view.owners[-1][1] if view.owners else None
    return who


def sweep(customer: Customer) -> None:
    """Work out the whole of it anew, for what came late."""
    customer.attendance = swept(customer)
    customer.presence = []
    for time, who in customer.attendance:
        _step(customer.presence, time, who is not None)


def _step(steps: list[tuple[int, T]], time: int, value: T) -> None:
    """Let a value hold from an instant on that is not before the last step. To begin with, nothing holds."""
    if steps and steps[-1][0] == time:
        steps.pop()
    if (steps[-1][1] if steps else None) != value and (steps or value):
        steps.append((time, value))


def swept(customer: Customer) -> list[tuple[int, str | None]]:
    """Who looked after the customer from when on, from its owners and opportunities alone."""
    turns: list[tuple[int, bool, tuple[int, str, str]]] = []
    for opportunity in customer.opportunities.values():
        view = opportunity.view
        if view is None:
            continue
        for start, end, owner in view.held:
            cuts = [view.created] if view.created is not None and start < view.created < end else []
            for since, until in pairwise([start, *cuts, end]):
                holding = (view.since_at(since), opportunity.id, owner)
                turns.append((since, True, holding))
                if until != END:
                    turns.append((until, False, holding))
    marks = sorted({turn[0] for turn in turns} | {change.time for change in customer.owners.changes})
    turns.sort()
    steps: list[tuple[int, str | None]] = []
    held: list[tuple[int, str, str]] = []
    next_turn = 0
    for mark in marks:
        while next_turn < len(turns) and turns[next_turn][0] == mark:
            _, begins, holding = turns[next_turn]
            if begins:
                insort(held, holding)
            else:
                held.remove(holding)
            next_turn += 1
        who = customer.owners.at(mark) or (held[-1][2] if held else None) or None
        if (steps[-1][1] if steps else None) != who:
            steps.append((mark, who))
    return steps


def _time(step: tuple[int, object]) -> int:
    return step[0]
