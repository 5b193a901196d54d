"""Which alerts of follow-up stand at an instant, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from tests.oracle.law import Law, instant
from tests.oracle.timeline import Customer, Opportunity


class Alert(NamedTuple):
    """An episode that stands; `basis` is the instant that its clock runs from, `employee_id` who is to see to it."""

    rule: str
    customer_id: str
    opportunity_id: str | None
    basis: datetime
    started_at: datetime
    employee_id: str | None = None


class Plan(NamedTuple):
    """When the next contact is to be, and when that was said."""

    at: datetime
    since: datetime


def plan_of(customer: Customer) -> Plan | None:
    """The plan in force after all events: neither fulfilled nor cancelled."""
    plan = None
    for time, together in groupby(customer.events, key=lambda event: event.time):
        group = list(together)
        if any(event.is_made for event in group):
            plan = None
        for event in group:
            if event.type.startswith("contact.") and "next_contact_at" in event.data:
                said = event.data["next_contact_at"]
                at = None if said is None else instant(said)
                if at is None:
                    plan = None
                elif plan is None or plan.at != at:
                    plan = Plan(at, time)
    return plan


def alerts_of(customer: Customer, law: Law, as_of: datetime) -> Iterator[Alert]:
    """Every episode of a customer and its opportunities that stands at `as_of`, with what began it."""
    for alert in _standing(customer, law, as_of):
        if law.enabled(alert.rule):
            who = customer.looked_after_by(as_of)
            if alert.opportunity_id is not None:
                who = customer.owner_of(customer.opportunities[alert.opportunity_id], as_of) or who
            yield alert._replace(started_at=_beginning(customer, law, as_of, alert), employee_id=who)


def _beginning(customer: Customer, law: Law, as_of: datetime, alert: Alert) -> datetime:
    """The bound or event since when the alert stands without a break: from event to event back through time."""
    began, until = alert.started_at, as_of
    for time in sorted({event.time for event in customer.events}, reverse=True):
        past = customer.then(time)
        standing = [earlier for earlier in _standing(past, law, until) if earlier[:4] == alert[:4]]
        if not standing:
            return began
        if all(earlier[:4] != alert[:4] for earlier in _standing(past, law, time)):
            return standing[0].started_at
        began, until = time, time - datetime.resolution
    return began


def _standing(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    """What stands now; `started_at` is the bound that was passed, be it before the event that brought it about."""
    yield from _of_plan(customer, law, now)
    yield from _of_interval(customer, law, now)
    for opportunity in customer.opportunities.values():
        if opportunity.is_open and opportunity.stage in law.stall_after:
            basis = _basis(customer, opportunity, law.stall_basis)
            bound = basis + law.stall_after[opportunity.stage or ""]
            if now > bound:
                yield Alert("opp.stalled", customer.id, opportunity.id, basis, bound)


def _of_plan(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    plan = plan_of(customer)
    if plan is None:
        return
    due, overdue = plan.at - law.lead_time, plan.at + law.grace
    if now > overdue:
        yield Alert("contact.overdue", customer.id, None, plan.since, overdue)
    elif now > due:
        yield Alert("contact.due", customer.id, None, plan.since, due)


def _of_interval(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    if customer.looked_after_by(now) is None:
        return
    made = [contact.time for contact in customer.contacts if contact.is_made]
    basis = max(made, default=customer.first_seen)
    bound = basis + law.interval(customer.grade)
    plan = plan_of(customer) if law.silent_when_planned else None
    if now > bound and (plan is None or plan.at <= now):
        yield Alert(
            "contact.interval_exceeded", customer.id, None, basis, bound if plan is None else max(bound, plan.at)
        )


def _basis(customer: Customer, opportunity: Opportunity, basis: str) -> datetime:
    contacts = customer.contacts
    match basis:
        case "created":
            return opportunity.born
        case "last_contact":
            since = [contact.time for contact in contacts if contact.is_made]
        case "last_activity":
            since = [contact.time for contact in contacts]
        case "last_two_way_contact":
            since = [contact.time for contact in contacts if contact.is_made and contact.data["direction"] == "inbound"]
        case _:
            assert opportunity.entered is not None
            return opportunity.entered
    # What happened before it was created does not age it.
    return max([opportunity.born, *since])
