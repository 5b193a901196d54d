"""Records of the output topics as the stages write them, and a small company of which they tell.

ann manages bob and cid (team north); dan manages eve (team south); zoe is above ann and dan.
"""

from __future__ import annotations

from typing import Any

import msgspec

from streams.dashboard.model import ReadModel
from streams.policy import default_policy

Told = tuple[str, str, bytes | None]
"""Topic, key, value."""

TREE = {"zoe": (None, "board"), "ann": ("zoe", "north"), "bob": ("ann", "north"), "cid": ("ann", "north"),
        "dan": ("zoe", "south"), "eve": ("dan", "south")}  # fmt: skip
MONTH, BEFORE = "2026-03", "2026-02"
AS_OF = "2026-03-10T00:00:00Z"


def told(topic: str, key: str, record: dict[str, Any] | None) -> Told:
    return topic, key, None if record is None else msgspec.json.encode(record)


def employee(id: str, manager: str | None, team: str, number: int = 0) -> Told:
    data = {"employee_id": id, "role": "sales", "team": team, "name": id.title(), "manager_id": manager}
    event = {
        "specversion": "1.0", "id": f"e-{id}-{number}", "source": "/hr", "type": "employee.upserted",
        "time": f"2026-01-01T00:00:{number:02d}Z", "subject": id, "data": data,
    }  # fmt: skip
    return told("crm.employees", id, event)


def alert(id: str, employee: str | None = "bob", team: str | None = "north", **fields: Any) -> Told:
    record = {
        "id": id, "rule": "contact.overdue", "status": "firing", "reason": "condition_met", "severity": "warning",
        "level": 0, "recipients": ["boss"], "employee_id": employee, "team": team, "customer_id": f"cus-{employee}",
        "opportunity_id": None, "started_at": "2026-03-09T09:00:00Z", "fired_at": "2026-03-09T09:00:00Z",
        "ended_at": None, "suppressed_by": None, "values": {"planned_at": "2026-03-08T09:00:00Z"},
        "summary": f"Contact the customer of {employee}.", "policy_version": "v",
    }  # fmt: skip
    return told("alerts", id, record | fields)


def logged(record: Told, employee: str = "bob") -> Told:
    return "alerts.log", employee, record[2]


def line(kpi: str = "won_amount", **fields: Any) -> dict[str, Any]:
    return {
        "kpi": kpi, "value": 50.0, "target": 100.0, "attainment": 0.5, "expected": 40.0, "pace": 1.25,
        "forecast": 150.0, "forecast_low": 90.0, "forecast_high": 210.0, "weight": 1.0, "points": 0.5, "count": 3,
    } | fields  # fmt: skip


def score(employee: str, team: str, period: str = MONTH, value: float | None = 50.0, **fields: Any) -> Told:
    record = {
        "employee_id": employee, "role": "sales", "team": team, "period": period, "as_of": AS_OF, "score": value,
        "rating": "C", "perspectives": {"financial": value}, "kpis": [line()], "stale": [], "policy_version": "v",
    }  # fmt: skip
    return told("scores.employees", f"{employee}/{period}", record | fields)


def kpis(employee: str, period: str = MONTH) -> Told:
    value = {"kpi": "won_amount", "value": 50.0, "numerator": 50.0, "denominator": None, "count": 3}
    record = {"employee_id": employee, "period": period, "as_of": AS_OF, "kpis": [value], "policy_version": "v"}
    return told("kpis.employees", f"{employee}/{period}", record)


def team(name: str, members: list[str], period: str = MONTH, rank: int = 1, **fields: Any) -> Told:
    ranking = [{"employee_id": one, "name": one.title(), "rank": at} for at, one in enumerate(members, 1)]
    record = {
        "team": name, "period": period, "as_of": AS_OF, "score": 50.0, "rank": rank,
        "totals": {"won_amount": 100.0, "win_rate": 0.5}, "ranking": ranking, "targets": {"won_amount": 200.0},
        "drift": {}, "drift_above": {}, "policy_version": "v",
    }  # fmt: skip
    return told("scores.teams", f"{name}/{period}", record | fields)


def funnel(name: str, period: str = MONTH) -> Told:
    bridge = dict.fromkeys(
        ("opening", "new", "pulled_in", "increased", "decreased", "pushed", "won", "lost", "reassigned", "closing",
         "residual"), 1,
    )  # fmt: skip
    record: dict[str, Any] = {
        "team": name, "period": period, "as_of": AS_OF, "stages": [], "count": bridge, "amount": bridge,
        "won_count": 1, "won_amount": 5.0, "open_count": 2, "open_amount": 7.0, "forecast": 9.0, "coverage": None,
        "velocity": None, "customers": None, "leads": None, "policy_version": "v",
    }  # fmt: skip
    return told("funnel", f"{name}/{period}", record)


def campaign(name: str, period: str = MONTH, **fields: Any) -> Told:
    """Of `campaign:<id>` or `source:<name>`."""
    kind, _, id = name.partition(":")
    record: dict[str, Any] = {
        "campaign_id": id if kind == "campaign" else None, "lead_source": id if kind == "source" else None,
        "period": period, "as_of": AS_OF, "participants": 3, "leads": 2, "converted": 1, "lead_conversion_rate": 0.5,
        "by_status": {"invited": 1, "opened": 0, "clicked": 0, "attended": 0}, "cost": 10.0, "won_count": 1,
        "won_amount": 25.0, "return": 1.5, "policy_version": "v",
    }  # fmt: skip
    return told("campaigns", f"{name}/{period}", record | fields)


def deal(id: str, owner: str | None = "bob", team: str | None = "north", **fields: Any) -> Told:
    stage = fields.get("stage", "Engaging")
    entered = fields.pop("entered", "2026-03-01T00:00:00Z")
    stay = {"stage": stage, "entered_at": entered, "left_at": None, "amount": 10.0, "owner_id": owner,
            "probability": 0.4}  # fmt: skip
    record = {
        "opportunity_id": id, "customer_id": f"cus-{owner}", "owner_id": owner, "team": team, "status": "open",
        "stage": stage, "created_at": entered, "closed_at": None, "amount": 10.0, "probability": 0.4,
        "expected_revenue": 4.0, "expected_close_at": None, "push_count": 0, "next_step": "call", "cycle_days": None,
        "received": 0.0, "costs": 0.0, "trips": 0, "profit": 0.0, "history": [stay], "stages": [],
        "policy_version": "v",
    }  # fmt: skip
    return told("opportunities", id, record | fields)


def customer(id: str, owner: str | None = "bob", **fields: Any) -> Told:
    record: dict[str, Any] = {
        "customer_id": id, "owner_id": owner, "grade": "A", "status": None, "first_seen_at": "2026-01-01T00:00:00Z",
        "last_contact": {"at": "2026-03-01T09:00:00Z", "employee_id": owner or "bob"},
        "next_contact": {"at": "2026-03-20T09:00:00Z", "step": "visit"}, "open_opportunities": [],
        "open_amount": 0.0, "won_count": 0, "won_amount": 0.0, "invoiced": 0.0, "collected": 0.0, "outstanding": 0.0,
        "open_tickets": [], "alerts": [], "policy_version": "v",
    }  # fmt: skip
    return told("customers", id, record | fields)


def advice(id: str, employee: str = "bob") -> Told:
    return told("recommendations", id, {"id": id, "employee_id": employee, "kind": "praise"})


def letter(reason: str = "malformed", offset: int = 0) -> Told:
    record = {
        "reason": reason, "detail": "data: required, but missing", "topic": "crm.contacts", "partition": 0,
        "offset": offset, "time": AS_OF, "original": "<b>", "encoding": "utf-8",
    }  # fmt: skip
    return told("streams.dead-letters", "crm.contacts", record)


def company() -> list[Told]:
    """Everybody, with one of everything for each."""
    found = [employee(id, manager, team) for id, (manager, team) in TREE.items()]
    for id, (_, group) in TREE.items():
        found += [
            alert(f"al-{id}", id, group), score(id, group), score(id, group, BEFORE, 40.0), kpis(id),
            deal(f"opp-{id}", id, group), customer(f"cus-{id}", id, merged_from=[f"once-{id}"]),
            advice(f"rec-{id}", id),
        ]  # fmt: skip
    found += [logged(alert("al-bob", status="pending")), logged(alert("al-bob"))]
    found += [alert("al-none", None, None, rule="source.lagging", customer_id=None,
                    values={"topic": "crm.usage", "basis": "2026-03-09T00:00:00Z"})]  # fmt: skip
    found += [
        team("north", ["bob", "ann", "cid"]),
        team("north", ["ann", "bob"], BEFORE),
        team("south", ["eve", "dan"]),
    ]
    found += [funnel("north"), funnel("south"), funnel(""), letter()]
    return found


def model_of(records: list[Told]) -> ReadModel:
    """A model that has read them."""
    model = ReadModel(default_policy())
    for topic, key, value in records:
        model.apply(topic, key.encode(), value)
    assert not model.foreign, model.foreign
    return model
