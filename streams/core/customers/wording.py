"""What an alert says: what was measured against which bound, and one sentence for a person."""

from __future__ import annotations

from typing import Any

from streams.core.customers import followup, stalls
from streams.core.customers.state import Standing
from streams.events.instants import iso
from streams.policy import Policy


def describe(alert: Standing, customer: str, policy: Policy) -> tuple[dict[str, Any], str]:
    """The `values` and the `summary` of an alert; times are RFC 3339 in UTC."""
    values: dict[str, Any] = {"basis": iso(alert.basis), "bound_passed_at": iso(alert.bound)}
    rule, who = alert.rule, f"customer {customer}"
    if rule in (followup.DUE, followup.OVERDUE, followup.INTERVAL):
        last = alert.last_contact
        values["last_contact_at"] = None if last is None else iso(last)
        return values, _contact(alert, who, values, policy)
    if rule == stalls.STALLED:
        return values, _stalled(alert, who, values, policy)
    values["field"] = alert.about
    if rule == stalls.MISSING_FIELD:
        missing = f"Opportunity {alert.opportunity} of {who} was closed without {alert.about}"
        return values, f"{missing}: add what is missing."
    odd = f"Opportunity {alert.opportunity} of {who} was {alert.about}"
    return values, f"{odd}: its sales cycle is left out; correct the dates."


def _contact(alert: Standing, who: str, values: dict[str, Any], policy: Policy) -> str:
    if alert.rule == followup.INTERVAL:
        values["bound"] = bound = str(policy.contact.interval(alert.about or None))
        values["grade"] = alert.about or None
        grade = f"grade {alert.about} " if alert.about else ""
        last = alert.last_contact
        since = "it was first seen, without a contact" if last is None else f"the last contact on {_date(last, policy)}"
        return f"More than {bound} have passed for {grade}{who} since {since}: get in touch."
    step = f" ({alert.about})" if alert.about else ""
    planned = None if alert.planned is None else iso(alert.planned)
    due = alert.rule == followup.DUE
    values["bound"] = str(policy.contact.lead_time if due else policy.contact.grace)
    values["next_step"], values["planned_at"] = alert.about or None, planned
    if due:
        return f"Contact {who} by {planned}{step}."
    return f"The contact with {who} planned for {planned}{step} was not made: contact it now or move the date."


def _stalled(alert: Standing, who: str, values: dict[str, Any], policy: Policy) -> str:
    stage = policy.stage(alert.about)
    bound = str(stage.stall_after) if stage is not None else ""
    values |= {"bound": bound, "stage": alert.about, "stall_basis": policy.stall_basis.value}
    basis = policy.stall_basis.value.replace("_", " ")
    return (
        f"Opportunity {alert.opportunity} of {who} has stood still in {alert.about} for more than {bound} "
        f"({basis}: {_date(alert.basis, policy)}): move it on, ask for help, or close it."
    )


def _date(time: int, policy: Policy) -> str:
    return policy.zone.date(policy.zone.day(time)).isoformat()
