"""Leads, tickets and tasks in figures, by hand. 2 March 2026 is a Monday; work is from 9 to 17 on weekdays."""

from fractions import Fraction
from typing import Any

import pytest

from tests.oracle.service import binned, nearest_rank
from tests.unit.oracle.drawing import POLICY, at, contact, count, values
from tests.unit.oracle.test_cases import call, done, lead, opened, step, task

OFFICE: dict[str, Any] = POLICY | {
    "calendar": {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}
}
HOUR = 3600


def owner(when: str, who: str | None) -> bytes:
    return at(when, "customer.upserted", owner_id=who)


def figures(lines: list[bytes], who: str = "ann") -> dict[str, Fraction]:
    """What service comes to, in hours where it is a length of time."""
    found = values(count(*lines, policy=OFFICE), who, "30d")
    names = ("lead", "ticket", "first_response", "resolution", "open_tickets", "complaint_rate", "task", "on_time")
    return {
        kpi: value / HOUR if kpi.endswith("_seconds") else value
        for kpi, value in found.items()
        if kpi.startswith(names) and kpi[-4:-2] != "_p"
    }


CASES: dict[str, tuple[list[bytes], str, dict[str, float | Fraction]]] = {
    # 02 created ── 03 given to ann ── 3 h ── 03 03:00 bob tries first
    "a lead's first owner": (
        [lead("02 00:00", "created"), lead("03 00:00", "assigned", owner_id="ann"), call("03 03:00")],
        "ann",
        {"leads": 1, "lead_conversion_rate": 0, "lead_response_seconds": 3},
    ),
    "converted, and of another's": (
        [
            lead("02 00:00", "created", owner_id="ann"),
            lead("02 00:00", "created", lead_id="m", owner_id="ann"),
            lead("04 00:00", "disqualified"),
            lead("05 00:00", "converted", customer_id="c"),
        ],
        "ann",
        {"leads": 2, "lead_conversion_rate": Fraction(1, 2)},
    ),
    "the lesser of two who try at once": (
        [lead("02 00:00", "created", customer_id="c"), call("02 05:00", employee_id="cid"),
         contact("02 05:00", employee_id="bob"), contact("01 00:00", employee_id="ann")],
        "bob",
        {"lead_response_seconds": 5},
    ),
    # 02 09:00 ── 2 h ── 11:00 paused ── 15:00 resumed ── 1 h ── 16:00 resolved ── 03 16:00 reopened ── 1 h ── closed
    "a ticket solved twice": (
        [
            opened("02 09:00", kind="complaint"),
            step("02 11:00", "paused"),
            step("02 12:00", "replied"),
            step("02 15:00", "resumed"),
            step("02 16:00", "resolved", employee_id="bob"),
            step("03 16:00", "reopened"),
            step("04 12:00", "closed"),
        ],
        "ann",
        {"resolution_rate": 1, "complaint_rate": 1, "tickets_handled": 1, "resolution_seconds": 7,
         "first_response_seconds": 2},
    ),
    "open once more": (
        [opened("02 09:00"), step("02 10:00", "closed"), step("03 09:00", "reopened")],
        "ann",
        {"resolution_rate": 0, "complaint_rate": 0, "open_tickets": 1},
    ),
    "solved by whose the customer was": (
        [owner("01 00:00", "bob"), opened("02 09:00", employee_id="absent"), owner("03 00:00", "ann"),
         step("03 09:00", "resolved", employee_id="absent"), owner("04 00:00", "bob")],
        "ann",
        {"tickets_handled": 1, "resolution_seconds": 8},
    ),
    "open with whose the customer is": (
        [owner("01 00:00", "bob"), opened("02 09:00", employee_id="absent"), owner("03 00:00", "ann")],
        "ann",
        {"open_tickets": 1},
    ),
    "given before it was opened": (
        [step("01 09:00", "assigned", employee_id="ann"), opened("02 09:00", employee_id="absent")],
        "ann",
        {"resolution_rate": 0, "complaint_rate": 0, "open_tickets": 1},
    ),
    "tasks of two days": (
        [task("01 00:00", "10"), done("10 23:00"), task("01 00:00", "11", task_id="h"),
         task("01 00:00", "12", task_id="i", employee_id="bob")],
        "ann",
        {"task_completion_rate": Fraction(1, 2), "on_time_rate": 1},
    ),
    "what was cancelled is not due": ([task("01 00:00", "10"), done("09 00:00", "cancelled")], "ann", {}),
    "late": (
        [task("01 00:00", "10T12:00:00Z"), done("10 12:01")],
        "ann",
        {"task_completion_rate": 1, "on_time_rate": 0},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "who", "expected"), CASES.values(), ids=CASES)
def test_figures(lines: list[bytes], who: str, expected: dict[str, float | Fraction]) -> None:
    assert figures(lines, who) == expected


def test_percentiles_of_binned_values() -> None:
    assert [binned(value) for value in (0, 127, 128, 129, 255, 256, 1003)] == [0, 127, 128, 128, 254, 256, 1000]
    assert [nearest_rank([4, 1, 3, 2], percent) for percent in (25, 50, 51, 95)] == [1, 2, 3, 4]
    # 1 h and 2 h in microseconds have 32 and 33 binary digits: 107 * 2^25 and 107 * 2^26.
    lines = [opened("02 09:00"), step("02 10:00", "replied"), opened("02 09:00", ticket_id="u")]
    lines += [step("02 11:00", "replied", ticket_id="u")]
    found = values(count(*lines, policy=OFFICE))
    assert found["first_response_seconds"] == 1.5 * HOUR
    assert found["first_response_seconds_p50"] == Fraction(107 * 2**25, 10**6)
    assert found["first_response_seconds_p95"] == Fraction(107 * 2**26, 10**6)
