"""What opportunities add to the funnel: the ledger that is kept beside that of the KPIs, in measures of its own.

Besides what the KPIs count of outcomes and stages, and to whose credit (`opportunity.post`), there is:

- `standing:<close>`, `standing_amount:<close>`, `standing_expected:<close>` and `at:<stage>`, `at_amount:<stage>`,
  `at_expected:<stage>`: what is open at this moment, in the bucket of now;
- `stay_us:<stage>` and `stay:<days>:<stage>`: stays that ended, their length in microseconds and how many there were of
  so many days, see `funnel.binned`; on the day of the end, to whose it was then;
- `customers:<status>` and `leads:<status>`: those owned at this moment, in the bucket of now;
- `flow:<kind>:<close>` and `flow_amount:<kind>:<close>`: what came into the pipeline and left it, or changed in it.

`<close>` is the month in which the close is expected (year * 12 + month - 1), `-` where no date was set. An opportunity
is in the pipeline while it is open, with the amount, the close and the owner that hold. `kind` is `new` (created, first
heard of or reopened), `won`, `lost`, `owner` (it came to an employee, negative: it went to another one), `more`,
`less` (amounts alone, both positive), and `moved:<former close>`. What an outcome says of the amount is a change just
before it. What happens at one instant is one step: an opportunity opened and closed in one has never been in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple

from streams.core.customers import leads
from streams.core.customers import opportunity as credit
from streams.core.customers.entries import WON, View
from streams.core.customers.state import Customer, Lead, Opportunity
from streams.core.funnel import UNDATED, binned
from streams.core.history import END
from streams.core.ledger import NOW, Ledger
from streams.core.units import PROBABILITY_DIGITS
from streams.policy import Policy
from streams.policy.currency import whole

_OWNER, _THEIRS, _CLOSE, _AMOUNT, _OPEN = range(5)


class Standing(NamedTuple):
    """An opportunity in the pipeline at an instant; `amount` in atoms."""

    owner: str | None
    close: str
    amount: int


def post(opportunity: Opportunity, customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) all that the opportunity adds to the funnel."""
    view = opportunity.view
    if view is None:
        return
    if view.open:
        _post_standing(view, customer, policy, ledger, sign)
    else:
        credit.post_outcome(view, customer, policy, ledger, sign)
    credit.post_stages(view, customer, policy, ledger, sign)
    for visit in view.visits:
        if visit.left != END and visit.stage is not None and policy.stage(visit.stage) is not None:
            owner, day = credit.owner_of(view, customer, visit.left), policy.zone.day(visit.left)
            stay = visit.left - visit.entered
            ledger.post(owner, day, f"stay_us:{visit.stage}", sign * stay)
            ledger.post(owner, day, f"stay:{binned(stay)}:{visit.stage}", sign)
    _post_flows(view, customer, policy, ledger, sign)


def post_leaving(opportunity: Opportunity, customer: Customer, time: int, policy: Policy, ledger: Ledger) -> None:
    """Let an opportunity go out of the pipeline at an instant, or after what is known of it later: the bridges of the
    past stay as they were, and the present one says that it went to nobody."""
    view = opportunity.view
    owner = None if view is None or not view.open else credit.owner_of(view, customer, END)
    if view is None or owner is None:
        return
    owned = customer.owners.changes
    time = max(time, opportunity.log[-1].time, owned[-1].time if owned else time)
    close = view.closes[-1][1] if view.closes else None
    counted, summed, _ = _names("flow", f"owner:{UNDATED if close is None else close.month}")
    page = ledger.page(owner, policy.zone.day(time))
    page[counted] -= 1
    page[summed] -= view.amount or 0


def post_customer(customer: Customer, ledger: Ledger, sign: int) -> None:
    """Credit or take back the customer itself, by its status, to its owner now."""
    ledger.post(customer.owners.now(), NOW, f"customers:{customer.statuses.now() or ''}", sign)


def post_lead(lead: Lead, ledger: Ledger, sign: int) -> None:
    """Credit or take back a lead, by its status, to its owner now."""
    if lead.log:
        ledger.post(leads.owner_at(lead, END), NOW, f"leads:{leads.status(lead)}", sign)


def _post_standing(view: View, customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    owner, stage = credit.owner_of(view, customer, END), view.visits[-1].stage
    if owner is None:
        return
    close = view.closes[-1][1] if view.closes else None
    known = policy.stage(stage) if stage else None
    amount, expected = view.amount or 0, 0
    if known is not None and known.probability is not None:
        expected = amount * whole(known.probability, PROBABILITY_DIGITS)
    page = ledger.page(owner, NOW)
    places = [_names("standing", UNDATED if close is None else str(close.month))]
    if known is not None:
        places.append(_names("at", known.name))
    for counted, summed, weighted in places:
        page[counted] += sign
        page[summed] += sign * amount
        page[weighted] += sign * expected


@lru_cache(4096)
def _names(kind: str, rest: str) -> tuple[str, str, str]:
    """The measures of a number of opportunities, of their amounts, and of those weighted."""
    return f"{kind}:{rest}", f"{kind}_amount:{rest}", f"{kind}_expected:{rest}"


def _post_flows(view: View, customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    for time, before, after, amount in _steps(view, customer):
        day = policy.zone.day(time)
        for who, kind, close, count, worth in _flows(view, time, before, after, amount):
            if who is not None:
                counted, summed, _ = _names("flow", f"{kind}:{close}")
                page = ledger.page(who, day)
                page[counted] += sign * count
                page[summed] += sign * worth


def _flows(
    view: View, time: int, before: Standing | None, after: Standing | None, amount: int
) -> Iterator[tuple[str | None, str, str, int, int]]:
    """(whose, kind, expected close, count, amount) of all that one step comes to; `amount` is the one after it."""
    if before is None:
        assert after is not None
        yield after.owner, "new", after.close, 1, after.amount
        return
    owner, close = before.owner, before.close
    if after is not None and after.owner != owner:
        yield owner, "owner", close, -1, -before.amount
        yield after.owner, "owner", close, 1, before.amount
        owner = after.owner
    if after is not None and after.close != close:
        yield owner, f"moved:{close}", after.close, 1, before.amount
        close = after.close
    if amount > before.amount:
        yield owner, "more", close, 0, amount - before.amount
    elif amount < before.amount:
        yield owner, "less", close, 0, before.amount - amount
    if after is None:
        yield owner, "won" if (time, WON) in view.ends else "lost", close, 1, amount


def _steps(view: View, customer: Customer) -> Iterator[tuple[int, Standing | None, Standing | None, int]]:
    """(instant, as it stood before, as it stands then, the amount then) of every change in the pipeline."""
    held: list[Any] = [None, None, UNDATED, 0, False]
    before: Standing | None = None
    for time, turns in groupby(_turns(view, customer), key=_instant):
        for _, field, value in turns:
            held[field] = value
        after = Standing(held[_OWNER] or held[_THEIRS], held[_CLOSE], held[_AMOUNT]) if held[_OPEN] else None
        if after != before:
            yield time, before, after, held[_AMOUNT]
        before = after


def _turns(view: View, customer: Customer) -> list[tuple[int, int, Any]]:
    """(instant, field, value) of whatever changes, in order; of two of one field at one instant the last holds."""
    found: list[tuple[int, int, Any]] = [(time, _OWNER, who) for time, who in view.owners]
    if credit.leans_on_customer(view):
        found += [(change.time, _THEIRS, change.value) for change in customer.owners.changes]
    found += [(time, _CLOSE, UNDATED if close is None else str(close.month)) for time, close in view.closes]
    found += [(time, _AMOUNT, amount or 0) for time, amount in view.amounts]
    for start, end in view.stretches:
        found.append((start, _OPEN, True))
        if end != END:
            found.append((end, _OPEN, False))
    found.sort(key=_instant)
    return found


def _instant(turn: tuple[int, int, Any]) -> int:
    return turn[0]
