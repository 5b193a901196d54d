"""Dates that mean never, as CRMs write them: the first and the last that there are. Nothing breaks or is refused."""

from __future__ import annotations

from typing import Any

import pytest

from streams.core.stage import EVENTS, ORG
from tests.unit.core.kit import Partition, created, customer, deal, event, money, policy

DATES = ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
ON: dict[str, Any] = {
    rule: {"enabled": True}
    for rule in ("opp.close_date_passed", "opp.close_date_pushed", "payment.overdue", "task.due", "task.overdue")
}


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize("clock", ["elapsed", "working"])
def test_a_date_for_ever_is_a_date(date: str, zone: str, clock: str) -> None:
    rules = {rule: how | ({"clock": clock} if rule != "opp.close_date_pushed" else {}) for rule, how in ON.items()}
    partition = Partition(policy(timezone=zone, calendar={"workdays": ["mon"], "hours": "09:00-17:00"}, alerts=rules))
    partition.tell(
        created("01", expected_close_at=date),
        deal("02", "updated", expected_close_at="2026-03-05"),
        deal("03", "updated", expected_close_at=date),
        event(
            "01", "invoice.issued", invoice_id="i", customer_id="c", employee_id="ann", amount=money("1"), due_at=date
        ),
        event("01", "task.assigned", task_id="k", employee_id="ann", due_at=date),
        event("01", "task.assigned", task_id="h", employee_id="ann", customer_id="c", due_at=date),
    )
    partition.tick("20")
    assert partition.restarted().tick("21") == []
    assert partition.letters == []


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("key", [EVENTS, ORG])
def test_an_absence_for_ever_is_one(date: str, key: bytes) -> None:
    partition = Partition(policy())
    partition.tell(customer("01", owner_id="ann"))
    partition.tick("2026-05-01T00:00:00Z")
    for ends in ({"from": date, "to": "2026-06-01"}, {"from": "2026-03-01", "to": date}, {"from": date, "to": date}):
        partition.tell(event("02", "employee.absent", employee_id="ann", **ends), key=key)
        partition.tick("2026-05-02T00:00:00Z")
    assert partition.letters == []
