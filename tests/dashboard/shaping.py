"""Records of the output topics as the API answers them."""

from __future__ import annotations

import math
from datetime import datetime

from tests.dashboard.sample import Record, Sample


def periods(sample: Sample) -> list[str]:
    """Months, quarters and years, the newest first of each, none that has not begun; then the rolling ones."""
    known = {record["period"] for record in sample.scores.values()}
    month = sample.as_of[:7]
    months = sorted((key for key in known if len(key) == len(month) and "Q" not in key and key <= month), reverse=True)
    quarter = f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"
    quarters = sorted((key for key in known if "Q" in key and key <= quarter), reverse=True)
    years = sorted((key for key in known if key.isdigit()), reverse=True)
    return [*months, *quarters, *years, "7d", "30d", "90d"]


def goal(kpi: str, value: float, target: float, lines: list[Record]) -> Record:
    """A target of the company, with the sums of what the lines of its people say of it."""
    own = [line for line in lines if line["kpi"] == kpi]

    def total(name: str) -> float | None:
        found = [line[name] for line in own if line.get(name) is not None]
        return sum(found) if found else None

    expected = total("expected")
    return {
        "kpi": kpi,
        "value": value,
        "target": target,
        "attainment": value / target if target else None,
        "expected": expected,
        "pace": value / expected if expected else None,
        "forecast": total("forecast"),
    } | _range([line for line in own if line.get("forecast") is not None])


def _range(lines: list[Record]) -> Record:
    """That of all of them, as if their errors were independent."""
    if not lines or any(line.get("forecast_high") is None for line in lines):
        return {"forecast_low": None, "forecast_high": None}
    spread = math.hypot(*(line["forecast_high"] - line["forecast"] for line in lines))
    forecast, reached = (sum(line[name] for line in lines) for name in ("forecast", "value"))
    return {"forecast_low": max(forecast - spread, reached), "forecast_high": forecast + spread}


def stage_sum(name: str, deals: list[Record]) -> Record:
    """What is open in a stage."""
    amount, expected = (sum(deal[key] or 0 for deal in deals) for key in ("amount", "expected_revenue"))
    probability = deals[0]["probability"] if deals else None
    return {
        "stage": name,
        "probability": probability,
        "count": len(deals),
        "amount": amount,
        "expected_revenue": expected,
    }


def open_deal(deal: Record, as_of: str, stalled: bool) -> Record:
    """An open opportunity, as it stands on the board."""
    entered = deal["history"][-1]["entered_at"]
    age = (_seconds(as_of) - _seconds(entered)) / 86_400
    named = pick(deal, "opportunity_id", "customer_id", "owner_id", "stage", "amount", "expected_close_at")
    return named | {"entered_at": entered, "age_days": age, "stalled": stalled}


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()


def pick(record: Record, *names: str) -> Record:
    """Some fields of a record, those that it has."""
    return {name: record[name] for name in names if name in record}
