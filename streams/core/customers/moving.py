"""All that is known of a customer as a list of small items, on its way into another one that it turned out to be.

What identifies it, and whom it was taken for (see `likeness`), stays where it is: that was said of this one alone.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from sys import intern
from typing import Any

from msgspec import convert

from streams.core.customers import costs
from streams.core.customers.answers import answers_of
from streams.core.customers.campaigns import joined
from streams.core.customers.cases import Case
from streams.core.customers.contacts import CHANNELS, INBOUND, MADE, Contacts
from streams.core.customers.files import Answer, Answers, Charge, Charged
from streams.core.customers.logbook import holds
from streams.core.customers.state import (
    Ack,
    Customer,
    Holder,
    Invoice,
    Joined,
    Opportunity,
    Part,
    Plan,
    Purchase,
    Signed,
    Task,
    TaskEntry,
    Ticket,
    TicketEntry,
)
from streams.core.customers.storage import given_bill, given_deal, kept_bill, kept_deal
from streams.core.history import END, Change, History
from streams.policy import Zone

Item = tuple[str, str, Any]
"""What it is, the id of what it belongs to, and its content as plain values."""

OVER = "over"
"""An alert that is over, by its id: content for `expiry`, which no dossier holds."""
ELSEWHERE = 1
"""The fingerprint of a record that another customer told: there is one, and it is another than any of this one's."""
_CASES: dict[str, type[Opportunity] | type[Invoice] | type[Ticket] | type[Task]] = {
    case.KIND: case for case in (Opportunity, Invoice, Ticket, Task)
}
_REGISTERS = ("owners", "grades", "segments", "statuses")


def items_of(customer: Customer) -> Iterator[Item]:
    """What is to go on."""
    for name in _REGISTERS:
        history: History = getattr(customer, name)
        yield from ((name, "", change) for change in history.changes)
    yield from (("acks", "", ack) for ack in customer.acks)
    contacts = customer.contacts
    for index, time in enumerate(contacts.times):
        flags, channel = contacts.tags[index] & (MADE | INBOUND), contacts.channels[index]
        yield "contacts", "", (time, contacts.who(index), flags, channel)
    yield from (("plans", "", plan) for plan in customer.plans)
    yield from (("contracts", "", contract) for contract in customer.contracts)
    yield from (("joined", campaign, found) for campaign, found in customer.joined.items())
    yield from (("watchers", lead, since) for lead, since in customer.watchers.items())
    yield from (("receipts", name, str(amount)) for name, amount in customer.receipts.items())
    for deal in customer.opportunities.values():
        yield from ((deal.KIND, deal.id, entry) for entry in kept_deal(deal.log))
        if deal.told and not deal.log:  # its record is still to be deleted
            yield deal.KIND, deal.id, None
    for invoice in customer.invoices.values():
        yield from ((invoice.KIND, invoice.id, entry) for entry in kept_bill(invoice.log))
    for ticket in customer.tickets.values():
        yield from ((ticket.KIND, ticket.id, entry) for entry in ticket.log)
    for task in customer.tasks.values():
        yield from ((task.KIND, task.id, entry) for entry in task.log)
    for file in customer.files.values():
        if isinstance(file, Charge):
            employee, cost, part = costs.charge_of(file.id)
            yield file.KIND, costs.charge_id(employee, cost, part or customer.id), file.log[-1]
        elif isinstance(file, Answers):
            yield from ((file.KIND, "", answer) for answer in file.log)


def newest(customer: Customer) -> int:
    """The instant of its newest event that has left a trace."""
    times = [case.log[-1].time for case in _cases(customer) if case.log]
    times += [history.changes[-1].time for history in map(customer.__getattribute__, _REGISTERS) if history.changes]
    times += [*customer.contacts.times[-1:], *(plan.time for plan in customer.plans[-1:])]
    times += [*(one.time for one in customer.contracts[-1:]), *(one.first for one in customer.joined.values())]
    if (kept := answers_of(customer)) is not None:
        times += (answer.time for answer in kept.log[-1:])
    return max(times, default=0)


def opened(customer: Customer, items: Iterable[Item]) -> int:
    """Begin the cases that items belong to and that there are none of yet; answers how many opportunities."""
    before = len(customer.opportunities)
    for kind, id, _ in items:
        if kind in _CASES:
            case = _case(customer, kind, id)
            if isinstance(case, Opportunity):
                case.told = case.told or ELSEWHERE
    return len(customer.opportunities) - before


def put(customer: Customer, items: Iterable[Item], zone: Zone) -> None:
    """Take items in; what is derived from them is worked out by whoever asks for this."""
    for kind, id, content in items:
        if kind in _CASES:
            _put_entry(customer, kind, id, content)
        else:
            _PUT[kind](customer, id, content, zone)


def empty(customer: Customer) -> None:
    """Let go of what went on. Cases stay, without a history, until what stands for them was judged: see `close`."""
    for name in _REGISTERS:
        setattr(customer, name, History())
    customer.contacts, customer.plans, customer.contracts, customer.contract = Contacts(), [], [], None
    customer.joined, customer.watchers, customer.receipts, customer.files = {}, {}, {}, {}
    customer.roles = {}
    for case in _cases(customer):
        case.log = []
        if isinstance(case, Opportunity | Ticket):
            case.view = None


def close(customer: Customer) -> None:
    """Let go of the cases, of which nothing stands any more."""
    for cases in (customer.opportunities, customer.invoices, customer.tickets, customer.tasks):
        cases.clear()
    customer.open, customer.leaning, customer.purchase = {}, {}, None
    customer.first, customer.parts, customer.casts = END, {}, {}
    customer.dirty_months = None
    customer.dirty_cases = {name for name in customer.dirty_cases or () if customer.has(name)}


def both(one: Part | None, other: Part) -> Part:
    """What is known of one customer by two."""
    if one is None:
        return other
    return Part(min(one.first, other.first), first_contract((one, other)))


def first_contract(parts: Iterable[Part]) -> Purchase | None:
    """The first contract of several customers that are one."""
    contracts = (part.contract for part in parts if part.contract is not None)
    return min(contracts, key=lambda contract: contract[:3], default=None)


def _cases(customer: Customer) -> Iterator[Opportunity | Invoice | Ticket | Task]:
    yield from customer.opportunities.values()
    yield from customer.invoices.values()
    yield from customer.tickets.values()
    yield from customer.tasks.values()


def _case(customer: Customer, kind: str, id: str) -> Holder:
    cases: dict[str, dict[str, Any]] = {
        Opportunity.KIND: customer.opportunities,
        Invoice.KIND: customer.invoices,
        Ticket.KIND: customer.tickets,
        Task.KIND: customer.tasks,
    }
    found: Holder = cases[kind].setdefault(id, _CASES[kind](id))
    return found


def _put_entry(customer: Customer, kind: str, id: str, content: Any) -> None:
    case = _case(customer, kind, id)
    assert isinstance(case, Case)
    customer.touch(case)
    if content is None:
        return
    if isinstance(case, Opportunity):
        entry: Any = given_deal([content])[0]
    elif isinstance(case, Invoice):
        entry = given_bill([content])[0]
    else:
        entry = convert(content, TicketEntry if isinstance(case, Ticket) else TaskEntry)
    if isinstance(case, Opportunity | Invoice):
        insort(case.log, entry, key=lambda item: item[: 3 if isinstance(case, Invoice) else 4])
    elif isinstance(case, Ticket | Task) and not holds(case.log, entry):  # a step may be handed on twice
        insort(case.log, entry, key=lambda item: item[:4])


def _put_register(name: str) -> Callable[[Customer, str, Any, Zone], None]:
    def take(customer: Customer, _: str, content: Any, __: Zone) -> None:
        history: History = getattr(customer, name)
        history.set(convert(content, Change))

    return take


def _put_ack(customer: Customer, _: str, content: Any, __: Zone) -> None:
    ack = convert(content, Ack)
    if ack not in customer.acks:
        insort(customer.acks, ack)


def _put_contact(customer: Customer, _: str, content: Any, zone: Zone) -> None:
    time, who, flags, channel = content
    customer.contacts.add(time, who, bool(flags & MADE), bool(flags & INBOUND), CHANNELS[channel])
    customer.touch_month(zone.month(zone.day(time)))


def _put_plan(customer: Customer, _: str, content: Any, zone: Zone) -> None:
    plan = convert(content, Plan)
    insort(customer.plans, plan, key=lambda one: one[:3])
    customer.touch_month(zone.month(zone.day(plan.time)))


def _put_contract(customer: Customer, _: str, content: Any, zone: Zone) -> None:
    signed = convert(content, Signed)
    insort(customer.contracts, signed, key=lambda one: one.time)
    customer.touch_month(zone.month(zone.day(signed.time)))


def _put_joined(customer: Customer, campaign: str, content: Any, _: Zone) -> None:
    customer.joined[campaign] = joined(customer.joined.get(campaign), convert(content, Joined))


def _put_watcher(customer: Customer, lead: str, since: int, _: Zone) -> None:
    customer.watchers[lead] = min(since, customer.watchers.get(lead, since))


def _put_receipt(customer: Customer, name: str, amount: str, _: Zone) -> None:
    customer.receipts[intern(name)] = customer.receipts.get(name, 0) + int(amount)


def _put_charge(customer: Customer, id: str, content: Any, _: Zone) -> None:
    employee, cost, part = costs.charge_of(id)
    charge = Charge(costs.charge_id(employee, cost, "" if part == customer.id else part))
    known, charged = customer.files.get(charge.name), convert(content, Charged)
    if known is None or known.log[-1].version < charged.version:
        charge.log = [charged]
        customer.refile(charge)


def _put_answer(customer: Customer, _: str, content: Any, __: Zone) -> None:
    kept = answers_of(customer) or Answers("")
    insort(kept.log, convert(content, Answer), key=lambda entry: entry[:4])
    customer.refile(kept)


_PUT: dict[str, Callable[[Customer, str, Any, Zone], None]] = {
    **{name: _put_register(name) for name in _REGISTERS},
    "acks": _put_ack,
    "contacts": _put_contact,
    "plans": _put_plan,
    "contracts": _put_contract,
    "joined": _put_joined,
    "watchers": _put_watcher,
    "receipts": _put_receipt,
    Answers.KIND: _put_answer,
    Charge.KIND: _put_charge,
}
