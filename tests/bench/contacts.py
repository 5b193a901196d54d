"""A backlog of contacts: as many as one likes, ten seconds apart, shared out evenly."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from streams.events import ContactLogged, encode, make_event

START = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = "2026-12-31T00:00:00Z"
"""An instant after all of them: up to 3 million."""


def contacts(count: int, customers: int, employees: int) -> Iterator[bytes]:
    """So many contacts with so many customers, of so many employees."""
    for number in range(count):
        data = ContactLogged(
            employee_id=f"emp-{number % employees}", customer_id=f"cus-{number % customers}", channel="call",
            direction="outbound", content="We talked about the offer and what comes next. " * 2,
        )  # fmt: skip
        yield encode(make_event(data, f"c-{number}", "/bench", START + timedelta(seconds=10 * number)))


def counted(kpis: Mapping[str, Any]) -> int:
    """How many of them stand in the rows of kpis.employees, which are given by their keys."""
    rows = (row for key, row in kpis.items() if key.endswith("/2026"))
    return sum(int(kpi["value"]) for row in rows for kpi in row["kpis"] if kpi["kpi"] == "contacts")
