"""Drawing small timelines: events of March 2026 as `at("02 09:30", "contact.logged", ...)`, and a policy for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.oracle import Recount, recount
from tests.oracle.episodes import history

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


CREATED = deal("01 00:00", "created", owner_id="ann", stage="A")
LOST = deal("05 00:00", "lost")


def to(when: str, stage: str, **data: Any) -> bytes:
    """It enters a stage."""
    return deal(when, "stage_changed", to_stage=stage, **data)


def again(when: str, stage: str) -> bytes:
    """It is reopened in a stage."""
    return deal(when, "reopened", to_stage=stage)


def closing(when: str, date: str | None, **data: Any) -> bytes:
    """It is to close at another date; None for no date."""
    return deal(when, "updated", expected_close_at=date, **data)


def step(when: str, next_step: str | None) -> bytes:
    """What comes next is set, or cleared."""
    return deal(when, "updated", next_step=next_step)


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


def ruled(**alerts: dict[str, Any]) -> dict[str, Any]:
    """The policy with keys of rules; `opp_stalled` is opp.stalled."""
    return POLICY | {"alerts": {name.replace("_", ".", 1): keys for name, keys in alerts.items()}}


def told(rule: str, *lines: bytes, at: str = "31 00:00", policy: Mapping[str, Any] = POLICY) -> list[str]:
    """Every episode of a rule as `from`, or `from - to reason` if it ended; what still stands is what is recounted."""
    as_of = at if "T" in at else f"2026-03-{at.replace(' ', 'T')}:00Z"
    found = [episode for episode in history(lines, policy, as_of) if episode.rule == rule]
    recounted = recount(lines, policy, as_of).alerts
    stands = {(episode.subject, episode.started_at) for episode in found if episode.ended_at is None}
    assert stands == {(key[1], alert.started_at) for key, alert in recounted.items() if key[0] == rule}
    return [
        f"{episode.started_at:%d %H:%M}"
        + ("" if episode.ended_at is None else f" - {episode.ended_at:%d %H:%M} {episode.reason}")
        for episode in found
    ]
