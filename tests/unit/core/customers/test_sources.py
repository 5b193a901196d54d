"""Topics that are silent, drawn as timelines in days of March 2026.

`crm.contacts` moves every two hours, day and night, unless a test says else: a silence of more than four hours is none
of its habit. Ticks come every five minutes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from streams.core.alerts import episode_id
from streams.core.records import Tick
from streams.core.stage import TICK, partition_of
from streams.policy import Policy
from tests.unit.core.kit import DAY, HOUR, Partition, Record, _short, contact, event, policy, said, us
from tests.unit.core.works import Works

TOPIC = "crm.contacts"
EVERY = HOUR // 12
QUIET = ("contact.due", "contact.interval_exceeded")


def rules(**how: Any) -> Policy:
    return policy(alerts={name: {"enabled": False} for name in QUIET} | {"source.lagging": how})


def every_two_hours(start: str, end: str) -> list[int]:
    return list(range(us(start), us(end), 2 * HOUR))


class Feed:
    """A partition that is ticked, and a topic that moves at some instants."""

    def __init__(self, rules: Policy, moves: Iterable[int], start: str = "01") -> None:
        self.partition = Partition(rules)
        self.moves = sorted(moves)
        self.now = us(start)
        self.tick()

    def tick(self) -> list[Record]:
        ends = {TOPIC: sum(move <= self.now for move in self.moves)}
        self.partition.offset += 1
        self.partition.stage.apply(TICK, msgspec.json.encode(Tick(self.now, ends=ends)), self.partition.offset)
        return self.partition.flush()

    def until(self, when: str, *, blind: bool = False) -> list[Record]:
        """Ticks up to an instant; what is told meanwhile. `blind`: but one, at the end."""
        told: list[Record] = []
        while self.now < us(when):
            self.now = us(when) if blind else min(self.now + EVERY, us(when))
            told += self.tick()
        return told


def in_short(records: Iterable[Record]) -> list[str]:
    """Alert records: their status, since when, until when, and the reason."""
    return [f"{one['status']} {_short(one['started_at'])}-{_end(one)} {one['reason']}" for one in records]


def _end(record: Record) -> str:
    return _short(record["ended_at"]) if record["ended_at"] else ""


def test_a_topic_is_silent_against_its_habit_until_it_moves_again() -> None:
    feed = Feed(rules(), [*every_two_hours("01", "10"), us("10 12:00")])
    assert feed.until("10") == []
    # The last that was heard: 09 22:00; usual are 2 h.
    assert in_short(feed.until("10 02:00")) == []
    (record,) = feed.until("10 11:55")
    assert in_short([record]) == ["firing 10 02:00- condition_met"]
    assert record["id"] == episode_id("source.lagging", TOPIC, us("09 22:00"))
    assert record["summary"] == (
        "Nothing has come in crm.contacts since 2026-03-09T22:00:00Z, for more than 4h: see whether its source is down."
    )
    assert record["values"] == {
        "basis": "2026-03-09T22:00:00Z", "bound_passed_at": "2026-03-10T02:00:00Z", "topic": TOPIC, "bound": "4h",
    }  # fmt: skip
    assert (record["employee_id"], record["customer_id"], record["recipients"]) == (None, None, [])


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, ["firing 10 02:00- condition_met", "resolved 10 02:00-10 12:00 caught_up"]),
        ({"after": "9h"}, ["firing 10 07:00- condition_met", "resolved 10 07:00-10 12:00 caught_up"]),
        ({"after": "15h"}, []),
        ({"enabled": False}, []),
        (
            {"hold": "1h"},
            ["pending 10 02:00- condition_met", "firing 10 02:00- held", "resolved 10 02:00-10 12:00 caught_up"],
        ),
        (
            {"escalate": [{"to": "crm-admins"}, {"after": "2h", "to": "it"}]},
            ["firing 10 02:00- condition_met", "firing 10 02:00- escalated", "resolved 10 02:00-10 12:00 caught_up"],
        ),
    ],
)
def test_how_long_it_may_be_silent(how: dict[str, Any], expected: list[str]) -> None:
    feed = Feed(rules(**how), [*every_two_hours("01", "10"), us("10 12:00")])
    assert in_short(feed.until("10 15:00")) == expected


def test_no_habit_no_lag() -> None:
    feed = Feed(rules(), every_two_hours("01", "06"))
    assert feed.until("20") == []


def test_nights_and_weekends_are_no_silence_in_working_time() -> None:
    working = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}
    days = [day for day in range(2, 21) if day not in (7, 8, 14, 15)]  # the 2nd is a Monday
    moves = [us(f"{day:02d} {hour:02d}:00") for day in days for hour in (9, 11, 13, 15)]
    told = Feed(policy(calendar=working, alerts={"source.lagging": {}}), moves).until("25")
    # Friday 20 15:00 ── 2 h of Friday, then Monday 23: usual are two hours of work
    assert in_short(told) == ["firing 23 11:00- condition_met"]
    assert told[0]["summary"].endswith("for more than 4h of working time: see whether its source is down.")


def test_one_failure_does_not_change_the_habit() -> None:
    moves = [*every_two_hours("01", "10"), *every_two_hours("11", "15")]
    feed = Feed(rules(), moves)
    feed.until("15")
    assert in_short(feed.until("16")) == ["firing 15 02:00- condition_met"]


def test_what_moved_while_nobody_looked_is_no_silence_and_no_habit() -> None:
    moves = [*every_two_hours("01", "10"), us("10 10:00"), *every_two_hours("12", "15")]
    feed = Feed(rules(), moves)
    feed.until("10 00:30")
    assert feed.until("12 00:10", blind=True) == []
    feed.until("15")
    assert in_short(feed.until("16")) == ["firing 15 02:00- condition_met"]


def test_what_did_not_move_while_nobody_looked_was_silent() -> None:
    feed = Feed(rules(), every_two_hours("01", "10"))
    feed.until("10 00:30")
    assert in_short(feed.until("12 00:10", blind=True)) == ["firing 10 02:00- condition_met"]


def test_a_restart_changes_nothing() -> None:
    calm, shaken = (Feed(rules(), [*every_two_hours("01", "10"), us("10 12:00")]) for _ in range(2))
    told = calm.until("11")
    again: list[Record] = []
    for number in range(10 * 12):
        again += shaken.until(f"{1 + number // 12:02d} {2 * (number % 12) + 1:02d}:00")
        shaken.partition = shaken.partition.restarted()
    assert again + shaken.until("11") == told != []


def test_the_alerts_that_its_silence_may_cause_are_quiet() -> None:
    feed = Feed(rules(), [*every_two_hours("01", "10"), us("10 12:00")])
    partition = feed.partition
    partition.tell(contact("05", next_contact_at="08"), contact("05", customer_id="d", next_contact_at="09 01:00"))
    told = feed.until("10 01:05")
    assert {one["customer_id"]: one["suppressed_by"] for one in told} == {"c": None, "d": None}
    told = feed.until("10 02:05")
    # c was overdue on the 9th, before the last that was heard; d, since 10 01:00, perhaps for want of it
    assert {one["customer_id"]: one["suppressed_by"] for one in told if one["rule"] == "contact.overdue"} == {
        "d": f"source.lagging {TOPIC}"
    }
    told = feed.until("10 12:05")
    assert [one["suppressed_by"] for one in told if one["rule"] == "contact.overdue"] == [None]


def test_what_fires_meanwhile_is_quiet_from_the_beginning() -> None:
    feed = Feed(rules(), every_two_hours("01", "10"))
    feed.partition.tell(contact("05", next_contact_at="09 05:00"))
    told = [one for one in feed.until("10 06:00") if one["rule"] == "contact.overdue"]
    assert [(said([one]), one["suppressed_by"]) for one in told] == [
        (["contact.overdue firing condition_met"], f"source.lagging {TOPIC}")
    ]


def test_other_alerts_are_not() -> None:
    feed = Feed(policy(alerts={"task.overdue": {"enabled": True}}), every_two_hours("01", "10"))
    feed.partition.tell(event("09", "task.assigned", task_id="k", employee_id="ann", due_at="2026-03-10T03:00:00Z"))
    told = [one for one in feed.until("10 06:00") if one["rule"] == "task.overdue"]
    assert [one["suppressed_by"] for one in told] == [None]


def test_it_is_acknowledged_under_the_topic() -> None:
    feed = Feed(rules(), every_two_hours("01", "10"))
    (fired,) = feed.until("10 03:00")
    ack = event("10 03:00", "alert.acknowledged", alert_id=fired["id"], by="eve", subject=TOPIC)
    assert said(feed.partition.tell(ack) + feed.until("10 04:00")) == ["source.lagging acknowledged acknowledged"]


def test_one_partition_tells_of_it_and_all_are_quiet() -> None:
    works, moves = Works(rules(), 3), every_two_hours("01", "10")
    customers = ["c0", "c1", "c2", "c3", "c4", "c5"]
    works.tell([contact("05", customer_id=name, next_contact_at="09 01:00") for name in customers])
    now = us("01")
    while now < us("10 03:00"):
        now += EVERY
        value = msgspec.json.encode(Tick(now, ends={TOPIC: sum(move <= now for move in moves)}))
        for seat in works.customers:
            seat.give(TICK, value)
        works.flush_customers()
    assert len({partition_of(name, 3) for name in customers}) == 3
    last = {one["id"]: one for one in works.alerts}.values()
    assert [one["status"] for one in works.alerts if one["rule"] == "source.lagging"] == ["firing"]
    assert [one["suppressed_by"] for one in last if one["rule"] == "contact.overdue"] == [f"source.lagging {TOPIC}"] * 6


def test_a_day_is_remembered_by_its_longest_silence_and_four_weeks_are() -> None:
    feed = Feed(rules(), every_two_hours("01", "31"))
    feed.until("31")
    (record,) = [value for key, value in feed.partition.states.items() if key.startswith(b'["source",')]
    _, (_, gaps, silences) = msgspec.msgpack.decode(record)
    assert len(gaps) == 28
    assert {gap[1] for gap in gaps} == {2 * HOUR}
    assert len(silences) == 2
    assert gaps[-1][0] - gaps[0][0] == 27
    assert us("31") // DAY - gaps[-1][0] <= 1
