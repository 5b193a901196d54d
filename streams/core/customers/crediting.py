"""What contacts, contracts and payments credit to whom."""

from __future__ import annotations

from streams.core.customers import answers, purchases
from streams.core.customers.entries import WON
from streams.core.customers.opportunity import closer_of
from streams.core.customers.state import ISSUED, RECEIVED, WRITTEN_OFF, Customer, Opportunity, Purchase
from streams.core.history import Change
from streams.core.ledger import NOW, Ledger
from streams.core.units import QUANTITY_DIGITS
from streams.events import ContactLogged, ContractSigned, Money
from streams.policy import Policy
from streams.policy.currency import whole
from streams.policy.zone import Zone

_DISTINCT = (("customers@month", 1), ("customers@quarter", 3), ("customers@year", 12))
"""What counts each customer once in a period, and the months of that."""


def atoms(money: Money, day: int, policy: Policy) -> int:
    """An amount in atoms at the rate of a local day; `rates.check` has seen to it that there is one."""
    found = policy.currency.atoms(money.amount, money.currency, day)
    if found is None:
        raise LookupError(f"no rate for {money.currency}")
    return found


def post_interaction(data: ContactLogged, day: int, ledger: Ledger) -> None:
    """Credit a contact as such, with a customer or with a lead."""
    page = ledger.page(data.employee_id, day)
    page["contacts"] += 1
    page[f"contacts:{data.channel}"] += 1
    if data.connected:
        page["contacts_connected"] += 1


def post_contact(customer: Customer, index: int, data: ContactLogged, policy: Policy, ledger: Ledger) -> None:
    """Credit the contact at `index`, just taken in: itself, and the customer where it is the first of a period.

    Distinct customers are exact, as a customer lives in one partition: what is counted is the first contact of an
    employee with this customer on a day, in a month, quarter and year; and for the rolling periods the newest one.
    """
    zone, employee = policy.zone, data.employee_id
    day = zone.day(customer.contacts.times[index])
    post_interaction(data, day, ledger)
    before, after = customer.contacts.neighbours(index)
    near = [zone.day(time) for time in (before, after) if time is not None]
    page = ledger.page(employee, day)
    if day not in near:
        page["customer_days"] += 1
        month = zone.month(day)
        months = [zone.month(other) for other in near]
        for measure, size in _DISTINCT:
            if month // size not in [other // size for other in months]:
                page[measure] += 1
    if after is None:
        page["customers@days"] += 1
        if before is not None:
            ledger.post(employee, near[0], "customers@days", -1)


def post_contacted(customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) the customer as one that was contacted: all that `post_contact` credits
    but for the contacts themselves."""
    zone, newest = policy.zone, dict[str, int]()
    for index, time in enumerate(customer.contacts.times):
        who, day = customer.contacts.who(index), zone.day(time)
        before = newest.get(who)
        if before == day:
            continue
        page = ledger.page(who, day)
        page["customer_days"] += sign
        for measure, size in _DISTINCT:
            if before is None or zone.month(before) // size != zone.month(day) // size:
                page[measure] += sign
        newest[who] = day
    for who, day in newest.items():
        ledger.post(who, day, "customers@days", sign)


def post_contract(data: ContractSigned, day: int, policy: Policy, ledger: Ledger) -> None:
    """Credit a contract: its amount, the units sold, and the prices where a line names both."""
    employee = data.employee_id
    ledger.post(employee, day, "contracts", 1)
    ledger.post(employee, day, "contract_amount", atoms(data.amount, day, policy))
    for line in data.lines or ():
        if line.quantity is None:
            continue
        quantity = whole(line.quantity, QUANTITY_DIGITS)
        ledger.post(employee, day, "units", quantity)
        if line.unit_price is not None and line.list_price is not None:
            ledger.post(employee, day, "sold_at", quantity * atoms(line.unit_price, day, policy))
            ledger.post(employee, day, "listed_at", quantity * atoms(line.list_price, day, policy))


def post_payment(kind: int, employee: str, day: int, due: int | None, amount: int, ledger: Ledger) -> None:
    """Credit an invoice (`due` is the day on which it is to be paid), a receipt, a refund, or a write-off."""
    if kind == ISSUED:
        ledger.post(employee, day, "invoices", 1)
        ledger.post(employee, day, "invoiced", amount)
        if due is not None:
            ledger.post(employee, due, "due_amount", amount)
            ledger.post(employee, due, "due", 1)
    elif kind == WRITTEN_OFF:
        ledger.post(employee, day, "write_offs", 1)
        ledger.post(employee, day, "written_off", amount)
    else:
        ledger.post(employee, day, "receipts", 1)
        ledger.post(employee, day, "collected", amount if kind == RECEIVED else -amount)


def first_purchase(customer: Customer) -> Purchase | None:
    """The first contract or won opportunity of a customer; of two at one instant the lesser (source, id)."""
    found = [customer.contract, *(_won(opportunity, customer) for opportunity in customer.opportunities.values())]
    return min((purchase for purchase in found if purchase is not None), key=lambda p: p[:3], default=None)


def first_purchase_after(customer: Customer, changed: Opportunity) -> Purchase | None:
    """The same, known before and now changed by one opportunity."""
    known, now = customer.purchase, _won(changed, customer)
    if known is not None and known.source == "" and known.id == changed.id:
        return first_purchase(customer)
    return now if known is None or (now is not None and now[:3] < known[:3]) else known


def _won(opportunity: Opportunity, customer: Customer) -> Purchase | None:
    view = opportunity.view
    if view is None or view.outcome != WON:
        return None
    return Purchase(view.closed_at, "", opportunity.id, closer_of(view, customer))


def post_customer(customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) the customer itself: to its owners, and to who won it first."""
    ledger.post(customer.owners.now(), NOW, "owned", sign)
    _post_handoffs(customer.owners.changes, policy.zone, ledger, sign)
    purchases.post(customer, policy, ledger, sign)
    answers.post(customer, policy, ledger, sign)
    first = customer.purchase
    if first is not None:
        ledger.post(first.employee, policy.zone.day(first.time), "new_customers", sign)


def _post_handoffs(owners: list[Change], zone: Zone, ledger: Ledger, sign: int) -> None:
    """Credit each change from one owner to another to both. Of several at one instant the newest is the owner."""
    former: str | None = None
    for index, change in enumerate(owners):
        if index + 1 < len(owners) and owners[index + 1].time == change.time:
            continue
        if former and change.value and former != change.value:
            day = zone.day(change.time)
            ledger.post(former, day, "handoffs_given", sign)
            ledger.post(change.value, day, "handoffs_taken", sign)
        former = change.value
