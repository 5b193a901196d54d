"""Scorecards, exactly as the contract words them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.oracle import conduct, service
from tests.oracle.kpis import COUNTS, MONEY, QUIET, Figure
from tests.oracle.law import Law, exact, months
from tests.oracle.reading import Event
from tests.oracle.targets import Cascade

GROWS = {
    *(*COUNTS, *MONEY, *service.COUNTS, *conduct.NOTHING, "customers_contacted", "shared_customers"),
    *QUIET,
    *("overdue_episodes", "stalled_episodes", "campaign_participants"),
}
"""Sums and counts over time: a longer period asks for more of them, not so of what is measured at `as_of`."""
LOWER_IS_BETTER = {
    *("overdue_episodes", "stalled_episodes"),
    *("lost_count", "sales_cycle_days", "time_in_stage_latest", "time_in_stage_cumulative"),
    *("bad_debt_amount", "bad_debt_rate", "cost_amount", "trips"),
    *service.LOWER_IS_BETTER,
}


class Targets:
    """What employees are to reach, by the policy and by what was set for a period itself."""

    def __init__(self, law: Law, events: list[Event]) -> None:
        self._law = law
        self._cascade = Cascade(law, events)
        self.roles: dict[str, str] = {}
        for event in events:
            data = event.data
            if event.type == "employee.upserted":
                self.roles[data["employee_id"]] = data["role"]

    def card(self, employee: str) -> list[dict[str, Any]]:
        """The lines by which an employee is scored; none for one without a record."""
        return self._law.card(self.roles.get(employee))

    def target(self, employee: str, kpi: str, period: str) -> Fraction | None:
        """What is to be reached in a period; None where nobody has said."""
        grows = kpi.partition(":")[0] in GROWS
        known = self._cascade.target(employee, kpi, period, grows)
        if known is not None:
            return known
        for line in self.card(employee):
            if line["kpi"] == kpi and line.get("target") is not None:
                return exact(line["target"]) * (months(period) if grows else 1)
        return None


def score(employee: str, period: str, stands: bool, figures: Mapping[str, Figure], targets: Targets) -> Fraction | None:
    """100 x points / weights over the KPIs that are present and have a target above 0; None where there is none. Of
    what is counted there may be nothing, which is present; so it is of what stands at the end, where that `stands`."""
    points, weights = Fraction(0), Fraction(0)
    counted = {*GROWS, *(service.STANDING_COUNTS if stands else [])}
    for line in targets.card(employee):
        target, kpi = targets.target(employee, line["kpi"], period), line["kpi"]
        if (kpi in figures or kpi.partition(":")[0] in counted) and target is not None and target > 0:
            weight, cap = exact(line.get("weight", 1)), exact(line.get("cap", 1))
            value = figures[kpi].value if kpi in figures else Fraction(0)
            points += weight * min(max(_attainment(line, value, target), Fraction(0)), cap)
            weights += weight
    return 100 * points / weights if weights else None


def _attainment(line: Mapping[str, Any], value: Fraction, target: Fraction) -> Fraction:
    better = line.get("better") or ("lower" if line["kpi"].partition(":")[0] in LOWER_IS_BETTER else "higher")
    if better == "higher":
        return value / target
    # Nothing at all of what there should be little of is as good as it gets.
    return target / value if value > 0 else exact(line.get("cap", 1))
