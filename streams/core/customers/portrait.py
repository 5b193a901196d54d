"""What is told of one customer: the record of `customers`, everything that somebody in charge looks up first.

As in the record of an opportunity, nothing in it depends on the clock but the status of the alerts that stand.
"""

from __future__ import annotations

from typing import Any

from streams.core.customers.contacts import MADE
from streams.core.customers.deals import money_or_none
from streams.core.customers.entries import WON
from streams.core.customers.payments import outstanding
from streams.core.customers.state import ISSUED, RECEIVED, REFUNDED, Customer
from streams.core.history import END
from streams.events.instants import iso
from streams.policy import Policy


def record_of(customer: Customer, policy: Policy) -> dict[str, Any]:
    """The record of a customer. Each list is in the order of ids."""
    return {
        "customer_id": customer.id,
        "owner_id": customer.owners.now(),
        "grade": customer.grades.now(),
        "status": customer.statuses.now(),
        "first_seen_at": iso(customer.first),
        **_contacts(customer),
        **_opportunities(customer),
        **_money(customer),
        "open_tickets": sorted(
            ticket.id
            for ticket in customer.tickets.values()
            if ticket.view is not None and ticket.view.unsolved[-1][1] == END
        ),
        "alerts": _alerts(customer),
        "policy_version": policy.version,
    }


def _contacts(customer: Customer) -> dict[str, Any]:
    """Who reached the customer last, and the plan in force: the newest, unless it was cancelled or fulfilled."""
    contacts, last = customer.contacts, None
    for index in range(len(contacts.times) - 1, -1, -1):
        if contacts.tags[index] & MADE:
            last = {"at": iso(contacts.times[index]), "employee_id": contacts.who(index)}
            break
    plan, ahead = customer.plans[-1] if customer.plans else None, None
    if plan is not None and plan.next_at is not None and contacts.after(plan.time, MADE) == END:
        ahead = {"at": iso(plan.next_at), "step": plan.next_step}
    return {"last_contact": last, "next_contact": ahead}


def _opportunities(customer: Customer) -> dict[str, Any]:
    won = [o.view for o in customer.opportunities.values() if o.view is not None and o.view.outcome == WON]
    current = [(name, o.view) for name, o in sorted(customer.open.items()) if o.view is not None]
    return {
        "open_opportunities": [
            {"opportunity_id": name, "stage": view.visits[-1].stage, "amount": money_or_none(view.amount)}
            for name, view in current
        ],
        "open_amount": money_or_none(sum(view.amount or 0 for _, view in current)),
        "won_count": len(won),
        "won_amount": money_or_none(sum(view.closed_amount for view in won)),
    }


def _money(customer: Customer) -> dict[str, Any]:
    """`outstanding` is what is owed of each invoice, none below 0: what came in without an invoice pays none."""
    invoiced, owed, collected = 0, 0, sum(customer.receipts.values())
    for invoice in customer.invoices.values():
        for entry in invoice.log:
            if entry.kind == ISSUED:
                invoiced += entry.amount
            elif entry.kind == RECEIVED:
                collected += entry.amount
            elif entry.kind == REFUNDED:
                collected -= entry.amount
        owed += max(0, outstanding(invoice.log))
    return {
        "invoiced": money_or_none(invoiced),
        "collected": money_or_none(collected),
        "outstanding": money_or_none(owed),
    }


def _alerts(customer: Customer) -> list[dict[str, Any]]:
    standing = [alert for holder in customer.holders() for alert in holder.standing.values()]
    return [
        {
            "id": alert.id,
            "rule": alert.rule,
            "status": alert.status,
            "since": iso(alert.started),
            "level": alert.level,
        }
        for alert in sorted(standing, key=lambda alert: alert.id)
    ]
