"""What an engine must come to: the log counted plainly from its JSON, once, and what an engine left beside it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

WHO = {"contact.logged": "employee_id", "opportunity.won": "owner_id", "payment.received": "employee_id"}
"""The types that are counted, and where each names the employee."""
KPIS = {
    "contact.logged": ("contacts", None),
    "opportunity.won": ("won_count", "won_amount"),
    "payment.received": (None, "collected_amount"),
}
"""What crm-pulse calls the count and the sum of a type; it publishes no number of payments."""

Days = dict[str, tuple[int, Decimal]]
"""employee/day/type -> (count, sum of money)."""
Figures = dict[tuple[str, str, str], Decimal]
"""(employee, period, KPI) -> value, for months, quarters and years; zeros left out."""


class Recount:
    """Counts events as they are made."""

    def __init__(self) -> None:
        self.events = self.counted = self.bytes = 0
        self.days: Days = {}

    def add(self, line: bytes) -> None:
        self.events += 1
        self.bytes += len(line)
        event = json.loads(line)
        if (field := WHO.get(event["type"])) is None:
            return
        self.counted += 1
        data = event["data"]
        key = f"{data[field]}/{event['time'][:10]}/{event['type']}"
        count, total = self.days.get(key, (0, Decimal(0)))
        self.days[key] = count + 1, total + Decimal(data["amount"]["amount"] if "amount" in data else 0)

    def figures(self) -> Figures:
        """The days summed up to what crm-pulse publishes."""
        figures: Figures = {}
        for key, (count, total) in self.days.items():
            employee, day, kind = key.split("/")
            quarter = f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"
            for kpi, number in zip(KPIS[kind], (Decimal(count), total), strict=True):
                if kpi is not None and number:
                    for period in (day[:4], quarter, day[:7]):
                        place = (employee, period, kpi)
                        figures[place] = figures.get(place, Decimal(0)) + number
        return figures


def days_of(rows: Mapping[str, Mapping[str, Any]]) -> Days:
    """What a peer published: its rows {"count", "cents"} by their keys."""
    return {key: (int(row["count"]), Decimal(int(row["cents"])) / 100) for key, row in rows.items()}


def figures_of(rows: Mapping[str, Mapping[str, Any]]) -> Figures:
    """What crm-pulse published in kpis.employees, of what is compared; the rolling periods are not."""
    compared = {kpi for pair in KPIS.values() for kpi in pair}
    return {
        (row["employee_id"], row["period"], kpi["kpi"]): Decimal(str(kpi["value"]))
        for row in rows.values() if not row["period"].endswith("d")
        for kpi in row["kpis"] if kpi["kpi"] in compared and Decimal(str(kpi["value"]))
    }  # fmt: skip
