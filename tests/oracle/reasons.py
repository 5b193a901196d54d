"""When and why an alert ended."""

from __future__ import annotations

from datetime import datetime

from tests.oracle.alerts import standing
from tests.oracle.cases import breached, due_of
from tests.oracle.followup import overdue_since, stall_basis
from tests.oracle.law import Law
from tests.oracle.plans import is_planned, plan_of
from tests.oracle.reading import Event
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer

LASTING = {"opp.stage_changed", "opp.regressed", "payment.bad_debt", "lead.slow_response"}
FOLLOWED = {
    "contact.due": "became_overdue",
    "task.due": "became_overdue",
    "ticket.warning": "breached",
}
"""What ends with the passing of another bound, and why it does."""
OF_EVENT = {
    "opportunity.created": "stage_moved",
    "opportunity.stage_changed": "stage_moved",
    "opportunity.reopened": "stage_moved",
    "opportunity.won": "closed",
    "opportunity.lost": "closed",
    "invoice.issued": "plan_moved",
    "payment.received": "paid",
    "payment.refunded": "paid",
    "debt.written_off": "written_off",
    "contact.planned": "planned",
    "contact.logged": "planned",
    "customer.upserted": "interval_changed",
    "ticket.replied": "replied",
    "ticket.resolved": "resolved",
    "ticket.closed": "closed",
    "lead.converted": "closed",
    "lead.disqualified": "closed",
    "task.assigned": "plan_moved",
    "task.completed": "completed",
    "task.cancelled": "cancelled",
}
"""Why an event ends an alert that does not run out by itself, where the kind of the rule makes no difference."""


def ending(alert: Alert, before: Customer, after: Customer, law: Law, now: datetime) -> tuple[datetime, str]:
    """What has ended since the look before, of the customer `before`, is over now that it is as in `after`."""
    rule = law.rules[alert.rule]
    kind = rule.kind
    if kind in LASTING and (deadline := law.later(alert.basis, rule.lasts, rule.clock)) < now:
        return deadline, "expired"
    if kind in FOLLOWED and (deadline := _followed(alert, before, law, now)) < now:
        return deadline, FOLLOWED[kind]
    if kind.startswith("contact."):
        return now, _of_contact(kind, before, after, law, now)
    if kind.startswith("dq."):
        return now, "withdrawn"  # it was reopened: what was odd is no more
    event, left = _breaking(alert, before, after, law, now)
    if kind == "opp.close_date_passed" and event.type in ("opportunity.created", "opportunity.updated"):
        return now, "plan_cancelled" if event.data["expected_close_at"] is None else "plan_moved"
    if kind == "opp.no_next_step" and event.type == "opportunity.updated":
        return now, "planned"
    if kind == "opp.stalled" and event.is_contact and _basis(alert, left, law) != alert.basis:
        return now, "contacted"
    if kind == "lead.unprocessed" and event.is_contact:
        return now, "contacted"
    if kind == "payment.bad_debt" and event.type == "invoice.issued":
        return now, "paid"  # which was all, as it turns out
    return now, OF_EVENT[event.type]


def _followed(alert: Alert, customer: Customer, law: Law, now: datetime) -> datetime:
    """The bound that, of what the customer was, is passed next; `now` where none was."""
    kind = law.rules[alert.rule].kind
    if kind == "contact.due":
        plan = plan_of(customer, now)
        return now if plan is None else overdue_since(plan, law, law.rules["contact.overdue"])
    if kind == "task.due":
        bounds = [
            law.later(due_of(alert, customer, law), rule.after() or "0s", rule.clock)
            for rule in law.watching("task.overdue")
        ]
        return min(bounds, default=now)
    return breached(alert, customer, law, now) or now


def _of_contact(kind: str, before: Customer, after: Customer, law: Law, now: datetime) -> str:
    if any(contact.is_made and contact.time == now for contact in after.contacts):
        return "contacted"
    if kind != "contact.interval_exceeded":
        return "plan_cancelled" if plan_of(after, now) is None else "plan_moved"
    if law.silent_when_planned and is_planned(after, now):
        return "planned"
    return "interval_changed" if before.grade(now) != after.grade(now) else "unattended"


def _breaking(alert: Alert, before: Customer, after: Customer, law: Law, now: datetime) -> tuple[Event, Customer]:
    """Of what happened at this instant the last event that broke it, and the customer as it was then."""
    breaking, stood = None, True
    for count in range(len(before.events), len(after.events)):
        then = after.after(after.events[: count + 1])
        stands = any(other.key == alert.key for other in standing(then, law, now))
        if stood and not stands:
            breaking = after.events[count], then
        stood = stands
    assert breaking is not None, alert
    return breaking


def _basis(alert: Alert, customer: Customer, law: Law) -> datetime:
    return stall_basis(customer, customer.opportunities[alert.opportunity_id or ""], law.stall_basis)
