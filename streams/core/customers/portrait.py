"""What is told of one customer: the record of `customers`, everything that somebody in charge looks up first.

As in the record of an opportunity, nothing in it depends on the clock but the status of the alerts that stand.
"""

from __future__ import annotations

from typing import Any

from streams.core.customers import lately
from streams.core.customers.contacts import MADE
from streams.core.customers.deals import money, money_or_none
from streams.core.customers.entries import WON
from streams.core.customers.state import Customer
from streams.core.history import END
from streams.events.instants import iso
from streams.policy import Policy


def record_of(customer: Customer, policy: Policy) -> dict[str, Any]:
    """The record of a customer. Each list is in the order of ids; that of what is recent, the newest first."""
    record: dict[str, Any] = {
        "customer_id": customer.id,
        "owner_id": customer.owners.now(),
        "grade": customer.grades.now(),
        "status": customer.statuses.now(),
        "first_seen_at": iso(customer.first),
        "merged_from": sorted(customer.parts.keys() - {customer.id}),
    }
    _contacts(customer, record)
    _opportunities(customer, record)
    lately.tell_contacts(customer, record)
    lately.tell_money(customer, record)
    lately.tell_tickets(customer, record)
    record["alerts"] = _alerts(customer)
    record["policy_version"] = policy.version
    return record


def _contacts(customer: Customer, record: dict[str, Any]) -> None:
    """Who reached the customer last, and the plan in force: the newest, unless it was cancelled or fulfilled."""
    contacts, last = customer.contacts, None
    tags = contacts.tags
    for index in range(len(tags) - 1, -1, -1):
        if tags[index] & MADE:
            last = {"at": iso(contacts.times[index]), "employee_id": contacts.who(index)}
            break
    plan, ahead = customer.plans[-1] if customer.plans else None, None
    if plan is not None and plan.next_at is not None and contacts.after(plan.time, MADE) == END:
        ahead = {"at": iso(plan.next_at), "step": plan.next_step}
    record["last_contact"], record["next_contact"] = last, ahead


def _opportunities(customer: Customer, record: dict[str, Any]) -> None:
    current, amount, won, won_amount = [], 0, 0, 0
    for name, opportunity in sorted(customer.opportunities.items()):
        view = opportunity.view
        if view is None:
            continue
        if view.outcome is None:
            amount += view.amount or 0
            worth = money_or_none(view.amount)
            current.append({"opportunity_id": name, "stage": view.visits[-1].stage, "amount": worth})
        elif view.outcome == WON:
            won += 1
            won_amount += view.closed_amount
    record["open_opportunities"], record["open_amount"] = current, money(amount)
    record["won_count"], record["won_amount"] = won, money(won_amount)


def _alerts(customer: Customer) -> list[dict[str, Any]]:
    standing = [alert for holder in customer.holders() if holder.standing for alert in holder.standing.values()]
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
