"""Which alerts stand at an instant, since when, and who is to see to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.oracle.cases import of_cases
from tests.oracle.deals import of_deals
from tests.oracle.followup import of_followup
from tests.oracle.invoices import of_invoices
from tests.oracle.law import Law
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer


def standing(customer: Customer, law: Law, now: datetime) -> Iterator[Alert]:
    """Everything that stands after all events of a customer; `now` is the instant of the last one or later."""
    yield from of_cases(customer, law, now)
    if customer.kind == "customer":
        yield from of_followup(customer, law, now)
        yield from of_deals(customer, law, now)
        yield from of_invoices(customer, law, now)


def alerts_of(customer: Customer, law: Law, as_of: datetime) -> Iterator[Alert]:
    """Every episode of a customer and all that is its that stands at `as_of`, with what began it."""
    yield from of_cases(customer, law, as_of)
    if customer.kind != "customer":
        return
    for alert in of_followup(customer, law, as_of):
        yield _addressed(customer, as_of, alert._replace(started_at=_beginning(customer, law, as_of, alert)))
    for alert in of_deals(customer, law, as_of):
        yield _addressed(customer, as_of, alert)
    yield from of_invoices(customer, law, as_of)


def _addressed(customer: Customer, as_of: datetime, alert: Alert) -> Alert:
    who = customer.looked_after_by(as_of)
    if alert.opportunity_id is not None:
        who = customer.owner_of(customer.opportunities[alert.opportunity_id], as_of) or who
    return alert._replace(employee_id=who)


def _beginning(customer: Customer, law: Law, as_of: datetime, alert: Alert) -> datetime:
    """The bound or event since when the alert stands without a break: from event to event back through time."""
    began, until = alert.started_at, as_of
    for time in sorted({event.time for event in customer.events}, reverse=True):
        past = customer.then(time)
        stood = [earlier for earlier in of_followup(past, law, until) if earlier.key == alert.key]
        if not stood:
            return began
        if all(earlier.key != alert.key for earlier in of_followup(past, law, time)):
            return stood[0].started_at
        began, until = time, time - datetime.resolution
    return began
