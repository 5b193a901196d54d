"""What is told of one opportunity: the record of `opportunities`.

Nothing in it depends on the clock: how long a stay has lasted is told once it is over. Money is in the reporting
currency, lengths are in days of 24 hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.core.customers.costs import Spent
from streams.core.customers.entries import WON, View, Visit
from streams.core.customers.moves import pushes
from streams.core.customers.opportunity import owner_of
from streams.core.customers.payments import charged
from streams.core.customers.state import RECEIVED, REFUNDED, Customer, Invoice, Opportunity
from streams.core.history import END
from streams.core.kpis import Unit, number
from streams.core.organisation import Organisation
from streams.core.units import DAY, EXPECTED, PROBABILITY_DIGITS
from streams.events.instants import iso
from streams.policy import Policy
from streams.policy.currency import cents, whole

MOST = 1000
"""So many stays are told of an opportunity, the newest."""


def money(atoms: int) -> float:
    """An amount as a record has it, to the cent."""
    return cents(atoms) / 100 if atoms else 0.0  # of whole numbers that is rounded once


def money_or_none(atoms: int | None) -> float | None:
    """The same, of one that may not be known."""
    return None if atoms is None else money(atoms)


def named_by(invoice: Invoice) -> set[str]:
    """The opportunities that any event of an invoice names."""
    return {entry.opportunity for entry in invoice.log if entry.opportunity is not None}


def received(customer: Customer) -> dict[str, int]:
    """What came in for each opportunity, refunds taken off, in atoms.

    A receipt counts for the opportunity that it names, else for the one that its invoice names last.
    """
    found = dict(customer.receipts)
    for invoice in customer.invoices.values():
        bill = charged(invoice, END)
        for entry in invoice.log:
            name = entry.opportunity or (bill.opportunity if bill is not None else None)
            if name is not None and entry.kind in (RECEIVED, REFUNDED):
                found[name] = found.get(name, 0) + (entry.amount if entry.kind == RECEIVED else -entry.amount)
    return found


def record_of(
    opportunity: Opportunity,
    view: View,
    customer: Customer,
    collected: int,
    spent: Spent,
    organisation: Organisation,
    policy: Policy,
) -> dict[str, Any]:
    """The record of an opportunity of which `collected` atoms have come in, and for which so much was spent."""
    owner = owner_of(view, customer, END)
    amount = view.amount if view.open else view.closed_amount
    chance = _probability(view.visits[-1].stage, policy) if view.open else None
    close = view.closes[-1][1] if view.closes else None
    cycle = None
    if view.outcome == WON and view.created is not None and view.closed_at >= view.created:
        cycle = (view.closed_at - view.created) / DAY
    return {
        "opportunity_id": opportunity.id,
        "customer_id": customer.id,
        "owner_id": owner,
        "team": organisation.team(owner),
        "status": "open" if view.open else "won" if view.outcome == WON else "lost",
        "stage": view.visits[-1].stage,
        "created_at": None if view.created is None else iso(view.created),
        "closed_at": None if view.open else iso(view.closed_at),
        "amount": money_or_none(amount),
        "probability": None if chance is None else float(chance),
        "expected_revenue": expected(amount, view.visits[-1].stage, policy) if view.open else None,
        "expected_close_at": None if close is None else iso(close.at),
        "push_count": len(pushes(view)),
        "next_step": view.steps[-1][1] if view.steps else None,
        "cycle_days": cycle,
        "received": money(collected),
        "costs": money(spent.amount),
        "trips": spent.trips,
        "profit": money(collected - spent.amount),
        "history": _history(view, customer, policy),
        "stages": _stages(view.visits),
        "policy_version": policy.version,
    }


def expected(amount: int | None, stage: str | None, policy: Policy) -> int | float | None:
    """amount * probability of the stage; None where either is not known."""
    chance = _probability(stage, policy)
    if amount is None or chance is None:
        return None
    return number(amount * whole(chance, PROBABILITY_DIGITS), EXPECTED, Unit.MONEY)


def _probability(stage: str | None, policy: Policy) -> Any:
    found = policy.stage(stage) if stage else None
    return None if found is None else found.probability


def _history(view: View, customer: Customer, policy: Policy) -> list[dict[str, Any]]:
    """One line per stay. Amount and owner are those that held last in it, before what ended it."""
    lines = []
    for visit in view.visits[-MOST:]:
        if visit.stage is None:
            continue
        last = END if visit.left == END else max(visit.entered, visit.left - 1)
        chance = _probability(visit.stage, policy)
        lines.append(
            {
                "stage": visit.stage,
                "entered_at": iso(visit.entered),
                "left_at": None if visit.left == END else iso(visit.left),
                "amount": money_or_none(view.amount_at(last)),
                "owner_id": owner_of(view, customer, last),
                "probability": None if chance is None else float(chance),
            }
        )
    return lines


def _stages(visits: Iterable[Visit]) -> list[dict[str, Any]]:
    """By stage, in the order of first entry: entries after the first, and the lengths of the stays that are over."""
    found: dict[str, dict[str, Any]] = {}
    for visit in visits:
        if visit.stage is None:
            continue
        line = found.get(visit.stage)
        if line is None:
            line = {"stage": visit.stage, "reentries": -1, "latest_days": None, "cumulative_days": None}
            found[visit.stage] = line
        line["reentries"] += 1
        if visit.left != END:
            stay = visit.left - visit.entered
            line["latest_days"], line["cumulative_days"] = stay, (line["cumulative_days"] or 0) + stay
    for line in found.values():
        for name in ("latest_days", "cumulative_days"):
            if line[name] is not None:
                line[name] /= DAY
    return list(found.values())
