"""Everything that ever fired, by looking again and again. Due 2 days ahead of a plan, overdue 1 day after it."""

import pytest

from tests.unit.oracle.drawing import POLICY, at, contact, plan, told

OWNED = at("01 00:00", "customer.upserted", owner_id="ann", grade="gold")
PLANNED = plan("01 00:00", "10")
Case = tuple[list[bytes], list[str]]

DUE: dict[str, Case] = {
    "until it is overdue": ([PLANNED], ["08 12:00 - 11 12:00 became_overdue"]),
    "contacted": ([PLANNED, contact("09 00:00")], ["08 12:00 - 09 00:00 contacted"]),
    "contacted and planned anew at once": (
        [PLANNED, contact("09 00:00", next_contact_at="2026-03-20T12:00:00Z")],
        ["08 12:00 - 09 00:00 contacted", "18 12:00 - 21 12:00 became_overdue"],
    ),
    "moved": ([PLANNED, plan("09 00:00", "30")], ["08 12:00 - 09 00:00 plan_moved", "28 12:00"]),
    "cancelled": ([PLANNED, plan("09 00:00", None)], ["08 12:00 - 09 00:00 plan_cancelled"]),
}
OVERDUE: dict[str, Case] = {
    "until contacted": ([PLANNED, contact("15 00:00")], ["11 12:00 - 15 00:00 contacted"]),
    "until moved": ([PLANNED, plan("15 00:00", "30")], ["11 12:00 - 15 00:00 plan_moved"]),
    "in time": ([PLANNED, contact("11 12:00")], []),
}
EXCEEDED: dict[str, Case] = {
    "until contacted": ([OWNED, contact("09 00:00")], ["08 00:00 - 09 00:00 contacted", "16 00:00"]),
    "until the grade allows for more": (
        [OWNED, at("09 00:00", "customer.upserted", grade=None)],
        ["08 00:00 - 09 00:00 interval_changed", "31 00:00"],
    ),
    "until nobody looks after it": (
        [OWNED, at("09 00:00", "customer.upserted", owner_id=None), at("10 00:00", "customer.owner_changed", to="bob")],
        ["08 00:00 - 09 00:00 unattended", "10 00:00"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), DUE.values(), ids=DUE.keys())
def test_due(lines: list[bytes], expected: list[str]) -> None:
    assert told("contact.due", *reversed(lines), at="31 12:00") == expected


@pytest.mark.parametrize(("lines", "expected"), OVERDUE.values(), ids=OVERDUE.keys())
def test_overdue(lines: list[bytes], expected: list[str]) -> None:
    assert told("contact.overdue", *reversed(lines), at="31 00:00") == expected


@pytest.mark.parametrize(("lines", "expected"), EXCEEDED.values(), ids=EXCEEDED.keys())
def test_interval_exceeded(lines: list[bytes], expected: list[str]) -> None:
    assert told("contact.interval_exceeded", *reversed(lines), at="31 12:00") == expected


def test_a_plan_ahead_quiets_the_interval_for_a_while() -> None:
    policy = POLICY | {"contact": POLICY["contact"] | {"silent_when_planned": True}}
    lines = OWNED, plan("09 00:00", "10")
    assert told("contact.interval_exceeded", *lines, policy=policy) == ["08 00:00 - 09 00:00 planned", "10 12:00"]
