"""What an employee logged on a day, drawn as timelines in days of March 2026. A rule is watched alone, and short of
what is usual: three times are once too often."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from streams.core.alerts import episode_id
from streams.core.customers import Customers
from streams.core.stage import MARKS, partition_of
from streams.events.instants import iso
from streams.policy import Policy
from tests.unit.core.kit import (
    DAY,
    HOUR,
    Partition,
    Record,
    attempt,
    contact,
    employee,
    episodes,
    event,
    policy,
    said,
    us,
)
from tests.unit.core.works import Works, settled

QUIET = ("contact.due", "contact.overdue", "contact.interval_exceeded")
Case = tuple[dict[str, Any], list[bytes], str, list[str]]


def alone(rule: str, **how: Any) -> Policy:
    off = {name: {"enabled": False} for name in QUIET}
    return policy(alerts=off | {rule: {"enabled": True, "count": 3} | how})


def calls(*instants: str, **data: Any) -> list[bytes]:
    """ann calls a customer at each instant, another one each time."""
    return [contact(at, customer_id=f"c{number}", **data) for number, at in enumerate(instants)]


def entered(at: str, *instants: str, **data: Any) -> list[bytes]:
    """Contacts made at some instants, which ann enters at another, a minute apart."""
    return [
        contact(made, customer_id=f"c{number}", enteredtime=iso(us(at) + number * 60_000_000), **data)
        for number, made in enumerate(instants)
    ]


def answered(*instants: str, kind: str = "csat", score: str | None = "9", **data: Any) -> list[bytes]:
    """Customers answer about ann at each instant, with a score that is none of its kind."""
    scored = {} if score is None else {"score": score}
    about = {"employee_id": "ann", "kind": kind} | scored | data
    return [event(at, "feedback.received", **{"customer_id": f"c{n}"} | about) for n, at in enumerate(instants)]


CASES: dict[str, dict[str, Case]] = {
    "dq.suspicious": {
        # 02 10:00 ─ 10:20 ─ 10:50: three within an hour; a week later it is over
        "as many as cannot be": (
            {},
            calls("02 10:00", "02 10:20", "02 10:50", "02 10:55"),
            "31",
            ["suspicious 02 10:50-09 10:50 expired ann"],
        ),
        "within the hour at most": ({}, calls("02 10:00", "02 10:20", "02 11:00"), "03",
                                    ["suspicious 02 11:00 condition_met ann"]),
        "not over more than an hour": ({}, calls("02 10:00", "02 10:20", "02 11:01"), "31", []),
        "nor of several people": (
            {},
            [*calls("02 10:00", "02 10:20"), contact("02 10:50", employee_id="bob")],
            "31",
            [],
        ),
        "nor over midnight": ({}, calls("02 23:40", "02 23:50", "03 00:10"), "31", []),
        "nor of mails": ({}, calls("02 10:00", "02 10:20", "02 10:50", channel="email"), "31", []),
        "nor of attempts": ({}, [*calls("02 10:00", "02 10:20"), attempt("02 10:50")], "31", []),
        "once a day": (
            {},
            calls("02 10:00", "02 10:20", "02 10:50", "02 15:00", "02 15:10", "02 15:20", "03 09:00", "03 09:01",
                  "03 09:02"),
            "04",
            ["suspicious 02 10:50 condition_met ann", "suspicious 03 09:02 condition_met ann"],
        ),
        "held": ({"hold": "1d"}, calls("02 10:00", "02 10:20", "02 10:50"), "03 10:50", []),
        "and then told": (
            {"hold": "1d"},
            calls("02 10:00", "02 10:20", "02 10:50"),
            "03 10:51",
            ["suspicious 02 10:50 held ann"],
        ),
        "up the ladder": (
            {"escalate": [{"to": "owner"}, {"after": "1d", "to": "manager"}]},
            [employee("01", manager_id="eve"), *calls("02 10:00", "02 10:20", "02 10:50")],
            "03 10:51",
            ["suspicious 02 10:50 escalated ann"],
        ),
        "of leads too": (
            {},
            [
                event(at, "contact.logged", employee_id="ann", lead_id="l", channel="visit", direction="outbound")
                for at in ("02 10:00", "02 10:20", "02 10:50")
            ],
            "03",
            ["suspicious 02 10:50 condition_met ann"],
        ),
    },
    "dq.feedback_score": {
        "one is enough": ({"count": 1}, answered("02 08:00"), "31", ["feedback_score 02 08:00-09 08:00 expired ann"]),
        "once a day": (
            {"count": 1},
            answered("02 08:00", "02 09:00", "03 10:00"),
            "04",
            ["feedback_score 02 08:00 condition_met ann", "feedback_score 03 10:00 condition_met ann"],
        ),
        "a score that is missing, of a customer that is not named": (
            {"count": 1},
            answered("02 08:00", score=None, customer_id=None, kind="nps"),
            "03",
            ["feedback_score 02 08:00 condition_met ann"],
        ),
        "as many as the rule says": ({}, answered("02 08:00", "02 09:00"), "31", []),
        "of who it is about": (
            {"count": 2},
            [*answered("02 08:00"), *answered("02 09:00", employee_id="bob")],
            "31",
            [],
        ),
        "not what is a score of its kind": ({"count": 1}, answered("02 08:00", kind="nps"), "31", []),
        "nor what nobody asked for": ({"count": 1}, answered("02 08:00", kind="suggestion", score="11"), "31", []),
    },
    "dq.suspicious_calls": {
        "three of no length on a day": (
            {},
            calls("02 08:00", "02 12:00", "02 18:00", duration_s=0),
            "31",
            ["suspicious_calls 02 18:00-09 18:00 expired ann"],
        ),
        "not two": ({}, calls("02 08:00", "02 12:00", "03 18:00", duration_s=0), "31", []),
        "not where somebody was heard": ({}, calls("02 08:00", "02 12:00", "02 18:00", duration_s=0.5), "31", []),
        "not where nobody says": ({}, calls("02 08:00", "02 12:00", "02 18:00"), "31", []),
        "not where nobody was reached": (
            {},
            calls("02 08:00", "02 12:00", "02 18:00", duration_s=0, connected=False),
            "31",
            [],
        ),
        "not by mail": ({}, calls("02 08:00", "02 12:00", "02 18:00", duration_s=0, channel="email"), "31", []),
    },
    "dq.backdated": {
        # made on 02, 03 and 04, entered on 20: all more than a week after
        "three that were entered long after": (
            {},
            entered("20 17:00", "02", "03", "04"),
            "31",
            ["backdated 20 17:02-27 17:02 expired ann"],
        ),
        "not before they are": ({}, entered("20 17:00", "02", "03", "04"), "20 17:01", []),
        "not within what is allowed": ({}, entered("09", "02", "03", "04"), "31", []),
        "not those of another day": (
            {},
            [*entered("20 17:00", "02", "03"), *entered("21 17:00", "04")],
            "31",
            [],
        ),
        "not the two that are late of three": ({}, entered("11 12:00", "02", "03", "09"), "31", []),
        "in working time": (
            {"clock": "working", "after": "5d"},
            entered("09 00:00", "02", "02 10:00", "02 12:00"),
            "31",
            [],
        ),
        "attempts too": (
            {},
            entered("20 17:00", "02", "03", "04", connected=False),
            "21",
            ["backdated 20 17:02 condition_met ann"],
        ),
        "not what says nothing of it, such as a backfill": ({}, calls("02", "03", "04"), "31", []),
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "how", "lines", "until", "expected"),
    [pytest.param(rule, *case, id=f"{rule}: {name}") for rule, cases in CASES.items() for name, case in cases.items()],
)
def test_what_an_employee_logs(
    rule: str, how: dict[str, Any], lines: list[bytes], until: str, expected: list[str]
) -> None:
    calendar = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}
    rules = alone(rule, **how)
    if "clock" in how:
        rules = policy(calendar=calendar, alerts={rule: {"enabled": True, "count": 3} | how})
    assert episodes(rules, lines, until) == expected


def test_a_day_is_one_of_the_policys_zone() -> None:
    late = calls("02 23:40", "02 23:50", "03 00:10")
    rules = {name: {"enabled": False} for name in QUIET} | {"dq.suspicious": {"enabled": True, "count": 3}}
    there = policy(timezone="Asia/Shanghai", alerts=rules)
    assert episodes(there, late, "04") == ["suspicious 03 00:10 condition_met ann"]


def last(records: list[Record]) -> Record:
    return records[-1]


def test_an_alert_says_what_was_odd_and_what_to_do() -> None:
    told = {
        rule: last(partition_of_rule(rule, lines, "21"))
        for rule, lines in {
            "dq.suspicious": calls("20 10:00", "20 10:20", "20 10:50"),
            "dq.suspicious_calls": calls("20 10:00", "20 10:20", "20 15:50", duration_s=0),
            "dq.backdated": entered("20 17:00", "02", "03", "04"),
            "dq.feedback_score": answered("20 08:00", "20 10:00", "20 18:00"),
        }.items()
    }
    assert {rule: record["summary"] for rule, record in told.items()} == {
        "dq.suspicious": "ann logged 3 or more calls, meetings and visits within 1h on 2026-03-20: "
        "ask how they were made.",
        "dq.suspicious_calls": "ann logged 3 or more calls of no length on 2026-03-20, as if somebody had been "
        "reached: look at them together.",
        "dq.backdated": "On 2026-03-20 ann entered 3 or more contacts, each more than 7d after it was made: "
        "ask why, and have them checked.",
        "dq.feedback_score": "On 2026-03-20 3 or more answers about ann came without a score of the scale: it counts "
        "for nothing, have it corrected.",
    }
    assert told["dq.suspicious"]["values"] == {
        "basis": "2026-03-20T10:50:00Z", "bound_passed_at": "2026-03-20T10:50:00Z", "day": "2026-03-20", "count": 3,
        "bound": "1h",
    }  # fmt: skip
    record = told["dq.backdated"]
    assert (record["employee_id"], record["customer_id"], record["recipients"]) == ("ann", None, ["ann"])


def test_a_text_of_ones_own_names_no_customer_where_there_is_none() -> None:
    partition = Partition(alone("dq.suspicious", text="{employee}, {about}, <{customer}>"))
    partition.tell(*calls("20 10:00", "20 10:20", "20 10:50"))
    assert last(partition.tick("21"))["summary"] == "ann, 2026-03-20, <>"


def partition_of_rule(rule: str, lines: list[bytes], until: str) -> list[Record]:
    partition = Partition(alone(rule))
    return partition.tell(*lines) + partition.tick(until)


def test_the_manager_of_then_hears_of_it_and_whoever_is_away_is_left_alone() -> None:
    partition = Partition(alone("dq.suspicious", escalate=[{"to": "manager"}]))
    partition.tell(employee("01", manager_id="eve"))
    partition.tell(event("01", "employee.absent", employee_id="ann", **{"from": "2026-03-03", "to": "2026-03-03"}))
    partition.tick("02 11:00")
    (record,) = partition.tell(*calls("02 10:00", "02 10:20", "02 10:50"))
    assert record["recipients"] == ["eve"]
    assert last(partition.tick("03 12:00"))["suppressed_by"] == "absent"


def test_it_is_acknowledged_under_the_employee() -> None:
    partition = Partition(alone("dq.suspicious"))
    partition.tell(*calls("02 10:00", "02 10:20", "02 10:50"))
    (fired,) = partition.tick("03")
    assert fired["id"] == episode_id("dq.suspicious", "ann", us("02 10:50"))
    acknowledged = event("03 08:00", "alert.acknowledged", alert_id=fired["id"], by="eve", subject="ann")
    partition.tell(acknowledged)
    partition.tick("03 09:00")
    assert partition.stage.alerts() == {("dq.suspicious", "acknowledged", "warning"): 1, **nothing(partition.stage)}


def nothing(stage: Customers) -> dict[tuple[str, str, str], int]:
    return {key: number for key, number in stage.alerts().items() if not number}


def test_a_late_contact_moves_the_instant_and_takes_the_former_alert_back() -> None:
    partition = Partition(alone("dq.suspicious"))
    partition.tell(*calls("02 10:00", "02 10:20", "02 10:50"))
    partition.tick("03")
    told = partition.tell(contact("02 10:10", customer_id="x"))
    assert sorted(said(told)) == ["dq.suspicious firing condition_met", "dq.suspicious resolved withdrawn"]
    assert {record["started_at"] for record in told} == {"2026-03-02T10:50:00Z", "2026-03-02T10:20:00Z"}


def test_a_policy_that_counts_no_contacts_keeps_none() -> None:
    partition = Partition(policy())
    partition.tell(*calls("02 10:00", "02 10:20"))
    assert not [key for key in partition.states if b"daybook" in key]


@pytest.mark.parametrize("partitions", [1, 2, 5])
@pytest.mark.parametrize("rule", ["dq.suspicious", "dq.suspicious_calls", "dq.backdated"])
def test_partitions_and_the_order_of_arrival_change_nothing(rule: str, partitions: int) -> None:
    lines = [
        contact(us("02 10:00") + number * HOUR // 6, customer_id=f"c{number % 4}", duration_s=0,
                employee_id=("ann", "bob")[number % 2], enteredtime=iso(us("20") + number * DAY // 8))
        for number in range(14)
    ]  # fmt: skip
    outcomes = []
    for order in (lines, lines[::-1], lines[::2] + lines[1::2]):
        works = Works(alone(rule, after="2d") if rule == "dq.backdated" else alone(rule), partitions)
        for line in order:
            works.tell([line])
            works.flush_customers()
        works.tick(us("31"))
        works.tick(us("31"), final=True)
        outcomes.append(settled(works.alerts))
    assert outcomes[0]
    assert outcomes[1:] == [outcomes[0]] * 2
    whole = Works(alone(rule, after="2d") if rule == "dq.backdated" else alone(rule), 1)
    whole.tell(lines)
    whole.tick(us("31"))
    assert settled(whole.alerts) == outcomes[0]


def test_what_a_partition_hands_on_twice_counts_once_and_survives_a_restart() -> None:
    works = Works(alone("dq.suspicious"), 2)
    home = partition_of("ann", 2)
    away = (name for name in (f"c{number}" for number in itertools.count()) if partition_of(name, 2) != home)
    works.tell([contact("02 10:00", customer_id=next(away)), contact("02 10:20", customer_id=next(away))])
    works.flush_customers()
    seat = works.customers[home]
    (marks,) = [value for key, value in seat.log if key == MARKS]
    seat.give(MARKS, marks)
    works.flush_customers()
    works.tick(us("03"))
    assert works.alerts == []
    states = {key: value for key, value in seat.states.items() if b"daybook" in key or b"heard" in key}
    assert len(states) == 2
    works.tell([contact("02 10:30", customer_id=next(away))])
    works.flush_customers()
    works.tick(us("03 01:00"))
    assert said(works.alerts) == ["dq.suspicious firing condition_met"]
