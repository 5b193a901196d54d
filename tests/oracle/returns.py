"""The records of campaigns and lead sources, as they were counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from tests.oracle.campaigns import gains
from tests.oracle.law import Law, instant, periods
from tests.oracle.reading import read
from tests.oracle.recount import customers_of

Sums = dict[str, Fraction]


def campaigns(lines: Iterable[bytes], policy: Mapping[str, Any], as_of: str) -> dict[str, dict[str, float]]:
    """What there is of each campaign and lead source in each period: by the keys of the records, without zeros."""
    law, at = Law(policy), instant(as_of)
    events = read(lines, law, at)
    found: dict[str, Sums] = {}
    for (kind, name), day, what, amount in gains(events, customers_of(events, law), law):
        for period in periods(day, law.day(at)):
            row = found.setdefault(f"{kind}:{name}/{period}", {})
            row[what] = row.get(what, Fraction(0)) + amount
            if what in ("won_amount", "cost"):
                count = {"won_amount": "won_count", "cost": "spendings"}[what]
                row[count] = row.get(count, Fraction(0)) + 1
    return {key: finished(row) for key, row in found.items()}


def finished(sums: Sums) -> dict[str, float]:
    """Money to the cent, with the rates; nothing of which there is nothing."""
    cost, leads = sums.get("cost", Fraction(0)), sums.get("leads", Fraction(0))
    row = {name: value for name, value in sums.items() if name != "spendings"}
    for name in ("cost", "won_amount"):
        row[name] = Fraction(round(row.get(name, Fraction(0)) * 100), 100)  # half even
    if cost:
        row["return"] = (sums.get("won_amount", Fraction(0)) - cost) / cost
    if leads:
        row["lead_conversion_rate"] = sums.get("converted", Fraction(0)) / leads
    return {name: float(value) for name, value in row.items() if value}


def told_of(record: Mapping[str, Any]) -> dict[str, float]:
    """What a record tells, in the same form."""
    names = ("participants", "leads", "converted", "lead_conversion_rate", "cost", "won_count", "won_amount", "return")
    found = {name: record[name] for name in names} | {
        f"by_status:{status}": number for status, number in record["by_status"].items()
    }
    return {name: float(value) for name, value in found.items() if value}
