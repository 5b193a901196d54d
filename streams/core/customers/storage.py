"""A customer as records of the state topic: in pieces, so that a busy one neither rewrites nor outgrows a record.

Every value is (format, content). Pieces: `customer` (registers and standing alerts), `contacts` by month (with the
plans made in it), `opportunity`, `invoice`, and `seen` (fingerprints of a subject by block).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from typing import Any

import msgspec
from msgspec import UNSET

from streams.core.alerts import Key
from streams.core.customers import attendance
from streams.core.customers.contacts import Contacts
from streams.core.customers.crediting import first_purchase
from streams.core.customers.opportunity import fold, leans_on_customer
from streams.core.customers.state import Customer, Entry, Invoice, Opportunity, Plan, Purchase, Standing
from streams.core.history import Change
from streams.core.ledger import Measures
from streams.core.records import key_of, unpacked
from streams.core.seen import Seen
from streams.policy import Policy

FORMAT = 1
State = tuple[bytes, bytes | None]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode
_decode_measures = msgspec.msgpack.Decoder(tuple[int, dict[str, int | str]]).decode


def write_customers(customers: Iterable[Customer], policy: Policy) -> Iterator[State]:
    """The pieces of the customers that changed since they were last written."""
    for customer in customers:
        if customer.dirty:
            yield key_of("customer", customer.id), _pack(_header(customer))
        for opportunity in sorted(customer.dirty_opportunities or ()):
            content = _opportunity(customer.opportunities[opportunity])
            yield key_of("opportunity", customer.id, opportunity), _pack(content)
        for month in sorted(customer.dirty_months or ()):
            yield key_of("contacts", customer.id, month), _pack(_month(customer, month, policy))
        for invoice in sorted(customer.dirty_invoices or ()):
            yield key_of("invoice", customer.id, invoice), _pack(_invoice(customer.invoices[invoice]))
        customer.written()


def write_seen(subjects: Iterable[tuple[str, Seen]]) -> Iterator[State]:
    """The blocks of fingerprints that changed, by subject."""
    for subject, seen in subjects:
        for number, block in seen.take_dirty():
            yield key_of("seen", subject, number), block


def write_measures(measures: dict[str, int | str]) -> bytes:
    """One bucket of the ledger."""
    return _pack(measures)


def read_measures(value: bytes) -> Measures:
    """A bucket of the ledger that `write_measures` gave."""
    _, measures = _decode_measures(value)
    return unpacked(measures)


class Loader:
    """Puts customers together again from their pieces, which come in any order."""

    def __init__(self, customers: dict[str, Customer]) -> None:
        self._customers = customers
        self._months: dict[str, list[tuple[int, Any]]] = {}

    def take(self, kind: str | int, rest: list[str | int], value: bytes) -> bool:
        """One piece by the parts of its key; False where it is none of a customer's."""
        if kind not in ("customer", "opportunity", "contacts", "invoice"):
            return False
        written, content = _decode(value)
        if written != FORMAT:
            raise ValueError(f"a state record of format {written}; this release reads format {FORMAT}")
        customer_id = str(rest[0])
        customer = self._customers.get(customer_id)
        if customer is None:
            customer = self._customers[customer_id] = Customer(customer_id)
        if kind == "customer":
            _read_header(customer, content)
        elif kind == "opportunity":
            _read_opportunity(customer, str(rest[1]), content)
        elif kind == "invoice":
            customer.invoices[str(rest[1])] = _read_invoice(content)
        else:
            self._months.setdefault(customer_id, []).append((int(rest[1]), content))
        return True

    def finish(self, policies: Mapping[int, Policy]) -> None:
        """Every piece has been taken: join the months, and fold the opportunities, each by its customer's policy."""
        for customer_id, months in self._months.items():
            _join(self._customers[customer_id], months)
        self._months.clear()
        for customer in self._customers.values():
            for opportunity in customer.opportunities.values():
                opportunity.view = fold(opportunity.log, policies[customer.revision])
                if opportunity.view.open:
                    customer.open[opportunity.id] = opportunity
                if leans_on_customer(opportunity.view):
                    customer.leaning[opportunity.id] = opportunity
            customer.purchase = first_purchase(customer)
            attendance.sweep(customer)
            customer.noted = customer.latest


def _pack(content: Any) -> bytes:
    return _encode((FORMAT, content))


def _header(customer: Customer) -> tuple[Any, ...]:
    return (
        customer.first,
        customer.latest,
        customer.owners.changes,
        customer.grades.changes,
        customer.contract,
        list(customer.standing.values()),
        customer.deadline,
        customer.revision,
    )


def _read_header(customer: Customer, content: Any) -> None:
    customer.first, customer.latest, owners, grades, contract, standing, customer.deadline, customer.revision = content
    customer.owners.changes = [_change(*change) for change in owners]
    customer.grades.changes = [_change(*change) for change in grades]
    customer.contract = None if contract is None else Purchase(*contract)
    customer.standing = _read_standing(standing)


def _change(time: int, source: str, id: str, value: str | None) -> Change:
    return Change(time, intern(source), id, None if value is None else intern(value))


def _read_standing(content: Any) -> dict[Key, Standing]:
    if not content:
        return {}
    return {standing.key: standing for standing in msgspec.convert(content, list[Standing])}


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


def _read_opportunity(customer: Customer, id: str, content: Any) -> None:
    opportunity = customer.opportunities[id] = Opportunity(id)
    log, standing, opportunity.deadline = content
    for time, rank, source, event, kind, stage, amount, owner, former in log:
        worth = int(amount) if isinstance(amount, str) else _given(amount)
        who = intern(owner) if isinstance(owner, str) else _given(owner)
        opportunity.log.append(Entry(time, rank, intern(source), event, kind, stage, worth, who, former))
    opportunity.standing = _read_standing(standing)


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
    return contacts.people, contacts.times[start:end].tolist(), contacts.tags[start:end].tolist(), plans


def _join(customer: Customer, months: list[tuple[int, Any]]) -> None:
    contacts = customer.contacts = Contacts()
    for _, (people, times, tags, plans) in sorted(months):
        index = {}
        for number, person in enumerate(people):
            if person not in contacts.people:
                contacts.people.append(intern(person))
            index[number] = contacts.people.index(person)
        contacts.times.extend(times)
        contacts.tags.extend([index[tag >> 2] << 2 | tag & 3 for tag in tags])
        customer.plans += [Plan(*plan) for plan in plans]
