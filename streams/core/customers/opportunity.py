"""An opportunity's events folded into what happened to it, and what that credits to whom."""

from __future__ import annotations

from typing import TypeVar

from msgspec import UNSET

from streams.core.customers.entries import (
    CREATED,
    LOST,
    NOTED,
    REOPENED,
    STAGE_CHANGED,
    WON,
    Close,
    Entry,
    Origin,
    View,
    Visit,
)
from streams.core.customers.state import Customer, Opportunity
from streams.core.history import END
from streams.core.ledger import NOW, Ledger
from streams.core.units import PROBABILITY_DIGITS
from streams.policy import Policy
from streams.policy.currency import whole

T = TypeVar("T")
MISSING_AMOUNT, NEGATIVE_CYCLE = "missing_amount", "negative_cycle"


def fold(log: list[Entry], policy: Policy) -> View | None:
    """The opportunity that its events, sorted, make; None where contacts alone have named it.

    An outcome closes it; only `reopened` opens it again.
    """
    first = next((entry.time for entry in log if entry.kind != NOTED), None)
    if first is None:
        return None
    created: int | None = None
    creator: str | None = None
    stage: str | None = None
    entered = opened = first
    amount: int | None = None
    visits: list[Visit] = []
    owners: list[tuple[int, str | None]] = []
    advances: list[tuple[int, str | None]] = []
    outcome: int | None = None
    closed_at, closed_amount, closed_by = END, 0, None
    flags: list[str] = []
    closes: list[tuple[int, Close | None]] = []
    steps: list[tuple[int, str | None]] = []
    amounts: list[tuple[int, int | None]] = []
    ends: list[tuple[int, int]] = []
    origin: Origin | None = None
    for entry in log:
        if entry.close is not UNSET:
            _set(closes, entry.time, entry.close)
        if entry.next_step is not UNSET:
            _set(steps, entry.time, entry.next_step)
        named = None if entry.owner is UNSET else entry.owner
        if entry.owner is not UNSET:
            _set(owners, entry.time, named)
        kind = entry.kind
        if kind in (WON, LOST):
            if outcome is None:
                visits.append(Visit(stage, entered, entry.time, opened))
                ends.append((entry.time, kind))
            ends[-1] = (ends[-1][0], kind)
            outcome, closed_at, closed_by = kind, entry.time, named
            flags = [MISSING_AMOUNT] if kind == WON and not isinstance(entry.amount, int) and amount is None else []
            closed_amount = entry.amount if isinstance(entry.amount, int) else amount or 0
        if entry.amount is not UNSET:
            amount = entry.amount
            _set(amounts, entry.time, amount)
        if kind == CREATED and created is None:
            created, creator, origin = entry.time, named, entry.origin
        if kind == REOPENED and outcome is not None:
            outcome, stage, entered, flags = None, entry.stage, entry.time, []
            opened = entry.time
        elif outcome is None and entry.stage is not None and entry.stage != stage:
            if kind == STAGE_CHANGED and _forward(stage or entry.from_stage, entry.stage, policy):
                advances.append((entry.time, named))
            if stage is not None or entered != entry.time:
                visits.append(Visit(stage, entered, entry.time, opened))
            stage, entered = entry.stage, entry.time
    if outcome is None:
        visits.append(Visit(stage, entered, END, opened))
        closed_at = END
    elif outcome == WON and created is not None and closed_at < created:
        flags.append(NEGATIVE_CYCLE)
    return View(
        first=first,
        created=created,
        creator=creator,
        visits=tuple(visits),
        owners=tuple(owners),
        advances=tuple(advances),
        amount=amount,
        outcome=outcome,
        closed_at=closed_at,
        closed_amount=closed_amount,
        closed_by=closed_by,
        held=_held(visits, owners),
        flags=tuple(flags),
        closes=tuple(closes),
        steps=tuple(steps),
        ends=tuple(ends),
        amounts=tuple(amounts),
        origin=origin,
    )


def _set(values: list[tuple[int, T]], time: int, value: T) -> None:
    """Let a value hold from an instant on; of two set at one instant the later stands."""
    if values and values[-1][0] == time:
        values.pop()
    values.append((time, value))


def _held(visits: list[Visit], owners: list[tuple[int, str | None]]) -> tuple[tuple[int, int, str], ...]:
    found: list[tuple[int, int, str]] = []
    turns = [(visits[0].entered, None), *owners]
    for number, (since, named) in enumerate(turns):
        until, owner = turns[number + 1][0] if number + 1 < len(turns) else END, named or ""
        for visit in visits:
            start, end = max(since, visit.entered), min(until, visit.left)
            if start < end and found and found[-1][1:] == (start, owner):
                found[-1] = (found[-1][0], end, owner)
            elif start < end:
                found.append((start, end, owner))
    return tuple(found)


def _forward(before: str | None, after: str, policy: Policy) -> bool:
    here, there = policy.stage_index(before) if before else None, policy.stage_index(after)
    return here is not None and there is not None and there > here


def owner_of(view: View, customer: Customer, time: int) -> str | None:
    """Who is credited where an event names nobody: the opportunity's owner at that time, else the customer's."""
    return view.owner_at(time) or customer.owners.at(time)


def closer_of(view: View, customer: Customer) -> str | None:
    """Who is credited with the outcome."""
    return view.closed_by or owner_of(view, customer, view.closed_at)


def leans_on_customer(view: View) -> bool:
    """Whether the customer's owner may be credited with something of it, as it had a time without an owner."""
    return not view.owners or view.owners[0][0] > view.first or any(who is None for _, who in view.owners)


def post(opportunity: Opportunity, customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) all that the opportunity counts for."""
    view = opportunity.view
    if view is None:
        return
    zone = policy.zone
    if view.created is not None:
        ledger.post(view.creator or owner_of(view, customer, view.created), zone.day(view.created), "created", sign)
    for time, named in view.advances:
        ledger.post(named or owner_of(view, customer, time), zone.day(time), "advanced", sign)
    if view.outcome is None:
        _post_open(view, customer, policy, ledger, sign)
    else:
        post_outcome(view, customer, policy, ledger, sign)
    post_stages(view, customer, policy, ledger, sign)


def _post_open(view: View, customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    owner = owner_of(view, customer, END)
    ledger.post(owner, NOW, "open", sign)
    if view.amount:
        ledger.post(owner, NOW, "open_amount", sign * view.amount)
        stage = policy.stage(view.visits[-1].stage) if view.visits[-1].stage else None
        if stage is not None and stage.probability is not None:
            ledger.post(owner, NOW, "expected", sign * view.amount * whole(stage.probability, PROBABILITY_DIGITS))


def post_outcome(view: View, customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit the outcome of one that is closed."""
    closer, day = closer_of(view, customer), policy.zone.day(view.closed_at)
    if view.outcome == LOST:
        ledger.post(closer, day, "lost", sign)
        return
    ledger.post(closer, day, "won", sign)
    ledger.post(closer, day, "won_amount", sign * view.closed_amount)
    if view.created is not None and view.closed_at >= view.created:
        ledger.post(closer, day, "cycle_us", sign * (view.closed_at - view.created))
        ledger.post(closer, day, "cycles", sign)
    for flag in view.flags:
        ledger.post(closer, day, f"flagged:{flag}", sign)


def post_stages(view: View, customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Conversion by the cohort of entry, where a skip passes the stages between; time of stays that are over."""
    zone = policy.zone
    entries: dict[int, tuple[int, int]] = {}
    previous: int | None = None
    reached: list[int] = []
    newest: dict[str, tuple[int, int, int]] = {}
    for visit in view.visits:
        if visit.stage is None:
            continue
        index = policy.stage_index(visit.stage)
        if index is not None:
            passed = range(previous + 1, index) if previous is not None else ()
            for entered in (*passed, index):
                entries.setdefault(entered, (visit.entered, len(reached)))
            reached.append(index)
        previous = index
        if visit.left != END:
            stay = visit.left - visit.entered
            total = newest[visit.stage][1] + stay if visit.stage in newest else stay
            newest[visit.stage] = (stay, total, visit.left)
    for index, (entered, place) in entries.items():
        name = policy.stages[index].name
        owner, day = owner_of(view, customer, entered), zone.day(entered)
        ledger.post(owner, day, f"entered:{name}", sign)
        if view.outcome == WON or any(other > index for other in reached[place:]):
            ledger.post(owner, day, f"passed:{name}", sign)
    for name, (latest, total, left) in newest.items():
        owner, day = owner_of(view, customer, left), zone.day(left)
        ledger.post(owner, day, f"latest_us:{name}", sign * latest)
        ledger.post(owner, day, f"cumulative_us:{name}", sign * total)
        ledger.post(owner, day, f"left:{name}", sign)
