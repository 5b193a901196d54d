"""What an expense or a trip comes to: to the employee's debit once it is known and approved, and to an opportunity's.

Claims and decisions meet at the employee's desk, as a decision names nobody else. Where the claim names a customer it
is handed on from there, and what is decided of it is handed back: the whole of it with the number of events that it is
made of, so that it may come twice or late.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from streams.core.customers.files import Charge, Charged, Cost, CostEntry
from streams.core.customers.state import Customer
from streams.core.ledger import Ledger
from streams.events import (
    ExpenseApproved,
    ExpenseClaimed,
    ExpenseRejected,
    TripApproved,
    TripRejected,
    TripRequested,
)
from streams.policy import Zone

CLAIMED, APPROVED, REJECTED = range(3)
"""The kinds of entries; at one instant a cost's events apply in this order."""
Step = ExpenseClaimed | ExpenseApproved | ExpenseRejected | TripRequested | TripApproved | TripRejected
KINDS: dict[type, int] = {
    ExpenseClaimed: CLAIMED,
    ExpenseApproved: APPROVED,
    ExpenseRejected: REJECTED,
    TripRequested: CLAIMED,
    TripApproved: APPROVED,
    TripRejected: REJECTED,
}
_TRIP = "trip:"


class CostStep(msgspec.Struct, array_like=True, frozen=True):
    """An event of a cost on its way to the partition of the employee."""

    employee: str
    cost: str
    entry: CostEntry


class ChargeStep(msgspec.Struct, array_like=True, frozen=True):
    """What a cost comes to for a customer, on its way to the customer's partition."""

    customer: str
    employee: str
    cost: str
    charged: Charged
    part: str = ""
    """The customer whom its events name, where that is another one now."""


class Approved(NamedTuple):
    """A cost that is known and approved: when, by the newest decision; how much in atoms, if it says; and what for."""

    at: int
    amount: int | None
    customer: str
    opportunity: str | None


def cost_of(data: Step) -> str:
    """The id of a cost among those of its employee."""
    if isinstance(data, TripRequested | TripApproved | TripRejected):
        return _TRIP + data.trip_id
    return f"expense:{data.expense_id}"


def is_trip(cost: str) -> bool:
    """Whether a cost is that of a trip, by its id."""
    return cost.startswith(_TRIP)


def approved(log: list[CostEntry]) -> Approved | None:
    """What the events of a cost, sorted, come to; None while it is not known, or not approved."""
    claim = next((entry for entry in reversed(log) if entry.kind == CLAIMED), None)
    decision = next((entry for entry in reversed(log) if entry.kind != CLAIMED), None)
    if claim is None or decision is None or decision.kind == REJECTED:
        return None
    amount = None if claim.amount is None else int(claim.amount)
    return Approved(decision.time, amount, claim.customer, claim.opportunity)


def post(cost: Cost, found: Approved | None, employee: str, zone: Zone, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) what a cost comes to. A trip that names no cost is a trip alone."""
    if found is None:
        return
    day = zone.day(found.at)
    if is_trip(cost.id):
        ledger.post(employee, day, "trips", sign)
    if found.amount is not None:
        ledger.post(employee, day, "costs", sign)
        ledger.post(employee, day, "cost", sign * found.amount)


def charged(found: Approved | None, customer: str, version: int) -> Charged:
    """What a cost comes to for a customer."""
    if found is None or found.customer != customer or found.opportunity is None:
        return Charged(version, None, None)
    return Charged(version, found.opportunity, None if found.amount is None else str(found.amount))


def concerned(before: Approved | None, now: Approved | None) -> list[str]:
    """The customers to whom a cost was something, or is; none where it is the same as before."""
    pairs = [(found.customer, found.opportunity, found.amount) if found else None for found in (before, now)]
    if pairs[0] == pairs[1]:
        return []
    return sorted({pair[0] for pair in pairs if pair is not None and pair[1] is not None})


class Spent(NamedTuple):
    """What was approved for an opportunity: in atoms, and so many trips."""

    amount: int = 0
    trips: int = 0


def spent(customer: Customer) -> dict[str, Spent]:
    """By opportunity what was approved for it."""
    found: dict[str, Spent] = {}
    for file in customer.files.values():
        if isinstance(file, Charge) and (name := file.log[-1].opportunity) is not None:
            amount, trips = found.get(name, Spent())
            more = int(file.log[-1].amount or 0)
            found[name] = Spent(amount + more, trips + is_trip(charge_of(file.id).cost))
    return found


class ChargeName(NamedTuple):
    """The cost of a charge, and the customer that its events name, where that is not the one who has it."""

    employee: str
    cost: str
    part: str = ""


def charge_id(employee: str, cost: str, part: str = "") -> str:
    """The id of a cost among the charges of a customer."""
    return msgspec.json.encode((employee, cost, part) if part else (employee, cost)).decode()


def charge_of(charge: str) -> ChargeName:
    """What `charge_id` was given."""
    return msgspec.json.decode(charge, type=ChargeName)


def without(log: list[CostEntry], customer: str) -> list[CostEntry]:
    """The same events where none names a customer, nor what of it they were for."""
    entries = (one._replace(customer="", opportunity=None) if one.customer == customer else one for one in log)
    return sorted(entries, key=lambda entry: entry[:4])
