"""Rules that hold for some roles alone: what counts is who was in charge as the condition came to hold."""

from __future__ import annotations

from datetime import datetime

from tests.oracle.alerts import alerts_of, standing
from tests.oracle.law import Law
from tests.oracle.reading import Event
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer

Roles = dict[str, list[tuple[datetime, str]]]


def roles_of(events: list[Event]) -> Roles:
    """By employee, every role with the instant that it was given at; the events are in the order of time."""
    found: Roles = {}
    for event in events:
        if event.type == "employee.upserted":
            found.setdefault(event.data["employee_id"], []).append((event.time, event.data["role"]))
    return found


def concerns(alert: Alert, customer: Customer, law: Law, roles: Roles, began: datetime) -> bool:
    """Whether the rule of an alert, which came to stand at an instant, holds for who was in charge then."""
    wanted = law.rules[alert.rule].roles
    if not wanted:
        return True
    past = customer.then(began)
    who = next((one.employee_id for one in alerts_of(past, law, began) if one.key == alert.key), None)
    held = [role for time, role in roles.get(who or "", []) if time <= began]
    return bool(held) and held[-1] in wanted


def began_at(alert: Alert, customer: Customer, law: Law) -> datetime:
    """The first instant at which an alert stood: that of an event, or just after the bound that it passed."""
    at = alert.started_at
    stood = any(one.key == alert.key for one in standing(customer.then(at), law, at))
    return at if stood else at + datetime.resolution
