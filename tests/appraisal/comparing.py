"""What a replay tells in kpis.csv beside the recount."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from tests.appraisal.recount import Figure, Key

EXPECTED = (
    *("contacts", "contacts_connected", "contacts_per_customer", "customers_owned", "customers_contacted"),
    *("new_customers", "opportunities_created", "won_count", "lost_count", "stages_advanced", "win_rate"),
    *("opportunity_conversion_rate", "won_amount", "sales_cycle_days", "stage_conversion", "time_in_stage_latest"),
    *("time_in_stage_cumulative", "open_amount", "expected_revenue", "pipeline_coverage", "sales_velocity"),
    *("contract_amount", "contract_count", "units_sold", "price_realisation", "invoiced_amount", "collected_amount"),
    *("collection_rate", "bad_debt_amount", "bad_debt_rate", "lead_response_seconds", "lead_response_seconds_p50"),
    *("lead_response_seconds_p95", "leads", "lead_conversion_rate", "first_response_seconds"),
    *("first_response_seconds_p50", "first_response_seconds_p95", "resolution_seconds", "resolution_seconds_p50"),
    *("resolution_seconds_p95", "resolution_rate", "tickets_handled", "open_tickets", "complaint_rate", "csat", "nps"),
    *("ces", "praise", "retention_rate", "repeat_rate", "customer_lifetime_value", "shared_customers"),
    *("handoffs_given", "handoffs_taken", "csat_segment", "nps_segment", "retention_rate_segment"),
    *("repeat_rate_segment", "shared_csat", "shared_repeat_rate", "shared_retention_rate"),
    *("task_completion_rate", "on_time_rate", "campaign_participants", "campaign_roi", "cost_amount", "deal_profit"),
    *("trips", "usage_days", "data_quality", "competency_<name>", "okr_progress", "overdue_episodes"),
    *("stalled_episodes", "open_count", "flagged", "measure"),
)
"""Every KPI of the contract, and those told beside them, without `:` and what follows it."""

MONEY = {
    *("won_amount", "open_amount", "expected_revenue", "contract_amount", "invoiced_amount", "collected_amount"),
    *("bad_debt_amount", "cost_amount", "deal_profit", "customer_lifetime_value"),
}
"""What is told to the cent, half even."""


class Told(NamedTuple):
    """A line of kpis.csv as it is written; `denominator` is empty where there is none."""

    value: str
    numerator: str
    denominator: str
    number: str


class Difference(NamedTuple):
    """What is told otherwise than found; None where it is not there."""

    key: Key
    told: Told | None
    found: Figure | None

    def __str__(self) -> str:
        told, found = self.told, self.found
        left = right = "nothing"
        if told is not None:
            left = f"{told.value} = {told.numerator} / {told.denominator or '-'} of {told.number}"
        if found is not None:
            under = "-" if found.denominator is None else repr(float(found.denominator))
            right = f"{float(found.value)!r} = {float(found.numerator)!r} / {under} of {found.number}"
        return f"{' '.join(self.key)}: told {left}, found {right}"


class Result(NamedTuple):
    """What was compared."""

    told: Counter[str]
    """By KPI, without suffix, how many values the replay tells, but for sums of nothing."""
    found: Counter[str]
    """The same by the recount."""
    differences: list[Difference]
    missing: list[str]
    """Those expected of which the replay tells nothing, or nothing was found."""


def read(table: Path) -> dict[Key, Told]:
    """The lines of kpis.csv."""
    with table.open(newline="") as file:
        rows = csv.DictReader(file)
        return {
            (row["kpi"], row["employee_id"], row["period"]): Told(
                row["value"], row["numerator"], row["denominator"], row["count"]
            )
            for row in rows
        }


def compared(told: Mapping[Key, Told], found: Mapping[Key, Figure], waiting: frozenset[str] = frozenset()) -> Result:
    """All values of all KPIs, but for those that are `waiting` to be told at all.

    What is 0 and rests on nothing need not be told, and may be.
    """
    told = {key: one for key, one in told.items() if int(one.number) or Fraction(one.value)}
    found = {
        key: one
        for key, one in found.items()
        if (one.number or one.value) and waiting.isdisjoint((key[0], plain(key[0])))
    }
    differences = [
        Difference(key, told.get(key), found.get(key))
        for key in sorted(told.keys() | found.keys())
        if key not in told or key not in found or not is_same(plain(key[0]), told[key], found[key])
    ]
    tellings, findings = Counter(plain(key[0]) for key in told), Counter(plain(key[0]) for key in found)
    missing = [kpi for kpi in EXPECTED if kpi not in waiting and not (tellings[kpi] and findings[kpi])]
    return Result(tellings, findings, differences, missing)


def plain(kpi: str) -> str:
    """A KPI's name without what varies in it."""
    name = kpi.partition(":")[0]
    return "competency_<name>" if name.startswith("competency_") else name


def is_same(kpi: str, told: Told, found: Figure) -> bool:
    """Whether a line of the table says what was found: to the cent, or to the nearest double."""
    if int(told.number) != found.number or (told.denominator == "") != (found.denominator is None):
        return False
    as_value = _cents if kpi in MONEY else _double
    if not as_value(told.value, found.value):
        return False
    if found.denominator is None:
        return told.numerator == told.value
    return _double(told.numerator, found.numerator) and _double(told.denominator, found.denominator)


def _cents(text: str, exact: Fraction) -> bool:
    return Fraction(text) == Fraction(round(exact * 100), 100)


def _double(text: str, exact: Fraction) -> bool:
    """A whole number as it is; else the double that is nearest."""
    return Fraction(text) == exact if "." not in text and "e" not in text else float(text) == float(exact)
