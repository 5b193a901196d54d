"""Contacts, what was billed and paid, and tickets, as the record of a customer tells of them: sums, the newest of each.

They are so few that records stay small however long somebody buys. Nothing of it depends on the clock: whether an open
invoice is late by now is for the reader to see from its due date.

Payments are those that name an invoice; of what came in without one the sum alone is kept.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from streams.core.customers.contacts import CHANNELS, INBOUND, MADE, Contacts
from streams.core.customers.deals import money
from streams.core.customers.state import ISSUED, RECEIVED, WRITTEN_OFF, Customer
from streams.core.customers.tickets import assignee_at
from streams.core.history import END
from streams.events.instants import iso

MOST = 20
"""Of each kind: some 10 KB of a record at most."""
_Payment = tuple[int, str, str, str, int]
"""When, source and id of the event, the invoice, and the amount in atoms; below 0 of a refund."""


def tell_contacts(customer: Customer, record: dict[str, Any]) -> None:
    """Those that reached the customer, and the attempts to."""
    contacts, times = customer.contacts, customer.contacts.times
    since = bisect_left(times, times[-MOST]) if len(times) > MOST else 0
    newest = sorted((_contact(contacts, index) for index in range(since, len(times))), reverse=True)
    record["recent_contacts"] = [
        {
            "at": iso(time),
            "employee_id": who,
            "channel": CHANNELS[channel],
            "connected": flags & MADE > 0,
            "inbound": flags & INBOUND > 0,
        }
        for time, who, channel, flags in newest[:MOST]
    ]


def _contact(contacts: Contacts, index: int) -> tuple[int, str, int, int]:
    """A contact as it sorts; two that are alike in all of it look alike."""
    return contacts.times[index], contacts.who(index), contacts.channels[index], contacts.tags[index] & (MADE | INBOUND)


def tell_money(customer: Customer, record: dict[str, Any]) -> None:
    """`outstanding` is what is owed of each invoice, none below 0: what came in without an invoice pays none."""
    uninvoiced = sum(customer.receipts.values())
    invoiced, owed, collected = 0, 0, uninvoiced
    issued: list[tuple[int, str, int, int, int, int]] = []
    payments: list[_Payment] = []
    for name, invoice in customer.invoices.items():
        amount, paid, lost, first, due = 0, 0, 0, END, END
        for entry in invoice.log:
            kind = entry.kind
            if kind == ISSUED:
                amount += entry.amount
                first, due = min(first, entry.time), due if entry.due is None else entry.due
            elif kind == WRITTEN_OFF:
                lost += entry.amount
            else:
                came = entry.amount if kind == RECEIVED else -entry.amount
                paid += came
                payments.append((entry.time, entry.source, entry.id, name, came))
        invoiced += amount
        collected += paid
        owed += max(0, amount - paid - lost)
        if first != END:  # else only payments have named it so far, or its issue was voided
            issued.append((first, name, amount, paid, lost, due))
    record["invoiced"], record["collected"], record["outstanding"] = money(invoiced), money(collected), money(owed)
    record["collected_uninvoiced"] = money(uninvoiced)
    record["recent_invoices"] = [_invoice(*one) for one in sorted(issued, reverse=True)[:MOST]]
    record["recent_payments"] = [
        {"at": iso(time), "amount": money(came), "invoice_id": name}
        for time, _, _, name, came in sorted(payments, reverse=True)[:MOST]
    ]


def _invoice(first: int, name: str, amount: int, paid: int, lost: int, due: int) -> dict[str, Any]:
    settled = "written_off" if lost > 0 else "paid"
    return {
        "invoice_id": name,
        "issued_at": iso(first),
        "due_at": iso(due),
        "amount": money(amount),
        "paid": money(paid),
        "status": "open" if amount - paid - lost > 0 else settled,
    }


def tell_tickets(customer: Customer, record: dict[str, Any]) -> None:
    """Those that were opened, as far as is known."""
    opened, unsolved = [], []
    for name, ticket in customer.tickets.items():
        if ticket.view is not None:
            opened.append((ticket.view.opened, name))
            if ticket.view.unsolved[-1][1] == END:
                unsolved.append(name)
    record["open_tickets"] = sorted(unsolved)
    record["recent_tickets"] = [_ticket(customer, name) for _, name in sorted(opened, reverse=True)[:MOST]]


def _ticket(customer: Customer, name: str) -> dict[str, Any]:
    ticket = customer.tickets[name]
    view = ticket.view
    assert view is not None
    resolved = view.unsolved[-1][1]
    return {
        "ticket_id": name,
        "kind": view.kind,
        "priority": view.priority,
        "employee_id": assignee_at(ticket, END),
        "opened_at": iso(view.opened),
        "resolved_at": None if resolved == END else iso(resolved),
    }
