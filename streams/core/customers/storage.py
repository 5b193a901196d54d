"""A customer as records of the state topic: in pieces, so that a busy one neither rewrites nor outgrows a record.

Pieces: `customer` (registers and standing alerts), `contacts` by month (with the
plans made in it), `opportunity`, `invoice`, and `seen` (fingerprints of a subject by block).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import UNSET, Raw

from streams.core.customers import attendance
from streams.core.customers.crediting import first_purchase
from streams.core.customers.opportunity import fold, leans_on_customer
from streams.core.customers.state import Contacts, Customer, Entry, Invoice, Opportunity, Plan, Purchase, Standing
from streams.core.formats import reader, tagged
from streams.core.history import Change, History
from streams.core.ledger import Measures
from streams.core.records import key_of, parts_of, unpacked
from streams.core.seen import Seen
from streams.policy import Policy

PIECES = ("customer", "contacts", "opportunity", "invoice")
State = tuple[bytes, bytes | None]

_read_piece = reader(list[Any])
_read_measures = reader(dict[str, int | str])
_header_of = reader(tuple[int, int, list[Change], list[Change], Purchase | None, list[Standing], int])
_opportunity_of = reader(tuple[list[Any], list[Standing], int])
_read_header_index = reader(tuple[Raw, Raw, Raw, Raw, Raw, list[Standing], int])
_read_opportunity_index = reader(tuple[Raw, list[Standing], int])


def write_customers(customers: Iterable[Customer], policy: Policy) -> Iterator[State]:
    """The pieces of the customers that changed since they were last written."""
    for customer in customers:
        if customer.dirty:
            customer.dirty = False
            yield key_of("customer", customer.id), tagged(_header(customer))
        for opportunity in sorted(customer.dirty_opportunities):
            content = _opportunity(customer.opportunities[opportunity])
            yield key_of("opportunity", customer.id, opportunity), tagged(content)
        for month in sorted(customer.dirty_months):
            yield key_of("contacts", customer.id, month), tagged(_month(customer, month, policy))
        for invoice in sorted(customer.dirty_invoices):
            yield key_of("invoice", customer.id, invoice), tagged(_invoice(customer.invoices[invoice]))
        customer.dirty_months.clear()
        customer.dirty_opportunities.clear()
        customer.dirty_invoices.clear()


def write_seen(subjects: Iterable[tuple[str, Seen]]) -> Iterator[State]:
    """The blocks of fingerprints that changed, by subject."""
    for subject, seen in subjects:
        for number, block in seen.take_dirty():
            yield key_of("seen", subject, number), block


def write_measures(measures: dict[str, int | str]) -> bytes:
    """One bucket of the ledger."""
    return tagged(measures)


def read_measures(value: bytes) -> Measures:
    """A bucket of the ledger that `write_measures` gave."""
    return unpacked(_read_measures(value))


class Index(NamedTuple):
    """Of a piece what a partition has to know of every customer: which alerts stand, and when to look again."""

    opportunity: str
    """Its id; "" for the customer's own."""
    standing: list[Standing]
    deadline: int


def index(parts: list[str | int], value: bytes) -> Index | None:
    """What a piece of this key holds for the indexes; None where it is of a kind that holds nothing."""
    if parts[0] == "customer":
        *_, standing, deadline = _read_header_index(value)
        return Index("", standing, deadline)
    if parts[0] == "opportunity":
        _, standing, deadline = _read_opportunity_index(value)
        return Index(str(parts[2]), standing, deadline)
    return None


def prefixes(customer_id: str) -> list[bytes]:
    """How the keys of all pieces of one customer begin; the header's, without which there are no others, first."""
    key = key_of("customer", customer_id)
    return [key, *(key_of(kind, customer_id)[:-1] + b"," for kind in PIECES[1:])]


def assemble(customer_id: str, pieces: Iterable[tuple[bytes, bytes]], policy: Policy) -> Customer:
    """A customer from all of its pieces, which come in any order."""
    customer, months = Customer(customer_id), []
    for key, value in pieces:
        kind, *rest = parts_of(key)
        if kind == "customer":
            _read_header(customer, value)
        elif kind == "opportunity":
            _read_opportunity(customer, str(rest[1]), value)
        elif kind == "invoice":
            customer.invoices[str(rest[1])] = _read_invoice(_read_piece(value))
        else:
            months.append((int(rest[1]), _read_piece(value)))
    _join(customer, months)
    for opportunity in customer.opportunities.values():
        opportunity.view = fold(opportunity.log, policy)
        if opportunity.view.open:
            customer.open[opportunity.id] = opportunity
        if leans_on_customer(opportunity.view):
            customer.leaning[opportunity.id] = opportunity
    customer.purchase = first_purchase(customer)
    attendance.sweep(customer)
    customer.noted = customer.latest
    return customer


def _header(customer: Customer) -> tuple[Any, ...]:
    return (
        customer.first,
        customer.latest,
        customer.owners.changes,
        customer.grades.changes,
        customer.contract,
        list(customer.standing.values()),
        customer.deadline,
    )


def _read_header(customer: Customer, value: bytes) -> None:
    customer.first, customer.latest, owners, grades, customer.contract, standing, customer.deadline = _header_of(value)
    customer.owners, customer.grades = History(owners), History(grades)
    customer.standing = {alert.id: alert for alert in standing}


def _opportunity(opportunity: Opportunity) -> tuple[Any, ...]:
    log = [
        entry._replace(amount=None if entry.amount is None else _amount(entry.amount), owner=_kept(entry.owner))
        for entry in opportunity.log
    ]
    return log, list(opportunity.standing.values()), opportunity.deadline


def _amount(amount: Any) -> Any:
    return False if amount is UNSET else str(amount)


def _kept(owner: Any) -> Any:
    return False if owner is UNSET else owner


def _given(kept: Any) -> Any:
    return UNSET if kept is False else kept


def _read_opportunity(customer: Customer, id: str, value: bytes) -> None:
    opportunity = customer.opportunities[id] = Opportunity(id)
    log, standing, opportunity.deadline = _opportunity_of(value)
    for values in log:
        entry = Entry(*values)
        amount: Any = _given(entry.amount)
        opportunity.log.append(
            entry._replace(
                amount=int(amount) if isinstance(amount, str) else amount,
                owner=_given(entry.owner),
            )
        )
    opportunity.standing = {alert.id: alert for alert in standing}


def _invoice(invoice: Invoice) -> tuple[Any, ...]:
    sums = (invoice.billed, invoice.received, invoice.refunded, invoice.written_off)
    return (*map(str, sums), invoice.due, invoice.stamp)


def _read_invoice(content: Any) -> Invoice:
    billed, received, refunded, written_off, due, stamp = content
    return Invoice(
        int(billed), int(received), int(refunded), int(written_off), due, None if stamp is None else tuple(stamp)
    )


def _month(customer: Customer, month: int, policy: Policy) -> tuple[Any, ...]:
    zone, contacts = policy.zone, customer.contacts

    def month_of(time: int) -> int:
        return zone.month(zone.day(time))

    start, end = (bisect_left(contacts.times, edge, key=month_of) for edge in (month, month + 1))
    plans = [plan for plan in customer.plans if month_of(plan.time) == month]
    return contacts.people, contacts.times[start:end], contacts.tags[start:end], plans


def _join(customer: Customer, months: list[tuple[int, Any]]) -> None:
    contacts = customer.contacts = Contacts()
    for _, (people, times, tags, plans) in sorted(months):
        index = {}
        for number, person in enumerate(people):
            if person not in contacts.people:
                contacts.people.append(person)
            index[number] = contacts.people.index(person)
        contacts.times += times
        contacts.tags += [index[tag >> 2] << 2 | tag & 3 for tag in tags]
        customer.plans += [Plan(*plan) for plan in plans]
