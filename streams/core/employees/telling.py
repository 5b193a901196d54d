"""The records that are told of an employee in a period."""

from __future__ import annotations

from typing import Any

from streams.core.employees.sheet import Sheet
from streams.core.employees.state import Employee
from streams.core.scoring import Card
from streams.policy import Policy


def kpi_record(employee: Employee, period: str, as_of: str, sheet: Sheet, policy: Policy) -> dict[str, Any]:
    """The record of KPIs."""
    return {
        "employee_id": employee.id,
        "period": period,
        "as_of": as_of,
        "kpis": sheet.kpis(),
        "policy_version": policy.version,
    }


def score_record(
    employee: Employee, period: str, as_of: str, card: Card, answers: list[dict[str, Any]], policy: Policy
) -> dict[str, Any]:
    """The record of a scorecard, and what the employee answered to it."""
    methods = card.methods or {}
    record = {
        "employee_id": employee.id,
        "role": employee.profile["role"],
        "team": employee.profile["team"],
        "period": period,
        "as_of": as_of,
        "score": None if card.score is None else float(card.score),
        "rating": card.rating,
        "perspectives": card.perspectives(),
        **({"methods": {name: float(score) for name, score in methods.items()}} if methods else {}),
        "kpis": card.explained(),
        "stale": [],
        "policy_version": policy.version,
    }
    return record | ({"responses": answers} if answers else {})
