"""Contacts that are due, and opportunities that stall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.oracle.law import Law, Rule
from tests.oracle.plans import Plan, plan_of
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
    late = now > overdue_since(plan, law, law.rules["contact.overdue"])
    for rule in [] if late else law.watching("contact.due"):
        bound = law.earlier(plan.at, law.lead_time, rule.clock)
        if now > bound:
            yield Alert(rule.name, customer.id, None, plan.since, bound)
    for rule in law.watching("contact.overdue"):
        bound = overdue_since(plan, law, rule)
        if now > bound:
            yield Alert(rule.name, customer.id, None, plan.since, bound)


def overdue_since(plan: Plan, law: Law, rule: Rule) -> datetime:
    """The bound after which a plan is overdue."""
    return law.later(plan.at, law.grace, rule.clock)


def _of_interval(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    if customer.looked_after_by(now) is None:
        return
    made = [contact.time for contact in customer.contacts if contact.is_made]
    basis = max(made, default=customer.first_seen)
    plan = plan_of(customer, now) if law.silent_when_planned else None
    if plan is not None and plan.at > now:  # at the plan itself it no longer lies ahead
        return
    for rule in law.watching("contact.interval_exceeded"):
        interval = law.interval(rule, customer.grade(now))
        if interval is not None and now > (bound := law.later(basis, interval, rule.clock)):
            yield Alert(rule.name, customer.id, None, basis, bound if plan is None else max(bound, plan.at))


def _stalled(customer: Customer, opportunity: Opportunity, law: Law, now: datetime) -> Iterator[Alert]:
    if opportunity.stage is None:
        return
    basis = stall_basis(customer, opportunity, law.stall_basis)
    plan = plan_of(customer, now)
    for rule in law.watching("opp.stalled"):
        after = law.stall_after(rule, opportunity.stage, customer.grade(now))
        if after is None:
            continue
        bound = law.later(basis, after, rule.clock)
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
