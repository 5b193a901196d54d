"""Follow-up on the working clock, and rules that are off.

Days of March 2026; due 2 d ahead, overdue 1 d after; gold weekly, others after 30 d.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.kit import contact, customer, episodes, plan, policy

GOLD = customer("01", owner_id="ann", grade="gold")
# 2 March 2026 is a Monday. Working days from 09:00 to 17:00.
WORKING: dict[str, tuple[list[bytes], str, list[str]]] = {
    # Planned for Friday 6th at 16:00: due two working days ahead, on Wednesday at 16:00; a day late on Monday at 16:00.
    "due in working days": ([plan("02", "06 16:00")], "04 16:01", ["due 04 16:00 condition_met"]),
    "not overdue at the weekend": ([plan("02", "06 16:00")], "09 16:00", ["due 04 16:00 condition_met"]),
    "overdue on Monday": (
        [plan("02", "06 16:00")],
        "09 16:01",
        ["due 04 16:00-09 16:00 became_overdue", "overdue 09 16:00 condition_met"],
    ),
    # A bound that is reached as work ends is passed when it begins again.
    "overdue next morning": (
        [plan("02", "05 17:00")],
        "09 09:01",
        ["due 04 09:00-09 09:00 became_overdue", "overdue 09 09:00 condition_met"],
    ),
    # 7 working days from Monday 2nd at 09:00 end on Tuesday 10th as work does.
    "silent for seven working days": (
        [customer("02 09:00", owner_id="ann", grade="gold")],
        "11 09:01",
        ["interval_exceeded 11 09:00 condition_met ann"],
    ),
}


@pytest.mark.parametrize(("lines", "until", "expected"), WORKING.values(), ids=WORKING.keys())
def test_on_the_working_clock(lines: list[bytes], until: str, expected: list[str]) -> None:
    working: dict[str, Any] = {
        "calendar": {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"},
        "alerts": {
            rule: {"clock": "working"} for rule in ("contact.due", "contact.overdue", "contact.interval_exceeded")
        },
    }
    assert episodes(policy(**working), lines, until) == expected


def test_what_must_hold_for_a_while_holds_for_so_long_in_working_time() -> None:
    # Overdue since Monday 9th at 16:00. An hour is left of that day, the other passes on Tuesday until 10:00.
    rules = policy(
        calendar={"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"},
        alerts={"contact.overdue": {"clock": "working", "hold": "2h"}, "contact.due": {"enabled": False}},
    )
    assert episodes(rules, [plan("02", "06 16:00")], "10 10:00") == []
    assert episodes(rules, [plan("02", "06 16:00")], "10 10:01") == ["overdue 09 16:00 held"]


def test_a_shorter_interval_in_hours_hides_no_shorter_one_in_working_days() -> None:
    # 12 working hours last longer than 1 working day of 8 hours.
    rules = policy(
        calendar={"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"},
        contact={"intervals": {"gold": "12h", "silver": "1d", "default": "30d"}},
        alerts={"contact.interval_exceeded": {"clock": "working"}},
    )
    seen = [customer("02 09:00", owner_id="ann", grade="silver")]
    assert episodes(rules, [*seen, contact("03 12:00")], "03 13:00") == [
        "interval_exceeded 03 09:00-03 12:00 contacted ann"
    ]


def test_a_rule_that_is_off_says_nothing() -> None:
    off = {rule: {"enabled": False} for rule in ("contact.due", "contact.overdue", "contact.interval_exceeded")}
    assert episodes(policy(alerts=off), [GOLD, plan("01", "10")], "31") == []
