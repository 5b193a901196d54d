"""What leads, tickets and tasks count for, drawn as timelines in March 2026 (the 2nd is a Monday).

Work is from 09:00 to 17:00 on weekdays. All is about lead `l`, ticket `t` and task `k`; lengths are in hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, permutations
from typing import Any

import pytest

from streams.core.formats import reader, tagged
from streams.core.kpis import values
from streams.core.records import write_policy
from streams.core.stage import POLICY
from streams.policy import Policy
from tests.unit.core.kit import HOUR, MARCH, Partition, attempt, contact, customer, event, policy
from tests.unit.core.works import Works

WORKDAYS: dict[str, Any] = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}
OFFICE = policy(calendar=WORKDAYS)
APRIL = "m24315"
Counted = dict[str, dict[str, float]]


def lead(when: str, verb: str, /, **data: Any) -> bytes:
    return event(when, f"lead.{verb}", **{"lead_id": "l"} | data)


def call(when: str, who: str = "ann", /, **data: Any) -> bytes:
    fields = {"employee_id": who, "lead_id": "l", "channel": "call", "direction": "outbound"}
    return event(when, "contact.logged", **fields | data)


def opened(when: str, who: str | None = "ann", /, **data: Any) -> bytes:
    fields = {"ticket_id": "t", "customer_id": "c", "kind": "request", "employee_id": who}
    return event(when, "ticket.opened", **fields | data)


def step(when: str, verb: str, who: str | None = None, /, **data: Any) -> bytes:
    return event(when, f"ticket.{verb}", **{"ticket_id": "t", "employee_id": who} | data)


def task(when: str, due: str, who: str = "ann", /, **data: Any) -> bytes:
    return event(when, "task.assigned", **{"task_id": "k", "employee_id": who, "due_at": due} | data)


def done(when: str, who: str = "ann", verb: str = "completed") -> bytes:
    return event(when, f"task.{verb}", task_id="k", employee_id=who)


OURS = ("lead", "ticket", "complaints", "first_response", "resolution", "open_tickets", "task")


def counted(partition: Partition, bucket: str = MARCH) -> Counted:
    """By employee, what of it is in a bucket, the bins left out."""
    found: Counted = {}
    for who, buckets in partition.stage.ledger.totals.items():
        for name, value in buckets.get(bucket, {}).items():
            if name.startswith(OURS) and "~" not in name:
                found.setdefault(who, {})[name] = value / HOUR if name.endswith("_us") else value
    return found


def told(lines: Iterable[bytes], rules: Policy = OFFICE) -> Partition:
    partition = Partition(rules)
    for line in lines:
        partition.tell(line)
    return partition


def took(what: str, hours: float) -> dict[str, float]:
    return {f"{what}s": 1} | ({f"{what}_us": hours} if hours else {})


# Each is (events, what they count for in March), whatever the order in which they come.
CASES: dict[str, tuple[list[bytes], Counted]] = {
    "a lead is its owner's": ([lead("02", "created", owner_id="ann")], {"ann": {"leads": 1}}),
    "a lead is its first owner's": (
        [lead("02", "created"), lead("04", "assigned", owner_id="bob"), lead("05", "assigned", owner_id="ann")],
        {"bob": {"leads": 1}},
    ),
    "even if it was given away before it was there": (
        [lead("02", "created"), lead("01", "assigned", owner_id="bob"), lead("05", "assigned", owner_id="ann")],
        {"bob": {"leads": 1}},
    ),
    "a lead of nobody is nobody's": ([lead("02", "created")], {}),
    "one that never was created counts nowhere": (
        [lead("02", "assigned", owner_id="ann"), lead("03", "converted", customer_id="c"), call("04")],
        {},
    ),
    "a lead counts once, where it was created first": (
        [lead("02", "created", owner_id="ann"), lead("03", "created", owner_id="bob")],
        {"ann": {"leads": 1}},
    ),
    "of two creations at one instant the lesser is the first": (
        [lead("02", "created", owner_id="bob", id="y"), lead("02", "created", owner_id="ann", id="x")],
        {"ann": {"leads": 1}},
    ),
    "a lead is converted by its newest closing": (
        [
            lead("02", "created", owner_id="ann"),
            lead("04", "disqualified"),
            lead("05", "converted", customer_id="c"),
        ],
        {"ann": {"leads": 1, "leads_converted": 1}},
    ),
    "at one instant it is disqualified": (
        [lead("02", "created", owner_id="ann"), lead("05", "disqualified"), lead("05", "converted", customer_id="c")],
        {"ann": {"leads": 1}},
    ),
    # 02 09:00 created ── 6 h, all time counts ── 02 15:00 bob tries; ann's call of the 3rd is not the first
    "the first attempt is whose it was": (
        [lead("02 09:00", "created"), call("02 15:00", "bob", connected=False), call("03", "ann")],
        {"bob": took("lead_response", 6)},
    ),
    "an attempt before the lead, or from the other side, is none": (
        [lead("02 09:00", "created"), call("02 08:00", "bob"), call("02 10:00", direction="inbound"), call("03 09:00")],
        {"ann": took("lead_response", 24)},
    ),
    "one at the instant of the creation is": (
        [lead("02 09:00", "created"), call("02 09:00")],
        {"ann": took("lead_response", 0)},
    ),
    # 02 09:00 created ── 02 12:00 given to ann ── 02 13:00 to bob ── 2 h ── 02 15:00 bob ── 02 16:00 given again
    "it counts from the newest assignment": (
        [
            lead("02 09:00", "created", owner_id="cid"),
            lead("02 12:00", "assigned", owner_id="ann"),
            lead("02 13:00", "assigned", owner_id="bob"),
            call("02 15:00", "bob"),
            lead("02 16:00", "assigned", owner_id="ann"),
        ],
        {"cid": {"leads": 1}, "bob": took("lead_response", 2)},
    ),
    "be it at the very instant": (
        [lead("02 09:00", "created"), lead("02 12:00", "assigned", owner_id="ann"), call("02 12:00", "bob")],
        {"ann": {"leads": 1}, "bob": took("lead_response", 0)},
    ),
    "not from one before the creation": (
        [lead("02 09:00", "created"), lead("01", "assigned", owner_id="ann"), call("02 10:00", "bob")],
        {"ann": {"leads": 1}, "bob": took("lead_response", 1)},
    ),
    "of attempts at one instant the lesser employee's is the first": (
        [
            lead("02", "created", customer_id="c"),
            call("03", "cid"),
            attempt("03", employee_id="bob"),
            call("03", "dan"),
        ],
        {"bob": took("lead_response", 24)},
    ),
    "so it is of two with the customer": (
        [lead("02", "created", customer_id="c"), attempt("03", employee_id="cid"), attempt("03", employee_id="bob")],
        {"bob": took("lead_response", 24)},
    ),
    "an attempt to reach the customer is one, whichever creation names it": (
        [lead("02 09:00", "created"), lead("02 10:00", "created", customer_id="c"), contact("02 12:00"), call("03")],
        {"ann": took("lead_response", 3)},
    ),
    # Friday 06 16:00 opened ── 1 h ── the weekend ── Monday 09: 1 h ── 10:00 paused ── 12:00 resumed ── 2 h ── 14:00
    "a ticket is worked on in working time, pauses out": (
        [
            opened("06 16:00"),
            step("09 10:00", "paused"),
            step("09 12:00", "resumed"),
            step("09 14:00", "resolved", "bob"),
        ],
        {"ann": {"tickets": 1, "tickets_solved": 1}, "bob": took("resolution", 4)},
    ),
    # 02 09:00 ── 1 h ── 10:00 resolved ── 03 09:00 reopened ── 2 h ── 11:00 closed by whose it is
    "a ticket is solved when it was so last": (
        [
            opened("02 09:00", kind="complaint"),
            step("02 10:00", "resolved", "bob"),
            step("03 09:00", "reopened"),
            step("03 11:00", "closed"),
        ],
        {"ann": {"tickets": 1, "complaints": 1, "tickets_solved": 1} | took("resolution", 3)},
    ),
    "one that is open again is not": (
        [opened("02 09:00"), step("02 10:00", "resolved", "bob"), step("03 09:00", "reopened")],
        {"ann": {"tickets": 1}},
    ),
    "what solves a solved one changes nothing": (
        [opened("02 09:00"), step("02 10:00", "resolved", "bob"), step("03 11:00", "closed", "cid")],
        {"ann": {"tickets": 1, "tickets_solved": 1}, "bob": took("resolution", 1)},
    ),
    # At one instant: resolved (by bob), reopened, closed (by cid)
    "at one instant the last to solve it did": (
        [
            opened("02 09:00"),
            step("02 10:00", "closed", "cid"),
            step("02 10:00", "resolved", "bob"),
            step("02 10:00", "reopened"),
        ],
        {"ann": {"tickets": 1, "tickets_solved": 1}, "cid": took("resolution", 1)},
    ),
    "who solved it is the assignee where nobody is named": (
        [opened("02 09:00"), step("02 10:00", "assigned", "bob"), step("02 11:00", "closed"),
         step("02 12:00", "assigned", "cid")],
        {"ann": {"tickets": 1, "tickets_solved": 1}, "bob": took("resolution", 2)},
    ),
    # 01 the customer is ann's ── 03 bob's ── 04 cid's; opened on the 2nd, solved on the 3rd, after 8 h of work
    "or the customer's owner then": (
        [
            customer("01", owner_id="ann"),
            opened("02 09:00", None),
            customer("03 09:00", owner_id="bob"),
            step("03 09:00", "closed"),
            customer("04", owner_id="cid"),
        ],
        {"ann": {"tickets": 1, "tickets_solved": 1}, "bob": took("resolution", 8)},
    ),
    "a ticket is the first one's to whom it was given, if its opening names nobody": (
        [customer("01", owner_id="cid"), opened("02 09:00", None), step("03", "assigned", "bob"),
         step("04", "assigned", "ann")],
        {"bob": {"tickets": 1}},
    ),
    "what came before its opening tells whose it is, no more": (
        [step("01", "assigned", "bob"), step("01", "resolved", "cid"), opened("02 09:00", None)],
        {"bob": {"tickets": 1}},
    ),
    "a ticket that was never opened counts nowhere": (
        [customer("01", owner_id="ann"), step("02", "assigned", "bob"), step("03", "resolved", "bob")],
        {},
    ),
    "a ticket counts once, where it was opened first": (
        [opened("03 09:00", "bob", kind="complaint"), opened("02 09:00")],
        {"ann": {"tickets": 1}},
    ),
    # 02 09:00 ── a machine at once ── 2 h ── 11:00 paused ── 13:00 bob answers, during the pause; ann on the 3rd
    "the first answer of a person": (
        [
            opened("02 09:00"),
            step("02 09:00", "replied", "cid", automatic=True),
            step("02 11:00", "paused"),
            step("02 13:00", "replied", "bob"),
            step("03 09:00", "replied", "ann"),
        ],
        {"ann": {"tickets": 1}, "bob": took("first_response", 2)},
    ),
    "at one instant that of a person, not of a machine; of two the lesser's": (
        [
            opened("02 09:00"),
            step("02 10:00", "replied", "dan", automatic=True, id="a"),
            step("02 10:00", "replied", "bob", id="b"),
            step("02 10:00", "replied", "cid", id="c"),
        ],
        {"ann": {"tickets": 1}, "bob": took("first_response", 1)},
    ),
    "an answer after it was solved": (
        [opened("02 09:00"), step("02 10:00", "closed"), step("05 10:00", "replied", "bob")],
        {"ann": {"tickets": 1, "tickets_solved": 1} | took("resolution", 1), "bob": took("first_response", 1)},
    ),
    "a task is due on its day": ([task("01", "2026-03-31")], {"ann": {"tasks_due": 1}}),
    "the beginning of the next is not that day": ([task("01", "2026-04-01T00:00:00Z")], {}),
    "a task is whose it was last": (
        [task("01", "2026-04-02"), task("02", "2026-03-20", "bob"), done("19", "cid")],
        {"bob": {"tasks_due": 1, "tasks_done": 1}, "cid": {"tasks_completed": 1, "tasks_on_time": 1}},
    ),
    "of two at one instant the greater is the last": (
        [task("01", "2026-03-20", "bob", id="y"), task("01", "2026-03-20", "ann", id="x")],
        {"bob": {"tasks_due": 1}},
    ),
    "what is cancelled is not due": ([task("01", "2026-03-20"), done("05"), done("06", verb="cancelled")], {}),
    "at one instant it is cancelled": ([task("01", "2026-03-20"), done("05"), done("05", verb="cancelled")], {}),
    "unless it was done after all": (
        [task("01", "2026-03-20"), done("05", verb="cancelled"), done("06")],
        {"ann": {"tasks_due": 1, "tasks_done": 1, "tasks_completed": 1, "tasks_on_time": 1}},
    ),
    "a day lasts until it ends": (
        [task("01", "2026-03-20"), done("21 00:00")],
        {"ann": {"tasks_due": 1, "tasks_done": 1, "tasks_completed": 1, "tasks_on_time": 1}},
    ),
    "and no longer": (
        [task("01", "2026-03-20"), done("21 00:01")],
        {"ann": {"tasks_due": 1, "tasks_done": 1, "tasks_completed": 1}},
    ),
    "an instant is an instant": (
        [task("01", "2026-03-20T12:00:00Z", customer_id="c"), done("20 12:01")],
        {"ann": {"tasks_due": 1, "tasks_done": 1, "tasks_completed": 1}},
    ),
    "what was never given to anybody counts nowhere": ([done("05")], {}),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), CASES.values(), ids=CASES)
def test_what_counts_for_whom(lines: list[bytes], expected: Counted) -> None:
    for order in islice(permutations(lines), 0, 120, 7):
        partition = told([*order, *order[:2]])
        assert counted(partition) == expected
        assert counted(partition.restarted()) == expected


OPEN: dict[str, tuple[list[bytes], dict[str, int]]] = {
    "the newest assignee's": (
        [opened("02 09:00"), step("03", "assigned", "bob"), step("04", "assigned", "cid")],
        {"cid": 1},
    ),
    "else whom its opening names": ([customer("01", owner_id="bob"), opened("02 09:00")], {"ann": 1}),
    "else whose the customer is": (
        [customer("01", owner_id="bob"), opened("02 09:00", None), customer("03", owner_id="cid")],
        {"cid": 1},
    ),
    "nobody's": ([customer("01", owner_id="bob"), opened("02 09:00", None), customer("03", owner_id=None)], {}),
    "not one that is solved": ([opened("02 09:00"), step("03", "closed")], {}),
    "one that is open again": ([opened("02 09:00"), step("03", "closed"), step("04", "reopened")], {"ann": 1}),
}


@pytest.mark.parametrize(("lines", "expected"), OPEN.values(), ids=OPEN)
def test_whose_a_ticket_is_that_is_open(lines: list[bytes], expected: dict[str, int]) -> None:
    for order in permutations(lines):
        partition = told(order)
        assert {who: found["open_tickets"] for who, found in counted(partition, "now").items()} == expected


def test_what_is_due_next_month_counts_there() -> None:
    assert counted(told([task("01", "2026-04-01T00:00:00Z")]), APRIL) == {"ann": {"tasks_due": 1}}


def test_a_local_day_is_one_of_the_policys_zone() -> None:
    # In Shanghai the 31st of March ends at 16:00 in UTC.
    rules = policy(timezone="Asia/Shanghai")
    late = [lead("31 16:00", "created", owner_id="ann"), task("01", "2026-03-31"), task("01", "2026-03-31T16:00:00Z",
            "bob", task_id="h")]  # fmt: skip
    assert counted(told(late, rules)) == {"ann": {"tasks_due": 1}}
    assert counted(told(late, rules), APRIL) == {"ann": {"leads": 1}, "bob": {"tasks_due": 1}}


def test_the_figures_of_a_month() -> None:
    """Answers after 1, 2 and 10 h: a mean of 13/3 h = 15600 s. Half are no longer than 2 h = 7.2e9 us, of which the
    seven highest of 33 binary digits are 107, and 107 * 2^26 us = 7180.648448 s; 95 of a hundred no longer than 10 h =
    3.6e10 us, the highest of whose 36 are 67, and 67 * 2^29 us = 35970.351104 s."""
    answers = {"t": "02 10:00", "u": "02 11:00", "v": "03 11:00"}
    lines = [opened("02 09:00", ticket_id=name) for name in answers]
    lines += [step(when, "replied", "ann", ticket_id=name) for name, when in answers.items()]
    lines += [step("02 12:00", "closed", ticket_id="t")]
    partition = told(lines)
    found = values(partition.stage.ledger.totals["ann"][MARCH], "month", False)
    assert {name: (float(v.value), v.number) for name, v in found.items() if name.startswith(("first", "res"))} == {
        "first_response_seconds": (15600, 3),
        "first_response_seconds_p50": (7180.648448, 3),
        "first_response_seconds_p95": (35970.351104, 3),
        "resolution_seconds": (3 * 3600, 1),
        "resolution_seconds_p50": (80 * 2**27 / 1e6, 1),  # 1.08e10 us have 34 digits
        "resolution_seconds_p95": (80 * 2**27 / 1e6, 1),
        "resolution_rate": (1 / 3, 3),
    }
    assert [found[name].ratio for name in ("tickets_handled", "complaint_rate")] == [(1, 1), (0, 3)]
    assert "leads" not in found
    assert "open_tickets" not in found


SOME = [
    customer("01", owner_id="bob"),
    opened("06 16:00", None),
    step("09 10:00", "replied", "ann"),
    step("09 12:00", "closed"),
    opened("02 09:00", ticket_id="open"),
    task("01", "2026-03-20"),
    task("01", "2026-03-20", task_id="h", customer_id="c"),
    done("05"),
    lead("02 09:00", "created", owner_id="ann"),
    call("02 10:00"),
]


def test_a_new_calendar_changes_how_much_was_worked() -> None:
    # 06 16:00 ── 1 h ── Monday 09: 1 h ── 10:00 ── 2 h ── 12:00; in all time 66 and 68 h
    partition = told(SOME)
    before = counted(partition)
    assert (before["ann"]["first_response_us"], before["bob"]["resolution_us"]) == (2, 4)
    renewed = policy()
    partition.offset += 1
    partition.stage.apply(POLICY, write_policy(renewed), partition.offset)
    partition.tick("10")
    partition.tick("11")
    assert partition.stage.ledger.totals == told(SOME, renewed).stage.ledger.totals
    assert (counted(partition)["ann"]["first_response_us"], counted(partition)["bob"]["resolution_us"]) == (66, 68)


def former(partition: Partition) -> Partition:
    """The same as a former release had left it: it counted no cases, and kept no day on which a task is due."""
    for key, value in partition.states.items():
        content: Any = reader(object)(value)
        if key == b'["clock"]':
            partition.states[key] = tagged(content[:5])
        elif key.startswith(b'["customer",'):
            partition.states[key] = tagged(content[:17])
        elif key.startswith(b'["task",'):
            partition.states[key] = tagged([[entry[:-1] for entry in content[0]], *content[1:]])
    for key in [key for key in partition.states if key.startswith(b'["measures",')]:
        sums: Any = reader(dict[str, int])(partition.states[key])
        kept = {name: value for name, value in sums.items() if not name.startswith(OURS)}
        partition.states[key] = tagged(kept)
    return partition


def test_what_a_former_release_did_not_count_is_counted_once() -> None:
    expected, left = told(SOME), former(told(SOME))
    expected.tick("10")
    now = left.restarted()
    assert counted(now) == {}
    now.tell(step("10", "reopened"))  # it is looked at before its turn
    now.tell(step("10", "closed"))
    assert counted(now)["bob"]["resolution_us"] == 4
    assert "leads" not in counted(now).get("ann", {})
    now.tick("10")
    for again in (now, now.restarted()):
        again.tell(customer("11", grade="gold"), lead("11", "assigned", owner_id="bob"))
        again.tick("11")
        assert counted(again) == counted(expected)
        assert counted(again, "now") == counted(expected, "now") == {"ann": {"open_tickets": 1}}


LINES = [
    lead("02", "created", customer_id="c-2"),
    attempt("04", customer_id="c-2", employee_id="ann"),
    opened("02 09:00", None, customer_id="c-7"),
    step("02 11:00", "closed"),
    customer("01", customer_id="c-7", owner_id="bob"),
    task("01", "2026-03-20", "cid"),
    done("05", "cid"),
]


@pytest.mark.parametrize("order", list(islice(permutations(range(7)), 0, None, 997)))
def test_partitions_and_order_change_nothing(order: tuple[int, ...]) -> None:
    works = Works(OFFICE, partitions=5)
    for index in order:
        works.tell([LINES[index]])
        works.flush_customers()
    works.flush_customers()
    found: Counted = {}
    for seat in works.customers:
        stage: Any = seat.stage
        for who, buckets in stage.ledger.totals.items():
            for name, value in buckets.get(MARCH, {}).items():
                if name.startswith(OURS) and "~" not in name:
                    mine = found.setdefault(who, {})
                    mine[name] = mine.get(name, 0) + (value / HOUR if name.endswith("_us") else value)
    assert found == {
        "ann": took("lead_response", 48),
        "bob": {"tickets": 1, "tickets_solved": 1} | took("resolution", 2),
        "cid": {"tasks_due": 1, "tasks_done": 1, "tasks_completed": 1, "tasks_on_time": 1},
    }
