"""Output records as the stages write them, with what a test does not care about filled in."""

from typing import Any

import msgspec

from streams.demo.model import Model
from streams.demo.status import Status

STATUS = Status(
    phase="live",
    at=1_741_616_400_000_000,  # us, 2025-03-10T14:20:00Z, a Monday
    day_s=2.0,
    address="127.0.0.1:40403",
    command="kcat -P -b 127.0.0.1:40403 -t crm.opportunities /tmp/x/won.json",
    events=12_345,
    rates=(0.0, 100.0, 200.0),
    waiting=7,
    behind=1.25,
)


def alert(key: str, status: str, rule: str = "contact.overdue", **fields: Any) -> tuple[str, bytes, bytes]:
    record: dict[str, Any] = {
        "id": key,
        "rule": rule,
        "status": status,
        "reason": "contacted" if status == "resolved" else "condition_met",
        "severity": "warning",
        "employee_id": "emp-1",
        "customer_id": f"cus-{key}",
        "started_at": "2025-03-10T09:00:00Z",
        "values": {},
        "summary": "It was not made: contact it now.",
        "policy_version": "v",
    }
    return "alerts", key.encode(), msgspec.json.encode(record | fields)


def score(
    employee: str, value: float | None, day: int = 10, period: str = "30d", won: float | None = None, **fields: Any
) -> tuple[str, bytes, bytes]:
    """As of noon of that day of March 2025."""
    line = {"kpi": "won_amount", "value": won, "target": 1, "attainment": 1, "weight": 1, "points": 1, "count": 1}
    record: dict[str, Any] = {
        "employee_id": employee,
        "role": "sales",
        "team": "North",
        "period": period,
        "as_of": f"2025-03-{day:02}T12:00:00Z",
        "score": value,
        "rating": "A",
        "perspectives": {},
        "kpis": [] if won is None else [line],
        "policy_version": "v",
    }
    return "scores.employees", f"{employee}/{period}".encode(), msgspec.json.encode(record | fields)


def team(name: str, value: float | None, rank: int | None, **names: str | None) -> tuple[str, bytes, bytes]:
    ranking = [{"employee_id": key, "name": said, "score": 1.0} for key, said in names.items()]
    record: dict[str, Any] = {
        "team": name,
        "period": "30d",
        "as_of": "2025-03-10T12:00:00Z",
        "score": value,
        "rank": rank,
        "totals": {"won_amount": 1234.5},
        "ranking": ranking,
        "policy_version": "v",
    }
    return "scores.teams", f"{name}/30d".encode(), msgspec.json.encode(record)


def dead_letter(topic: str, partition: int, offset: int, reason: str = "future") -> tuple[str, bytes, bytes]:
    record: dict[str, Any] = {
        "reason": reason,
        "detail": "time: too far ahead",
        "topic": topic,
        "partition": partition,
        "offset": offset,
        "original": "x",
    }
    return "streams.dead-letters", topic.encode(), msgspec.json.encode(record)


def model(*records: tuple[str, bytes, bytes | None]) -> Model:
    made = Model()
    for record in records:
        made.take(*record)
    return made
