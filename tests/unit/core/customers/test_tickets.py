"""Tickets, drawn as timelines in days of March 2026 (the 2nd is a Monday); all about ticket `t`, which is ann's.

Work is from 09:00 to 17:00 on weekdays. A rule is watched alone.
"""

from __future__ import annotations

import copy
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.customers.state import TicketEntry
from streams.core.customers.tickets import advance, fold
from streams.core.customers.ticketview import OPENED, REPLIED
from streams.policy import Policy
from tests.unit.core.kit import (
    SERVICE,
    Partition,
    Record,
    contact,
    created,
    customer,
    episodes,
    event,
    policy,
    us,
)
from tests.unit.core.works import Works

Case = tuple[dict[str, Any], list[bytes], str, list[str]]


def alone(rule: str, **how: Any) -> Policy:
    off = {name: {"enabled": False} for name in (*SERVICE, "contact.interval_exceeded")}
    return policy(
        calendar={"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"},
        alerts=off | {rule: {"enabled": True} | how},
    )


def opened(when: str, /, **data: Any) -> bytes:
    fields = {"ticket_id": "t", "customer_id": "c", "kind": "request", "employee_id": "ann"}
    return event(when, "ticket.opened", **fields | data)


def step(when: str, verb: str, /, **data: Any) -> bytes:
    return event(when, f"ticket.{verb}", **{"ticket_id": "t", "employee_id": "ann"} | data)


CASES: dict[str, dict[str, Case]] = {
    "ticket.response_breach": {
        # Mon 02 09:00 ── 8 h of work ── Mon 02 17:00, so from Tue 03 09:00 on
        "after a day of work": ({}, [opened("02 09:00")], "03 09:01", ["response_breach 03 09:00 condition_met ann"]),
        "not at the bound": ({}, [opened("02 09:00")], "03 09:00", []),
        "until it is answered": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 14:00", "replied")],
            "31",
            ["response_breach 02 11:00-02 14:00 replied ann"],
        ),
        "not where it was answered in time": ({}, [opened("02 09:00"), step("02 16:00", "replied")], "31", []),
        "not ended by a machine": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 09:01", "replied", automatic=True)],
            "31",
            ["response_breach 02 11:00 condition_met ann"],
        ),
        "until it is resolved": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 14:00", "resolved")],
            "31",
            ["response_breach 02 11:00-02 14:00 resolved ann"],
        ),
        "by priority": (
            {"after": {"urgent": "1h", "default": "8h"}},
            [opened("02 09:00", priority="urgent")],
            "02 12:00",
            ["response_breach 02 10:00 condition_met ann"],
        ),
        "by a priority that is a number": (
            {"after": {"1": "1h"}},
            [opened("02 09:00", priority=1)],
            "02 12:00",
            ["response_breach 02 10:00 condition_met ann"],
        ),
        "on all time": (
            {"clock": "elapsed", "after": "20h"},
            [opened("02 09:00")],
            "31",
            ["response_breach 03 05:00 condition_met ann"],
        ),
        "while it is somebody else's": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 10:00", "assigned", employee_id="bob")],
            "31",
            ["response_breach 02 11:00 condition_met bob"],
        ),
    },
    "ticket.resolution_breach": {
        # 3 d are 24 h of work: Mon, Tue, Wed; so from Thu 05 09:00 on
        "after three days of work": (
            {},
            [opened("02 09:00")],
            "31",
            ["resolution_breach 05 09:00 condition_met ann"],
        ),
        "over a weekend": (
            {"after": "8h"},
            [opened("06 13:00")],
            "31",
            ["resolution_breach 09 13:00 condition_met ann"],
        ),
        "until it is resolved": (
            {},
            [opened("02 09:00"), step("06 10:00", "resolved")],
            "31",
            ["resolution_breach 05 09:00-06 10:00 resolved ann"],
        ),
        "until it is closed": (
            {},
            [opened("02 09:00"), step("06 10:00", "closed")],
            "31",
            ["resolution_breach 05 09:00-06 10:00 closed ann"],
        ),
        "an answer is no resolution": (
            {},
            [opened("02 09:00"), step("02 10:00", "replied")],
            "31",
            ["resolution_breach 05 09:00 condition_met ann"],
        ),
        "not while it waits for the customer": ({}, [opened("02 09:00"), step("02 10:00", "paused")], "31", []),
        "later by the time that it waited": (
            {"after": "8h"},
            [opened("02 09:00"), step("02 11:00", "paused"), step("03 11:00", "resumed")],
            "31",
            # 2 h on Monday, 6 h on Tuesday: the evening, so Wednesday morning
            ["resolution_breach 04 09:00 condition_met ann"],
        ),
        "a pause comes too late for what is late": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 12:00", "paused")],
            "31",
            ["resolution_breach 02 11:00 condition_met ann"],
        ),
        "again where it was reopened": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 12:00", "resolved"), step("03 10:00", "reopened")],
            "31",
            ["resolution_breach 02 11:00-02 12:00 resolved ann", "resolution_breach 03 10:00 condition_met ann"],
        ),
        "what time was left counts on": (
            {"after": "4h"},
            [opened("02 09:00"), step("02 12:00", "resolved"), step("03 10:00", "reopened")],
            "31",
            ["resolution_breach 03 11:00 condition_met ann"],
        ),
        "resumed twice, closed after it was resolved": (
            {"after": "2h"},
            [opened("02 09:00"), step("02 10:00", "resumed"), step("02 10:30", "resolved"), step("02 16:00", "closed")],
            "31",
            [],
        ),
    },
    "ticket.warning": {
        # of 24 h of work 19 h 12 min: Mon 8, Tue 8, Wed 3:12
        "when four fifths are gone, until it is late": (
            {},
            [opened("02 09:00")],
            "31",
            ["warning 04 12:12-05 09:00 breached ann"],
        ),
        "until it is resolved": (
            {},
            [opened("02 09:00"), step("04 13:00", "resolved")],
            "31",
            ["warning 04 12:12-04 13:00 resolved ann"],
        ),
        "not where it is resolved before": ({}, [opened("02 09:00"), step("04 12:00", "resolved")], "31", []),
    },
    "complaint.unresolved": {
        "after two days": (
            {},
            [opened("02 09:00", kind="complaint")],
            "31",
            ["unresolved 04 09:00 condition_met ann"],
        ),
        "of whatever else is no matter": ({}, [opened("02 09:00")], "31", []),
        "though it waits": (
            {},
            [opened("02 09:00", kind="complaint"), step("02 10:00", "paused")],
            "31",
            ["unresolved 04 09:00 condition_met ann"],
        ),
        "until it is settled": (
            {},
            [opened("02 09:00", kind="complaint"), step("06 10:00", "resolved")],
            "31",
            ["unresolved 04 09:00-06 10:00 resolved ann"],
        ),
    },
}


@pytest.mark.parametrize(
    ("rule", "how", "lines", "until", "expected"),
    [pytest.param(rule, *case, id=f"{rule}: {name}") for rule, cases in CASES.items() for name, case in cases.items()],
)
def test_a_ticket(rule: str, how: dict[str, Any], lines: list[bytes], until: str, expected: list[str]) -> None:
    assert episodes(alone(rule, **how), lines, until) == expected


def test_it_says_which_ticket_and_what_was_allowed() -> None:
    partition = Partition(alone("ticket.resolution_breach"))
    partition.tell(opened("02 09:00", kind="incident", priority="high"))
    (record,) = partition.tick("06")
    assert record["customer_id"] == "c"
    assert record["values"] == {
        "basis": "2026-03-02T09:00:00Z",
        "bound_passed_at": "2026-03-05T09:00:00Z",
        "bound": "3d",
        "ticket_id": "t",
        "kind": "incident",
        "priority": "high",
    }
    assert record["summary"] == (
        "The incident of customer c (ticket t) was not resolved within 3d: resolve it, or ask for help."
    )
    again = partition.restarted()
    again.tick("06 10:00")
    (ended,) = again.tell(step("06 10:00", "resolved"))
    assert (ended["id"], ended["status"], ended["reason"]) == (record["id"], "resolved", "resolved")


BREACHED = [
    opened("02 09:00", customer_id="c-1"),
    step("02 09:30", "assigned", employee_id="bob"),
    step("02 10:00", "paused", employee_id=None),
    step("03 10:00", "resumed", employee_id="eve"),
    step("06 10:00", "resolved", employee_id="bob"),
]
"""Each is the affair of another partition: the customer's, the ticket's, and those of three employees."""


def last(alerts: list[Record]) -> dict[str, Record]:
    return {record["id"]: record for record in alerts}


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_its_steps_reach_its_customer_wherever_and_in_whatever_order_they_come_in(order: tuple[int, ...]) -> None:
    rules = alone("ticket.resolution_breach", after="8h")
    one, many = Works(rules, follow=True), Works(rules, partitions=5, follow=True)
    one.tell(BREACHED)
    for index in order:
        many.tell([BREACHED[index]])
        many.tell([BREACHED[index]])  # a duplicate changes nothing
        many.flush()
    for works in (one, many):
        works.tick(us("20"))
        works.tick(us("20"), final=True)
    assert last(many.alerts) == last(one.alerts) != {}
    (record,) = last(many.alerts).values()
    assert (record["status"], record["employee_id"], record["ended_at"]) == ("resolved", "bob", "2026-03-06T10:00:00Z")


def test_a_step_waits_for_the_opening_through_a_restart() -> None:
    partition = Partition(alone("ticket.response_breach", after="2h"))
    partition.tell(step("02 10:00", "replied"))
    partition.tell(step("02 11:00", "paused"))
    assert [json.loads(key)[1:] for key in partition.states if key.startswith(b'["case"')] == [
        ["ticket:t", 0],
        ["ticket:t", 1],
    ]
    again = partition.restarted()
    again.tick("05")
    assert again.tell(opened("02 09:00")) == []  # it was answered in time
    assert [json.loads(key)[1:] for key in again.states if key.startswith(b'["case"')] == [["ticket:t"]]
    assert again.restarted().stage.customers["c"].tickets["t"].view is not None


def test_a_ticket_that_nobody_has_is_whose_the_customer_is() -> None:
    partition = Partition(alone("ticket.response_breach"))
    partition.tell(opened("02 09:00", employee_id=None))
    (record,) = partition.tick("05")
    assert record["employee_id"] is None
    for line, who in (
        (contact("04", employee_id="eve"), "eve"),
        (created("04 01:00", owner_id="bob"), "bob"),
        (customer("04 02:00", owner_id="cid"), "cid"),
        (step("04 03:00", "assigned", employee_id="ann"), "ann"),
    ):
        (record,) = [told for told in partition.tell(line) if told["rule"].startswith("ticket.")]
        assert (record["employee_id"], record["reason"]) == (who, "reassigned")


def test_many_steps_that_wait_make_no_large_record() -> None:
    partition = Partition(alone("ticket.response_breach"))
    steps = [step(f"02 10:{minute:02d}", "replied", id=f"s{minute}") for minute in range(60)]
    for line in steps:
        partition.tell(line)
        assert len([key for key, _ in partition.changes.states if key.startswith(b'["case"')]) == 1
    partition.tell(opened("02 09:00"))
    assert len(partition.stage.customers["c"].tickets["t"].log) == 61


def test_a_ticket_that_was_never_opened_is_nobodys() -> None:
    partition = Partition(alone("ticket.response_breach"))
    assert partition.tell(step("02 10:00", "assigned"), step("02 11:00", "resolved")) == []
    assert partition.tick("20") == []
    assert len(partition.stage.customers) == 0


steps = st.tuples(st.integers(0, 8), st.integers(0, 7), st.booleans())


@given(st.lists(steps, min_size=1, max_size=14))
def test_a_step_in_order_changes_a_ticket_as_all_its_steps_make_it(drawn: list[tuple[int, int, bool]]) -> None:
    log = [
        TicketEntry(
            time,
            kind,
            "/crm",
            f"{number:02d}",
            None if automatic and kind != REPLIED else f"e{number}",
            automatic and kind == REPLIED,
            "request" if kind == OPENED else None,
        )
        for number, (time, kind, automatic) in enumerate(drawn)
    ]
    log.sort(key=lambda entry: entry[:4])
    for length in range(1, len(log)):
        view = fold(log[:length])
        if view is not None:
            before = copy.deepcopy(view)
            assert advance(view, log[length]) == fold(log[: length + 1])
            assert view == before
