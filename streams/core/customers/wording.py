"""What an alert says: what was measured against which bound, and one sentence for a person."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from streams.core.alerts import Span
from streams.core.customers import followup, stalls
from streams.core.customers.state import MADE, Customer
from streams.events.instants import iso
from streams.policy import Policy


def describe(customer: Customer, span: Span, time: int, policy: Policy) -> tuple[dict[str, Any], str]:
    """The `values` and the `summary` of a span as they stand at an instant; times are RFC 3339 in UTC."""
    last = customer.contacts.before(time + 1, MADE)
    values: dict[str, Any] = {
        "basis": iso(span.basis),
        "bound_passed_at": iso(span.bound),
        "last_contact_at": None if last is None else iso(last),
    }
    rule, who = span.rule, f"customer {customer.id}"
    if rule in (followup.DUE, followup.OVERDUE):
        step = f" ({span.about})" if span.about else ""
        margin = policy.contact.lead_time if rule == followup.DUE else policy.contact.grace
        values |= {"bound": str(margin), "next_step": span.about or None}
        values["planned_at"] = planned = _planned(customer, span)
        if rule == followup.DUE:
            return values, f"Contact {who} by {planned}{step}."
        return (
            values,
            f"The contact with {who} planned for {planned}{step} was not made: contact it now or move the date.",
        )
    if rule == followup.INTERVAL:
        bound = str(policy.contact.interval(span.about or None))
        values |= {"bound": bound, "grade": span.about or None}
        grade = f"grade {span.about} " if span.about else ""
        since = (
            f"the last contact on {_date(last, policy)}" if last is not None else "it was first seen, without a contact"
        )
        return values, f"More than {bound} have passed for {grade}{who} since {since}: get in touch."
    if rule == stalls.STALLED:
        stage = policy.stage(span.about)
        bound = str(stage.stall_after) if stage is not None and stage.stall_after is not None else ""
        values |= {"bound": bound, "stage": span.about, "stall_basis": policy.stall_basis.value}
        basis = policy.stall_basis.value.replace("_", " ")
        return values, (
            f"Opportunity {span.subject} of {who} has stood still in {span.about} for more than {bound} "
            f"({basis}: {_date(span.basis, policy)}): move it on, ask for help, or close it."
        )
    values["field"] = span.about
    if rule == stalls.MISSING_FIELD:
        return values, f"Opportunity {span.subject} of {who} was closed without {span.about}: add what is missing."
    return (
        values,
        f"Opportunity {span.subject} of {who} was {span.about}: its sales cycle is left out; correct the dates.",
    )


def _planned(customer: Customer, span: Span) -> str | None:
    plan = customer.plans[bisect_right(customer.plans, span.basis, key=lambda plan: plan.time) - 1]
    return None if plan.next_at is None else iso(plan.next_at)


def _date(time: int | None, policy: Policy) -> str:
    return "never" if time is None else policy.zone.date(policy.zone.day(time)).isoformat()
