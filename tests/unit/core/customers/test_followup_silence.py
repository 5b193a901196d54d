"""The rule of silence drawn as timelines: too long without a contact.

Days of March 2026; due 2 d ahead, overdue 1 d after; gold weekly, others after 30 d.
"""

from __future__ import annotations

import pytest

from tests.unit.core.kit import attempt, contact, created, customer, deal, episodes, event, moved, plan, policy

GOLD = customer("01", owner_id="ann", grade="gold")
INTERVALS: dict[str, tuple[list[bytes], str, list[str]]] = {
    # 01 first seen ── 08 a week later
    "a week after it was first seen": ([GOLD], "08", []),
    "and a moment": ([GOLD], "2026-03-08T00:00:00.000001Z", ["interval_exceeded 08 condition_met ann"]),
    "from whatever told of it first": (
        [
            event("01", "ticket.opened", customer_id="c", ticket_id="t", kind="request"),
            customer("05", owner_id="ann", grade="gold"),
        ],
        "09",
        ["interval_exceeded 08 condition_met ann"],
    ),
    "from the last contact made": (
        [GOLD, contact("03"), contact("05")],
        "13",
        ["interval_exceeded 12 condition_met ann"],
    ),
    "not from an attempt": ([GOLD, contact("03"), attempt("05")], "13", ["interval_exceeded 10 condition_met ann"]),
    "until a contact is made": ([GOLD, attempt("09"), contact("10")], "16", ["interval_exceeded 08-10 contacted ann"]),
    "each silence is an episode": (
        [GOLD, contact("09"), contact("18")],
        "31",
        [
            "interval_exceeded 08-09 contacted ann",
            "interval_exceeded 16-18 contacted ann",
            "interval_exceeded 25 condition_met ann",
        ],
    ),
    "a month where there is no grade": ([customer("01", owner_id="ann")], "31", []),
    "nor a grade that is listed": ([customer("01", owner_id="ann", grade="lead")], "31", []),
    # A grade that changes within a silence. The bound is that of the grade that holds.
    "gold too late": (
        [customer("01", owner_id="ann"), customer("12", grade="gold")],
        "13",
        ["interval_exceeded 12 condition_met ann"],
    ),
    "gold in time": (
        [customer("01", owner_id="ann"), customer("05", grade="gold")],
        "13",
        ["interval_exceeded 08 condition_met ann"],
    ),
    "gold no more": ([GOLD, customer("10", grade=None)], "13", ["interval_exceeded 08-10 interval_changed ann"]),
    "gold again": (
        [GOLD, customer("10", grade=None), customer("12", grade="gold")],
        "13",
        ["interval_exceeded 12 condition_met ann"],
    ),
    "gold twice is no change": ([GOLD, customer("10", grade="gold")], "13", ["interval_exceeded 08 condition_met ann"]),
    # Somebody must look after it: its owner, else that of its newest open opportunity, else who contacted it last.
    "nobody looks after it": ([customer("01", grade="gold")], "31", []),
    "somebody does from now on": (
        [customer("01", grade="gold"), customer("12", owner_id="bob")],
        "13",
        ["interval_exceeded 12 condition_met bob"],
    ),
    "nobody does any more": (
        [GOLD, customer("12", owner_id=None)],
        "31",
        ["interval_exceeded 08-12 unattended ann"],
    ),
    "who has an opportunity looks after it": (
        [customer("01", grade="gold"), created("02", "C")],
        "09",
        ["interval_exceeded 08 condition_met ann"],
    ),
    "while it is open": (
        [customer("01", grade="gold"), created("02", "C"), deal("10", "lost"), customer("15", owner_id="bob")],
        "16",
        ["interval_exceeded 15 condition_met bob"],
    ),
    "who has the newest": (
        [customer("01", grade="gold"), created("02", "C"), created("03", "C", opportunity_id="p", owner_id="bob")],
        "09",
        ["interval_exceeded 08 condition_met bob"],
    ),
    "the newest by its creation, not its last event": (
        [
            customer("01", grade="gold"),
            created("02", "C"),
            created("03", "C", opportunity_id="p", owner_id="bob"),
            moved("04", "A"),
        ],
        "09",
        ["interval_exceeded 08 condition_met bob"],
    ),
    "of the newest at one instant the greater id": (
        [customer("01", grade="gold"), created("02", "C"), created("02", "C", opportunity_id="p", owner_id="bob")],
        "09",
        ["interval_exceeded 08 condition_met bob"],
    ),
    "the older one once the newest is closed": (
        [
            customer("01", grade="gold"),
            created("02", "C"),
            created("03", "C", opportunity_id="p", owner_id="bob"),
            deal("05", "lost", opportunity_id="p"),
        ],
        "09",
        ["interval_exceeded 08 condition_met ann"],
    ),
    "the owner before any opportunity": (
        [GOLD, created("02", "C", owner_id="bob")],
        "09",
        ["interval_exceeded 08 condition_met ann"],
    ),
    "who contacted it last": (
        [customer("01", grade="gold"), contact("02"), attempt("05", employee_id="bob")],
        "10",
        ["interval_exceeded 09 condition_met bob"],
    ),
    "an attempt is enough to look after it": (
        [customer("01", grade="gold"), attempt("10")],
        "11",
        ["interval_exceeded 10 condition_met ann"],
    ),
    "a plan changes nothing": (
        [GOLD, plan("02", "30")],
        "09",
        ["interval_exceeded 08 condition_met ann"],
    ),
}


@pytest.mark.parametrize(("lines", "until", "expected"), INTERVALS.values(), ids=INTERVALS.keys())
def test_a_silence(lines: list[bytes], until: str, expected: list[str]) -> None:
    rules = policy(alerts={"contact.due": {"enabled": False}, "contact.overdue": {"enabled": False}})
    assert [told for told in episodes(rules, lines, until) if "interval" in told] == expected


SILENT: dict[str, tuple[list[bytes], str, list[str]]] = {
    # 01 gold ── 08 a week ── 20 planned
    "quiet while the plan lies ahead": ([GOLD, plan("02", "20")], "19 23:59", ["due 18 condition_met ann"]),
    "not once its time has come": (
        [GOLD, plan("02", "20")],
        "20",
        ["due 18 condition_met ann", "interval_exceeded 20 condition_met ann"],
    ),
    "a plan quiets what fires": ([GOLD, plan("10", "30")], "20", ["interval_exceeded 08-10 planned ann"]),
    "not when it is cancelled": (
        [GOLD, plan("02", "20"), plan("10", None)],
        "11",
        ["interval_exceeded 10 condition_met ann"],
    ),
    "nor when an attempt cancels it": (
        [GOLD, contact("01"), plan("02", "20"), attempt("10", next_contact_at=None)],
        "11",
        ["interval_exceeded 10 condition_met ann"],
    ),
    "nor when a contact fulfils it": (
        [GOLD, plan("02", "20"), contact("03")],
        "11",
        ["interval_exceeded 10 condition_met ann"],
    ),
    "a plan for the past quiets nothing": (
        [GOLD, plan("10", "05")],
        "11",
        ["interval_exceeded 08 condition_met ann", "overdue 10 condition_met ann"],
    ),
}


@pytest.mark.parametrize(("lines", "until", "expected"), SILENT.values(), ids=SILENT.keys())
def test_a_plan_that_quiets(lines: list[bytes], until: str, expected: list[str]) -> None:
    assert episodes(policy(contact={"silent_when_planned": True}), lines, until) == expected
