"""When a customer is to be contacted next."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from tests.oracle.law import instant
from tests.oracle.timeline import Customer


class Plan(NamedTuple):
    """When the next contact is to be, and when that was said."""

    at: datetime
    since: datetime


def plan_of(customer: Customer, now: datetime) -> Plan | None:
    """The plan in force at an instant: neither fulfilled nor cancelled."""
    plan = None
    told = [event for event in customer.events if event.type.startswith("contact.") and event.time <= now]
    for time, together in groupby(told, key=lambda event: event.time):
        group = list(together)
        if any(event.is_made for event in group):
            plan = None
        for event in group:
            if "next_contact_at" in event.data:
                said = event.data["next_contact_at"]
                at = None if said is None else instant(said)
                if at is None:
                    plan = None
                elif plan is None or plan.at != at:
                    plan = Plan(at, time)
    return plan


def is_planned(customer: Customer, now: datetime) -> bool:
    """Whether a plan in force lies ahead."""
    plan = plan_of(customer, now)
    return plan is not None and plan.at > now
