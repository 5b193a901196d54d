"""Leads and tasks, drawn as timelines in days of March 2026. A rule is watched alone; all time counts."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from streams.core.formats import reader, tagged
from streams.policy import Policy
from tests.unit.core.kit import WORK, Partition, attempt, contact, episodes, event, policy, said, us
from tests.unit.core.works import Works

Case = tuple[dict[str, Any], list[bytes], str, list[str]]


def alone(rule: str, **how: Any) -> Policy:
    off = {name: {"enabled": False} for name in (*WORK, "contact.interval_exceeded")}
    return policy(alerts=off | {rule: {"enabled": True} | how})


def lead(when: str, verb: str, /, **data: Any) -> bytes:
    return event(when, f"lead.{verb}", **{"lead_id": "l"} | data)


def call(when: str, /, **data: Any) -> bytes:
    """ann telephones the lead."""
    fields = {"employee_id": "ann", "lead_id": "l", "channel": "call", "direction": "outbound"}
    return event(when, "contact.logged", **fields | data)


def task(when: str, due: str = "2026-03-10", /, **data: Any) -> bytes:
    """ann has something to do."""
    return event(when, "task.assigned", **{"task_id": "k", "employee_id": "ann", "due_at": due} | data)


def done(when: str, verb: str = "completed", /, **data: Any) -> bytes:
    return event(when, f"task.{verb}", **{"task_id": "k", "employee_id": "ann"} | data)


CASES: dict[str, dict[str, Case]] = {
    "lead.unprocessed": {
        # 02 created ── 8 h ── 02 08:00
        "after eight hours": ({}, [lead("02", "created")], "02 08:01", ["unprocessed 02 08:00 condition_met"]),
        "not at the bound": ({}, [lead("02", "created")], "02 08:00", []),
        "until somebody tries": (
            {},
            [lead("02", "created", owner_id="ann"), call("03", connected=False)],
            "31",
            ["unprocessed 02 08:00-03 contacted ann"],
        ),
        "not where somebody tried in time": ({}, [lead("02", "created"), call("02 05:00")], "31", []),
        "a call that came in is no attempt": (
            {},
            [lead("02", "created"), call("02 05:00", direction="inbound")],
            "31",
            ["unprocessed 02 08:00 condition_met"],
        ),
        "nor is one from before": (
            {},
            [call("01"), lead("02", "created")],
            "31",
            ["unprocessed 02 08:00 condition_met"],
        ),
        "until it is disqualified": (
            {},
            [lead("02", "created"), lead("03", "disqualified")],
            "31",
            ["unprocessed 02 08:00-03 closed"],
        ),
        "until it is converted": (
            {},
            [lead("02", "created"), lead("03", "converted", customer_id="c")],
            "31",
            ["unprocessed 02 08:00-03 closed"],
        ),
        "an owner is no attempt": (
            {},
            [lead("02", "created"), lead("02 01:00", "assigned", owner_id="bob")],
            "31",
            ["unprocessed 02 08:00 condition_met bob"],
        ),
        "an attempt to reach the customer that it is": (
            {},
            [lead("02", "created", customer_id="c"), attempt("03")],
            "31",
            ["unprocessed 02 08:00-03 contacted"],
        ),
        "not one from before it": (
            {},
            [contact("01"), lead("02", "created", customer_id="c")],
            "31",
            ["unprocessed 02 08:00 condition_met"],
        ),
        "where it never was created": ({}, [lead("02", "assigned", owner_id="ann")], "31", []),
    },
    "lead.slow_response": {
        "for a week": (
            {},
            [lead("02", "created", owner_id="ann"), call("02 05:00")],
            "31",
            ["slow_response 02 05:00-09 05:00 expired ann"],
        ),
        "not within the hour": ({}, [lead("02", "created"), call("02 01:00")], "31", []),
        "since it was given to somebody": (
            {},
            [lead("02", "created"), lead("03", "assigned", owner_id="bob"), call("03 00:30")],
            "31",
            [],
        ),
    },
    "task.due": {
        # 01 assigned ── a day before the 11th begins: from the 10th on
        "the day before": ({}, [task("01")], "10 12:00", ["due 10 condition_met ann"]),
        "until it is late": ({}, [task("01")], "31", ["due 10 condition_met ann"]),
        "until it is done": ({}, [task("01"), done("10 12:00")], "31", ["due 10-10 12:00 completed ann"]),
        "sooner": ({"before": "3d"}, [task("01")], "09", ["due 08 condition_met ann"]),
        "from when it was given at short notice": (
            {},
            [task("10 20:00")],
            "10 21:00",
            ["due 10 20:00 condition_met ann"],
        ),
    },
    "task.overdue": {
        "when its day is over": ({}, [task("01")], "12", ["overdue 11 condition_met ann"]),
        "not before": ({}, [task("01")], "11", []),
        "until it is done": ({}, [task("01"), done("15")], "31", ["overdue 11-15 completed ann"]),
        "until it need not be done": ({}, [task("01"), done("15", "cancelled")], "31", ["overdue 11-15 cancelled ann"]),
        "until another date is set": (
            {},
            [task("01"), task("15", "2026-03-20")],
            "31",
            ["overdue 11-15 plan_moved ann", "overdue 21 condition_met ann"],
        ),
        "not what was done in time": ({}, [task("01"), done("05")], "31", []),
        "with a customer": ({}, [task("01", customer_id="c")], "12", ["overdue 11 condition_met ann"]),
        "with a customer until it is done": (
            {},
            [task("01", customer_id="c"), done("15")],
            "31",
            ["overdue 11-15 completed ann"],
        ),
        "whose it is now": (
            {},
            [task("01", "2026-03-20"), task("02", employee_id="bob")],
            "31",
            ["overdue 11 condition_met bob"],
        ),
    },
}


@pytest.mark.parametrize(
    ("rule", "how", "lines", "until", "expected"),
    [pytest.param(rule, *case, id=f"{rule}: {name}") for rule, cases in CASES.items() for name, case in cases.items()],
)
def test_a_lead_or_a_task(rule: str, how: dict[str, Any], lines: list[bytes], until: str, expected: list[str]) -> None:
    assert episodes(alone(rule, clock="elapsed", **how), lines, until) == expected


def test_they_say_which_and_what_to_do() -> None:
    partition = Partition(policy(alerts={rule: {"enabled": True, "clock": "elapsed"} for rule in WORK}))
    partition.tell(lead("02", "created"), task("01", kind="offer"), task("01", task_id="h", customer_id="c"))
    records = {record["rule"] + str(record["customer_id"]): record for record in partition.tick("12")}
    told = records["lead.unprocessedNone"]
    assert told["values"]["lead_id"] == "l"
    assert told["summary"] == "Lead l has no owner, and nobody has tried to reach it within 8h: call it now."
    told = records["task.overdueNone"]
    assert (told["values"]["task_id"], told["values"]["kind"]) == ("k", "offer")
    assert told["summary"] == (
        "Task k (offer) was to be done by 2026-03-11T00:00:00Z: do it now, or agree on another date."
    )
    assert records["task.overduec"]["values"]["task_id"] == "h"
    again = partition.restarted()
    again.tick("13")
    assert said(again.tell(done("13"))) == ["task.overdue resolved completed"]


def test_a_leads_alert_is_acknowledged_under_the_lead() -> None:
    partition = Partition(alone("lead.unprocessed", clock="elapsed"))
    partition.tell(lead("02", "created"))
    (fired,) = partition.tick("03")
    command = event("03", "alert.acknowledged", subject="l", alert_id=fired["id"], by="ann")
    assert said(partition.tell(command)) == ["lead.unprocessed acknowledged acknowledged"]


LINES = [
    lead("02", "created", customer_id="c-2"),
    attempt("04", customer_id="c-2", employee_id="ann"),
    contact("05", customer_id="c-2", employee_id="bob"),
    task("01", "2026-03-03", customer_id="c-7"),
    done("06"),
]


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::7])
def test_they_come_to_the_same_on_any_partitions_and_in_any_order(order: tuple[int, ...]) -> None:
    rules = policy(
        alerts={"contact.interval_exceeded": {"enabled": False}}
        | {rule: {"enabled": True, "clock": "elapsed"} for rule in WORK}
    )
    one, many = Works(rules, follow=True), Works(rules, partitions=5, follow=True)
    one.tell(LINES)
    for index in order:
        many.tell([LINES[index]])
        many.flush()
    for works in (one, many):
        for final in (False, True):
            works.tick(us("20"), final=final)
    left = [{record["id"]: record for record in works.alerts} for works in (one, many)]
    assert left[0] == {id: record for id, record in left[1].items() if record["reason"] != "withdrawn"}
    assert {(record["rule"], record["ended_at"]) for record in left[0].values()} == {
        ("lead.unprocessed", "2026-03-04T00:00:00Z"),
        ("lead.slow_response", "2026-03-11T00:00:00Z"),
        ("task.overdue", "2026-03-06T00:00:00Z"),
        ("task.due", "2026-03-04T00:00:00Z"),
    }


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([lead("02", "created", owner_id="ann")], {"leads:new": 1}),
        ([lead("02", "created", owner_id="ann"), call("02")], {"leads:contacted": 1}),
        ([lead("02", "created", owner_id="ann"), call("01"), call("03", direction="inbound")], {"leads:new": 1}),
        ([lead("02", "assigned", owner_id="ann"), call("01")], {"leads:contacted": 1}),
        (
            [
                lead("02", "created", owner_id="ann"),
                lead("04", "converted", customer_id="c"),
                lead("03", "disqualified"),
                call("05"),
            ],
            {"leads:converted": 1},
        ),
        ([lead("02", "created", owner_id="ann"), lead("03", "assigned", owner_id="bob")], {}),
        ([lead("02", "created")], {}),
    ],
)
def test_the_funnel_counts_a_lead_by_how_it_stands_to_who_has_it(lines: list[bytes], expected: dict[str, int]) -> None:
    for ordered in (lines, lines[::-1]):
        partition = Partition(policy())
        for line in ordered:
            partition.tell(line)
        assert partition.stage.funnel.totals.get("ann", {}).get("now", {}) == expected


def test_leads_that_a_former_release_did_not_count_come_into_the_funnel() -> None:
    former = Partition(policy())
    former.tell(lead("02", "created", owner_id="ann"), lead("02", "created", lead_id="m", owner_id="ann"))
    for key, value in former.states.items():
        if key.startswith((b'["lead",', b'["clock"]')):
            former.states[key] = tagged(reader(list[Any])(value)[: 4 if key == b'["clock"]' else -1])
    former.states = {key: value for key, value in former.states.items() if not key.startswith(b'["pipeline",')}
    now = former.restarted()
    now.tell(lead("03", "assigned", lead_id="m", owner_id="ann"))  # it is looked at before its turn
    now.tick("03")
    now.tell(lead("03", "disqualified"))
    for again in (now, now.restarted()):
        again.tell(call("04", lead_id="m"))
        assert again.stage.funnel.totals["ann"]["now"] == {"leads:contacted": 1, "leads:disqualified": 1}
