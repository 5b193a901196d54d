"""Who and what is there for something odd to happen to."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

Step = tuple[float | str, str, dict[str, Any]]
"""So many days later, or before, or at an instant, an event of a type, with its data."""

EDGES = [
    *("2025-12-31T22:59:59.999999Z", "2025-12-31T23:00:00Z", "2026-01-31T22:59:59.999999Z", "2026-01-31T23:00:00Z"),
    *("2026-02-28T22:59:59.999999Z", "2026-02-28T23:00:00Z", "2026-01-14T23:00:00Z", "2026-01-14T23:00:00.000001Z"),
]
"""The last and the first instants of local months; and so long before one as a customer is active."""

UNKNOWN = "emp-unknown"
"""Somebody of whom there is no record."""


class Cast:
    """What the log has told of so far."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.people: list[str] = [UNKNOWN]
        self.customers: list[str] = []
        self.campaigns: list[str] = []
        self._number = 0

    def see(self, kind: str, data: Mapping[str, Any]) -> None:
        """An event of the log."""
        if kind == "employee.upserted":
            self.people.append(data["employee_id"])
        elif kind == "customer.upserted":
            self.customers.append(data["customer_id"])
        elif kind == "campaign.launched":
            self.campaigns.append(data["campaign_id"])

    def who(self) -> str:
        """Some employee."""
        return self.chance.choice(self.people)

    def customer(self) -> str:
        """Some customer."""
        return self.chance.choice(self.customers) if self.customers else "cus-000001"

    def campaign(self) -> str:
        """Some campaign, perhaps one that nobody launched."""
        return self.chance.choice([*self.campaigns, "cam-silent"])

    def new(self, thing: str) -> str:
        """The id of a new thing."""
        self._number += 1
        return f"odd-{thing}-{self._number:05d}"

    def day(self, low: float, high: float) -> float:
        """A number of days."""
        return self.chance.uniform(low, high)

    def day_or_edge(self, low: float, high: float) -> float | str:
        """A number of days, or an instant at which something ends or begins."""
        return self.day(low, high) if self.chance.random() < 0.5 else self.edge()

    def edge(self) -> str:
        """An instant at which something ends or begins."""
        return self.chance.choice(EDGES)

    def money(self) -> dict[str, Any]:
        """Some amount, now and then in another currency, one of which has no rate; or as a number."""
        cents = self.chance.randrange(1_00, 9_000_00)
        match self.chance.randrange(8):
            case 0:
                return {"amount": f"{cents / 100:.2f}", "currency": "USD"}
            case 1:
                return {"amount": f"{cents / 100:.2f}", "currency": "CHF"}
            case 2:
                return {"amount": cents / 100, "currency": "EUR"}
            case 3:
                return {"amount": f"{cents / 10_000:.4f}", "currency": self.chance.choice(["USD", "XTS"])}
        return {"amount": f"{cents / 100:.2f}"}

    def moment(self, year: int = 2026) -> str:
        """A plain date or a date-time, within half a year."""
        date = f"{year}-{self.chance.randint(1, 6):02d}-{self.chance.randint(1, 28):02d}"
        return date + self.chance.choice(["", "T23:30:00Z", "T12:00:00.000001+01:00"])
