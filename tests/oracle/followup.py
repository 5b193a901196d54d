"""Contacts that are due, and opportunities that stall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.oracle.law import Law
from tests.oracle.plans import plan_of
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer, Opportunity


def of_followup(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    """What stands now; `started_at` is the bound that was passed, be it before the event that brought it about."""
    yield from _of_plan(customer, law, now)
    yield from _of_interval(customer, law, now)
    for opportunity in customer.opportunities.values():
        if opportunity.is_open:
            yield from _stalled(customer, opportunity, law, now)


def _of_plan(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    plan = plan_of(customer, now)
    if plan is None:
        return
    due, overdue = plan.at - law.lead_time, plan.at + law.grace
    kind, bound = ("contact.overdue", overdue) if now > overdue else ("contact.due", due)
    if now > bound:
        for rule in law.watching(kind):
            yield Alert(rule.name, customer.id, None, plan.since, bound)


def _of_interval(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    if customer.looked_after_by(now) is None:
        return
    made = [contact.time for contact in customer.contacts if contact.is_made]
    basis = max(made, default=customer.first_seen)
    bound = basis + law.interval(customer.grade(now))
    if law.silent_when_planned and (plan := plan_of(customer, now)) is not None:
        # At the plan itself it no longer lies ahead.
        if plan.at > now:
            return
        started_at = max(bound, plan.at)
    else:
        started_at = bound
    if now > bound:
        for rule in law.watching("contact.interval_exceeded"):
            yield Alert(rule.name, customer.id, None, basis, started_at)


def _stalled(customer: Customer, opportunity: Opportunity, law: Law, now: datetime) -> Iterator[Alert]:
    after = law.stall_after(opportunity.stage, customer.grade(now))
    if after is None:
        return
    basis = stall_basis(customer, opportunity, law.stall_basis)
    bound = basis + after
    plan = plan_of(customer, now)
    for rule in law.watching("opp.stalled"):
        quiet_until = plan.at if rule.silent_when_planned and plan is not None else bound
        if now > bound and now >= quiet_until:
            yield Alert(rule.name, customer.id, opportunity.id, basis, max(bound, quiet_until))


def stall_basis(customer: Customer, opportunity: Opportunity, basis: str) -> datetime:
    """What the clock of a stall runs from."""
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
