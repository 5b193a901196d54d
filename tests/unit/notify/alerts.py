"""Alert records for tests of notifications, as they stand in the topic."""

import json
from typing import Any

from streams.notify.seen import Seen, read_alert

NOON = 1_772_452_800_000_000  # us, 2026-03-02T12:00:00Z
FIRED = "2026-03-01T00:00:00Z"
ENDED = "2026-03-02T06:00:00Z"

ALERT: dict[str, Any] = {
    "id": "a1",
    "rule": "contact.overdue",
    "status": "firing",
    "reason": "condition_met",
    "severity": "warning",
    "level": 0,
    "recipients": ["emp-7"],
    "employee_id": "emp-7",
    "team": "north",
    "customer_id": "cus-1",
    "opportunity_id": None,
    "started_at": FIRED,
    "fired_at": FIRED,
    "ended_at": None,
    "suppressed_by": None,
    "values": {"bound": "1d", "next_step": None, "planned_at": FIRED},
    "summary": "The contact with customer cus-1 was not made.",
    "policy_version": "abc",
}
PENDING: dict[str, Any] = {"status": "pending", "fired_at": None}
RESOLVED: dict[str, Any] = {"status": "resolved", "ended_at": ENDED, "reason": "contacted"}


def value(**changes: Any) -> bytes:
    """The bytes of a record."""
    return json.dumps(ALERT | changes).encode()


def seen(name: str = "a1", at: int = NOON, **changes: Any) -> Seen:
    """A record, read."""
    found = read_alert(name.encode(), value(**({"id": name} | changes)), at)
    assert found is not None
    return found


def deleted(name: str = "a1", at: int = NOON) -> Seen:
    return Seen(name, None, b"", at)
