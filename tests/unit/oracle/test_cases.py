"""Tickets, leads and tasks drawn as timelines. 2 March 2026 is a Monday; work is from 9 to 17 on weekdays."""

from typing import Any

import pytest

from tests.unit.oracle.drawing import POLICY, at, contact, count, told

Case = tuple[dict[str, Any], list[bytes], list[str]]


def opened(when: str, /, **data: Any) -> bytes:
    return at(when, "ticket.opened", **{"ticket_id": "t", "kind": "request", "employee_id": "ann"} | data)


def step(when: str, verb: str, /, **data: Any) -> bytes:
    return at(when, f"ticket.{verb}", customer_id="absent", **{"ticket_id": "t", "employee_id": "ann"} | data)


def lead(when: str, verb: str, /, **data: Any) -> bytes:
    return at(when, f"lead.{verb}", **{"lead_id": "l", "customer_id": "absent"} | data)


def call(when: str, /, **data: Any) -> bytes:
    return contact(when, **{"lead_id": "l", "customer_id": "absent"} | data)


def task(when: str, due: str, /, **data: Any) -> bytes:
    return at(when, "task.assigned", **{"task_id": "k", "employee_id": "ann", "due_at": f"2026-03-{due}"} | data)


def done(when: str, verb: str = "completed") -> bytes:
    return at(when, f"task.{verb}", customer_id="absent", task_id="k", employee_id="ann")


CASES: dict[str, dict[str, Case]] = {
    "ticket.response_breach": {
        "after a day of work": ({}, [opened("02 09:00")], ["03 09:00"]),
        "on all time": ({"clock": "elapsed", "after": "20h"}, [opened("02 09:00")], ["03 05:00"]),
        "until it is answered": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 10:00", "replied", automatic=True), step("02 14:00", "replied")],
            ["02 11:00 - 02 14:00 replied"],
        ),
        "until it is resolved": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 14:00", "resolved"), step("02 15:00", "reopened")],
            ["02 11:00 - 02 14:00 resolved"],
        ),
        "by priority": ({"after": {"1": "1h"}}, [opened("02 09:00", priority=1)], ["02 10:00"]),
        "not of another priority": ({"after": {"1": "1h"}}, [opened("02 09:00", priority="low")], []),
    },
    "ticket.resolution_breach": {
        "after three days of work": ({}, [opened("02 09:00")], ["05 09:00"]),
        "over a weekend": ({"after": "8h"}, [opened("06 13:00")], ["09 13:00"]),
        "not while it waits for the customer": ({}, [opened("02 09:00"), step("02 10:00", "paused")], []),
        "later by the time that it waited": (
            {"after": "8h"},
            [opened("02 09:00"), step("02 11:00", "paused"), step("03 11:00", "resumed")],
            ["04 09:00"],
        ),
        "what time was left counts on": (
            {"after": "4h"},
            [
                opened("02 09:00"),
                step("02 12:00", "resolved"),
                step("03 10:00", "reopened"),
                step("04 00:00", "closed"),
            ],
            ["03 11:00 - 04 00:00 closed"],
        ),
        "again where it was reopened": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 12:00", "resolved"), step("03 10:00", "reopened")],
            ["02 11:00 - 02 12:00 resolved", "03 10:00"],
        ),
    },
    "ticket.warning": {
        "until it is late": ({}, [opened("02 09:00")], ["04 12:12 - 05 09:00 breached"]),
        "until it is resolved": (
            {},
            [opened("02 09:00"), step("04 13:00", "resolved")],
            ["04 12:12 - 04 13:00 resolved"],
        ),
    },
    "complaint.unresolved": {
        "though it waits": (
            {},
            [opened("02 09:00", kind="complaint"), step("02 10:00", "paused"), step("06 10:00", "resolved")],
            ["04 09:00 - 06 10:00 resolved"],
        ),
        "not what is none": ({}, [opened("02 09:00")], []),
    },
    "lead.unprocessed": {
        "until somebody tries": (
            {},
            [call("01 00:00"), lead("02 09:00", "created"), call("04 10:00", connected=False)],
            ["03 09:00 - 04 10:00 contacted"],
        ),
        "until it is over": (
            {},
            [lead("02 09:00", "created"), call("02 10:00", direction="inbound"), lead("04 10:00", "disqualified")],
            ["03 09:00 - 04 10:00 closed"],
        ),
        "until the customer that it is is tried": (
            {},
            [contact("01 00:00"), lead("02 09:00", "created", customer_id="c"), contact("04 10:00")],
            ["03 09:00 - 04 10:00 contacted"],
        ),
        "never created": ({}, [lead("02 09:00", "assigned", owner_id="ann")], []),
    },
    "lead.slow_response": {
        "for a week of work": ({}, [lead("02 09:00", "created"), call("02 14:00")], ["02 14:00 - 11 14:00 expired"]),
        "since it was given to somebody": (
            {},
            [lead("02 09:00", "created"), lead("03 09:00", "assigned", owner_id="bob"), call("03 09:30")],
            [],
        ),
    },
    "task.due": {
        "until it is late": ({}, [task("01 00:00", "10")], ["10 00:00 - 11 00:00 became_overdue"]),
        "until it is done": ({}, [task("01 00:00", "10"), done("10 12:00")], ["10 00:00 - 10 12:00 completed"]),
        "in working time": (
            {"clock": "working", "before": "4h"},
            [task("01 00:00", "10T11:00:00Z"), done("10 10:00", "cancelled")],
            ["09 15:00 - 10 10:00 cancelled"],
        ),
    },
    "task.overdue": {
        "until it is dated anew": (
            {"clock": "working", "after": "1d"},
            [task("01 00:00", "10"), task("15 00:00", "20"), done("24 00:00")],
            # the 11th begins ── a day of work ── the 12th at nine; the 21st begins ── Monday 23rd ── the 24th at nine
            ["12 09:00 - 15 00:00 plan_moved"],
        ),
        "not what was done in time": ({}, [task("01 00:00", "10"), done("05 00:00")], []),
    },
}


@pytest.mark.parametrize(
    ("rule", "keys", "lines", "expected"),
    [pytest.param(rule, *case, id=f"{rule}: {name}") for rule, cases in CASES.items() for name, case in cases.items()],
)
def test_a_case(rule: str, keys: dict[str, Any], lines: list[bytes], expected: list[str]) -> None:
    calendar = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}
    policy = POLICY | {"calendar": calendar, "alerts": {rule: keys}}
    assert told(rule, *reversed(lines), policy=policy) == expected


WHOSE: dict[str, tuple[list[bytes], str | None]] = {
    "whom the opening names": ([opened("02 09:00")], "ann"),
    "who was given it last": (
        [
            opened("02 09:00"),
            step("02 10:00", "assigned", employee_id="bob"),
            step("02 11:00", "replied", employee_id="x"),
        ],
        "bob",
    ),
    "else who looks after the customer": (
        [opened("02 09:00", employee_id=None), at("03 00:00", "customer.upserted", owner_id="cid")],
        "cid",
    ),
    "else nobody": ([opened("02 09:00", employee_id=None)], None),
}


@pytest.mark.parametrize(("lines", "employee"), WHOSE.values(), ids=WHOSE.keys())
def test_whose_a_ticket_is(lines: list[bytes], employee: str | None) -> None:
    assert count(*reversed(lines)).alerts["ticket.resolution_breach", "t"].employee_id == employee


def test_what_must_hold_for_a_while_holds_for_so_long_on_its_clock() -> None:
    # Late since Tuesday at nine; six hours of work later it is 15:00.
    calendar = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}
    policy = POLICY | {"calendar": calendar, "alerts": {"ticket.response_breach": {"hold": "6h"}}}
    stands = [("ticket.response_breach", "t") in count(opened("02 09:00"), at=now, policy=policy).alerts
              for now in ("03 15:00", "03 15:01")]  # fmt: skip
    assert stands == [False, True]
