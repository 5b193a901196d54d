"""Drawing small timelines: events of March 2026 as `at("02 09:30", "contact.logged", ...)`, and a policy for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.oracle import Recount, recount

POLICY: dict[str, Any] = {
    "currency": {"reporting": "EUR", "rates": {"USD": 0.5}},
    "pipeline": {
        "stages": [
            {"name": "A", "probability": 0.1, "stall_after": "10d"},
            {"name": "B", "probability": 0.5, "stall_after": "5d"},
            {"name": "C", "probability": 0.9},
        ]
    },
    "contact": {"intervals": {"gold": "7d", "default": "30d"}, "grace": "1d", "lead_time": "2d"},
}


def at(when: str, kind: str, /, **data: Any) -> bytes:
    """A line. `when` is `day hour:minute` of March 2026 in UTC, or a date-time; customer c unless it says else."""
    time = when if "T" in when else f"2026-03-{when.replace(' ', 'T')}:00Z"
    data = {"customer_id": "c"} | data
    id = data.pop("id", None) or json.dumps([time, kind, data], sort_keys=True)
    event = {"specversion": "1.0", "id": id, "source": "/crm", "type": kind, "time": time}
    return json.dumps(event | {"data": {key: value for key, value in data.items() if value != "absent"}}).encode()


def deal(when: str, verb: str, **data: Any) -> bytes:
    """An event of opportunity o."""
    return at(when, f"opportunity.{verb}", **({"opportunity_id": "o"} | data))


def contact(when: str, **data: Any) -> bytes:
    """A contact that ann made by telephone."""
    return at(when, "contact.logged", **({"employee_id": "ann", "channel": "call", "direction": "outbound"} | data))


def plan(when: str, next_contact_at: str | None) -> bytes:
    """ann plans the next contact for noon of a day of March; None cancels."""
    noon = next_contact_at and f"2026-03-{next_contact_at}T12:00:00Z"
    return at(when, "contact.planned", employee_id="ann", next_contact_at=noon)


def eur(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def count(*lines: bytes, at: str = "31 00:00", policy: Mapping[str, Any] = POLICY) -> Recount:
    """The recount at an instant, by default the end of 30 March."""
    return recount(lines, policy, at if "T" in at else f"2026-03-{at.replace(' ', 'T')}:00Z")


def values(result: Recount, employee: str = "ann", period: str = "2026-03") -> dict[str, Fraction]:
    """KPIs of an employee in a period by name."""
    return {kpi: f.value for (who, when, kpi), f in result.kpis.items() if (who, when) == (employee, period)}


def standing(result: Recount) -> dict[str, str]:
    """Rules that stand, with the day and minute since when."""
    return {rule: f"{alert.started_at:%d %H:%M}" for (rule, _), alert in result.alerts.items()}
