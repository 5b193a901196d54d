"""The rules of a plan drawn as timelines: due, overdue, and what ends them.

Days of March 2026; due 2 d ahead, overdue 1 d after; gold weekly, others after 30 d.
"""

from __future__ import annotations

import pytest

from tests.unit.core.kit import attempt, contact, episodes, plan, policy, us

QUIET = {"alerts": {"contact.interval_exceeded": {"enabled": False}}}
"""Only the rules of a plan."""

PLANS: dict[str, tuple[list[bytes], str, list[str]]] = {
    # 01 planned for the 10th ── 08 due ── 10 ── 11 overdue
    "nothing fires at the bound itself": ([plan("01", "10")], "08", []),
    "but right after it": ([plan("01", "10")], "2026-03-08T00:00:00.000001Z", ["due 08 condition_met"]),
    "due until the grace is over": ([plan("01", "10")], "11", ["due 08 condition_met"]),
    "then overdue": (
        [plan("01", "10")],
        "2026-03-11T00:00:00.000001Z",
        ["due 08-11 became_overdue", "overdue 11 condition_met"],
    ),
    "contacted when due": ([plan("01", "10"), contact("09")], "31", ["due 08-09 contacted"]),
    "contacted when overdue": (
        [plan("01", "10"), contact("13")],
        "31",
        ["due 08-11 became_overdue", "overdue 11-13 contacted"],
    ),
    "contacted early": ([plan("01", "10"), contact("02")], "31", []),
    "contacted at the very bound": ([plan("01", "10"), contact("11")], "31", ["due 08-11 contacted"]),
    "contacted by anybody": ([plan("01", "10"), contact("09", employee_id="bob")], "31", ["due 08-09 contacted"]),
    "contacted by the customer": (
        [plan("01", "10"), contact("09", direction="inbound")],
        "31",
        ["due 08-09 contacted"],
    ),
    "contacted before it was planned": (
        [contact("01"), plan("02", "10")],
        "12",
        ["due 08-11 became_overdue ann", "overdue 11 condition_met ann"],
    ),
    "contacted as it was planned": (
        [contact("02"), plan("02", "10")],
        "12",
        ["due 08-11 became_overdue ann", "overdue 11 condition_met ann"],
    ),
    "attempts do nothing": (
        [plan("01", "10"), attempt("05"), attempt("09"), attempt("12")],
        "31",
        ["due 08-11 became_overdue ann", "overdue 11 condition_met ann"],
    ),
    "an attempt moves it all the same": (
        [plan("01", "10"), attempt("09", next_contact_at="20")],
        "19",
        ["due 08-09 plan_moved", "due 18 condition_met ann"],
    ),
    "an attempt cancels it": (
        [plan("01", "10"), attempt("09", next_contact_at=None)],
        "31",
        ["due 08-09 plan_cancelled"],
    ),
    # 09 moved from the 10th to the 20th ── 18 due
    "moved when due": (
        [plan("01", "10"), plan("09", "20")],
        "19",
        ["due 08-09 plan_moved", "due 18 condition_met"],
    ),
    "moved when overdue": (
        [plan("01", "10"), plan("12", "20")],
        "15",
        ["due 08-11 became_overdue", "overdue 11-12 plan_moved"],
    ),
    "moved before it was due": ([plan("01", "10"), plan("05", "20")], "15", []),
    "moved away and back is a new plan": (
        [plan("01", "10"), plan("12", "20"), plan("13", "10")],
        "15",
        ["due 08-11 became_overdue", "overdue 11-12 plan_moved", "overdue 13 condition_met"],
    ),
    "cancelled": ([plan("01", "10"), plan("09", None)], "31", ["due 08-09 plan_cancelled"]),
    "cancelled twice": ([plan("01", "10"), plan("09", None), plan("10", None)], "31", ["due 08-09 plan_cancelled"]),
    "the same date again moves nothing": (
        [plan("01", "10"), plan("05", "10"), plan("09", "10"), plan("12", "10")],
        "15",
        ["due 08-11 became_overdue", "overdue 11 condition_met"],
    ),
    "the same date after a contact is a new plan": (
        [plan("01", "10"), contact("09"), plan("09 12:00", "10")],
        "10",
        ["due 08-09 contacted", "due 09 12:00 condition_met ann"],
    ),
    "planned at short notice": ([plan("09", "10")], "10", ["due 09 condition_met"]),
    "planned for the past": ([plan("15", "10")], "15", ["overdue 15 condition_met"]),
    "planned for the past by a contact": (
        [contact("14"), contact("15", next_contact_at="10")],
        "15",
        ["overdue 15 condition_met ann"],
    ),
    "a contact fulfils the plan and makes the next": (
        [plan("01", "10"), contact("09", next_contact_at="20")],
        "19",
        ["due 08-09 contacted", "due 18 condition_met ann"],
    ),
    "a contact fulfils the plan and makes none": (
        [plan("01", "10"), contact("09", next_contact_at=None)],
        "31",
        ["due 08-09 contacted"],
    ),
    # Of two plans made at one instant the greater (source, id) is the newer; the other has never been in force.
    "of two at once the greater id": (
        [plan("01", "20", id="a"), plan("01", "10", id="b")],
        "09",
        ["due 08 condition_met"],
    ),
    "of two at once the greater source": (
        [plan("01", None, source="/a", id="9"), plan("01", "10", source="/b", id="1")],
        "09",
        ["due 08 condition_met"],
    ),
    "what is replaced at once ends nothing": (
        [plan("01", "10"), plan("09", None, id="a"), plan("09", "10", id="b")],
        "10",
        ["due 08 condition_met"],
    ),
    "nor does another date that is": (
        [plan("01", "10"), plan("09", "25", id="a"), plan("09", "10", id="b")],
        "10",
        ["due 08 condition_met"],
    ),
}


@pytest.mark.parametrize(("lines", "until", "expected"), PLANS.values(), ids=PLANS.keys())
def test_a_plan(lines: list[bytes], until: str, expected: list[str]) -> None:
    assert episodes(policy(**QUIET), lines, until) == expected


HELD: dict[str, tuple[list[bytes], str, list[str]]] = {
    # Planned for the 10th, overdue on the 11th, held for 2 d: it fires after the 13th.
    "pending at the hold's end": ([plan("01", "10")], "13", []),
    "held": ([plan("01", "10")], "2026-03-13T00:00:00.000001Z", ["overdue 11 held"]),
    "ended before": ([plan("01", "10"), contact("12")], "31", []),
    "ended at the hold's end": ([plan("01", "10"), contact("13")], "31", []),
    "ended right after": (
        [plan("01", "10"), contact(us("13") + 2)],
        "31",
        ["overdue 11-13 00:00:00.000002 contacted"],
    ),
    "held from its own instant": ([plan("20", "10")], "22", []),
    "and a moment": ([plan("20", "10")], "2026-03-22T00:00:00.000001Z", ["overdue 20 held"]),
}


@pytest.mark.parametrize(("lines", "until", "expected"), HELD.values(), ids=HELD.keys())
def test_a_hold(lines: list[bytes], until: str, expected: list[str]) -> None:
    rules = policy(
        alerts={
            "contact.overdue": {"hold": "2d"},
            "contact.due": {"enabled": False},
            "contact.interval_exceeded": {"enabled": False},
        }
    )
    assert episodes(rules, lines, until) == expected
