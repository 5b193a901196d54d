"""An alert that fires, drawn as timelines in days of March 2026: it is acknowledged, climbs its ladder, is kept quiet.

A contact planned for the 5th is overdue on the 6th; `boss` is ann's manager.
"""

from __future__ import annotations

from typing import Any

import pytest

from streams.core.stage import ORG
from streams.policy import Policy
from tests.unit.core.kit import (
    Partition,
    Record,
    contact,
    created,
    customer,
    employee,
    event,
    plan,
    policy,
    said,
)

LADDER = [{"to": "owner"}, {"after": "2d", "to": "manager"}, {"after": "4d", "to": "high_risk"}]
OFF = {"enabled": False}
QUIET = {"contact.due": OFF, "contact.interval_exceeded": OFF}


def laddered(**how: Any) -> Policy:
    return policy(alerts=QUIET | {"contact.overdue": {"escalate": LADDER} | how})


def overdue(rules: Policy | None = None) -> tuple[Partition, Record]:
    """The partition on the 7th, and the alert that fires in it."""
    partition = Partition(rules or laddered())
    partition.tell(employee("01", manager_id="boss"), customer("01", owner_id="ann"), plan("02", "05"))
    (fired,) = partition.tick("07")
    return partition, fired


def acknowledged(when: str, alert: Record, until: str | None = None, **data: Any) -> bytes:
    fields = {"alert_id": alert["id"], "by": "ann"} | ({} if until is None else {"until": f"2026-03-{until}T00:00:00Z"})
    return event(when, "alert.acknowledged", subject="c", **fields | data)


def silenced(when: str, until: str, matchers: Any, **data: Any) -> bytes:
    fields = {"matchers": matchers, "until": f"2026-03-{until}T00:00:00Z", "by": "boss"}
    return event(when, "alert.silenced", **fields | data)


def steps(records: list[Record]) -> list[tuple[str, str, int, list[str]]]:
    return [(record["status"], record["reason"], record["level"], record["recipients"]) for record in records]


def test_it_climbs_its_ladder() -> None:
    # 06 fires: owner ── 08 manager too ── 10 high risk too ── 11 contact
    partition, fired = overdue()
    assert steps([fired]) == [("firing", "condition_met", 1, ["ann"])]
    assert partition.tick("08") == []  # at the bound itself
    assert steps(partition.tick("08 00:01")) == [("firing", "escalated", 2, ["ann", "boss"])]
    assert partition.tick("10") == []
    assert steps(partition.tick("10 00:01")) == [("firing", "escalated", 3, ["ann", "boss", "high_risk"])]
    assert steps(partition.tell(contact("10 00:01"))) == [("resolved", "contacted", 3, ["ann", "boss", "high_risk"])]


def test_a_tick_that_comes_late_tells_of_the_last_step_alone() -> None:
    partition, _ = overdue()
    assert steps(partition.tick("12")) == [("firing", "escalated", 3, ["ann", "boss", "high_risk"])]
    again = partition.restarted()
    assert again.tick("13") == []
    assert steps(again.tell(contact("12"))) == [("resolved", "contacted", 3, ["ann", "boss", "high_risk"])]


def test_the_manager_is_who_it_was_then() -> None:
    # 08 the step to the manager ── 09 another manager: who was told stays who was told
    partition, _ = overdue()
    partition.tick("08 00:01")
    assert partition.tell(employee("09", manager_id="new")) == []
    assert steps(partition.tick("11")) == [("firing", "escalated", 3, ["ann", "boss", "high_risk"])]
    (told,) = partition.tell(employee("07", manager_id="other"))  # learned late, but of before the step
    assert told["recipients"] == ["ann", "other", "high_risk"]


def test_without_a_manager_the_step_reaches_nobody_new() -> None:
    partition = Partition(laddered())
    partition.tell(customer("01", owner_id="ann"), plan("02", "05"))
    partition.tick("07")
    assert steps(partition.tick("09")) == [("firing", "escalated", 2, ["ann"])]


def test_the_ladder_counts_working_time_where_the_rule_does() -> None:
    # Friday 6th, the end of work ── Monday 9th is the first working day, Tuesday 10th the second
    weekdays = policy(
        calendar={"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"},
        contact={"grace": "0s"},
        alerts=QUIET | {"contact.overdue": {"escalate": LADDER, "clock": "working"}},
    )
    partition = Partition(weekdays)
    partition.tell(employee("01", manager_id="boss"), customer("01", owner_id="ann"), plan("02", "06 17:00"))
    assert steps(partition.tick("08")) == [("firing", "condition_met", 1, ["ann"])]
    assert partition.tick("10 16:00") == []
    assert partition.tick("11 09:00") == []
    assert steps(partition.tick("11 09:01")) == [("firing", "escalated", 2, ["ann", "boss"])]


def test_a_contact_that_does_not_end_it_starts_its_ladder_anew() -> None:
    # A stalls after 10 d: 11 fires ── 13 manager ── 14 contact: the owner again ── 16 manager
    partition = Partition(policy(alerts=QUIET | {"contact.overdue": OFF, "opp.stalled": {"escalate": LADDER}}))
    partition.tell(employee("01", manager_id="boss"), created("01"))
    partition.tick("14")
    assert steps(partition.tell(contact("14"))) == [("firing", "condition_met", 1, ["ann"])]
    assert partition.tick("16") == []
    assert steps(partition.tick("16 00:01")) == [("firing", "escalated", 2, ["ann", "boss"])]


def test_somebody_looks_after_it_until_it_ends() -> None:
    partition, fired = overdue()
    assert steps(partition.tell(acknowledged("07", fired))) == [("acknowledged", "acknowledged", 1, ["ann"])]
    assert partition.stage.alerts()["contact.overdue", "acknowledged", "warning"] == 1
    assert partition.tick("20") == []  # and it climbs no further
    assert steps(partition.tell(contact("20"))) == [("resolved", "contacted", 1, ["ann"])]


def test_somebody_looks_after_it_for_a_time() -> None:
    # 07 acknowledged until 09 ── 09 fires on, where the ladder is by now
    partition, fired = overdue()
    partition.tell(acknowledged("07", fired, until="09"))
    again = partition.restarted()
    assert again.tick("08") == []
    assert steps(again.tick("09")) == [("firing", "escalated", 2, ["ann", "boss"])]


def test_an_acknowledgement_that_ran_out_is_the_reason() -> None:
    partition, fired = overdue(policy(alerts=QUIET))
    partition.tell(acknowledged("07", fired, until="09"))
    assert steps(partition.tick("09")) == [("firing", "acknowledgement_ended", 0, ["ann"])]


def test_an_acknowledgement_ahead_of_the_clock_waits_for_its_time() -> None:
    partition, fired = overdue(policy(alerts=QUIET))
    assert partition.tell(acknowledged("08", fired)) == []
    assert said(partition.tick("08")) == ["contact.overdue acknowledged acknowledged"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_an_acknowledgement_in_any_order_comes_to_the_same(order: tuple[int, ...]) -> None:
    _, fired = overdue()
    lines = [customer("01", owner_id="ann"), plan("02", "05"), acknowledged("07", fired)]
    partition = Partition(laddered())
    partition.tick("12")
    records = [record for index in order for record in partition.tell(lines[index])]
    assert steps(records[-1:]) == [("acknowledged", "acknowledged", 1, ["ann"])]


def test_an_acknowledgement_of_what_does_not_stand_changes_nothing() -> None:
    partition, fired = overdue()
    partition.tell(contact("07"))
    assert partition.tell(acknowledged("07", fired)) == []
    assert partition.tell(acknowledged("07", fired | {"id": "nothing"})) == []


SILENCES: dict[str, tuple[Any, bool]] = {
    "by rule": ({"rule": "contact.overdue"}, True),
    "by a pattern": ({"rule": "contact.*"}, True),
    "by employee": ({"employee_id": "ann"}, True),
    "by customer": ({"customer_id": "c"}, True),
    "by team": (["team=north"], True),
    "by all of several": ({"rule": "contact.*", "severity": "warning"}, True),
    "not by one of several": ({"rule": "contact.*", "severity": "critical"}, False),
    "not of another customer": ({"customer_id": "d"}, False),
    "not by what no alert has": ({"colour": "red"}, False),
    "not by what is no matcher": (["opportunity_id"], False),
}


@pytest.mark.parametrize(("matchers", "quiet"), SILENCES.values(), ids=SILENCES)
@pytest.mark.parametrize("key", [b"events", ORG], ids=["told here", "told elsewhere"])
def test_a_silence_keeps_what_matches_quiet_until_it_ends(matchers: Any, quiet: bool, key: bytes) -> None:
    # 07 silenced until 09 ── 09 fires on
    partition, fired = overdue(policy(alerts=QUIET))
    told = partition.tell(silenced("07", "09", matchers, id="s"), key=key) + partition.tick("07 00:01")
    assert [(r["id"], r["status"], r["suppressed_by"]) for r in told] == (
        [(fired["id"], "firing", "silence s")] if quiet else []
    )
    again = partition.restarted()
    ended = again.tick("09")
    assert [(r["status"], r["suppressed_by"]) for r in ended] == ([("firing", None)] if quiet else [])


def test_what_begins_to_fire_under_a_silence_is_quiet_from_the_start() -> None:
    partition = Partition(policy(alerts=QUIET))
    partition.tell(silenced("01", "09", {"rule": "contact.overdue"}, id="s"))
    partition.tell(customer("01", owner_id="ann"), plan("02", "05"))
    (fired,) = partition.tick("07")
    assert fired["suppressed_by"] == "silence s"
    (resolved,) = partition.tell(contact("07"))
    assert (resolved["status"], resolved["suppressed_by"]) == ("resolved", None)


def test_a_silence_of_many_is_told_to_some_at_each_tick_and_survives_a_restart() -> None:
    names = [f"c{number}" for number in range(5)]
    partition = Partition(policy(alerts=QUIET))
    partition.stage._rearmed = 2
    for name in names:
        partition.tell(customer("01", owner_id="ann", customer_id=name), plan("02", "05", customer_id=name))
    partition.tick("07")
    partition.tell(silenced("07", "20", {"rule": "contact.overdue"}))
    assert len(partition.tick("07 00:01")) == 2
    again = partition.restarted()
    told = [record for minute in range(2, 9) for record in again.tick(f"07 00:0{minute}")]
    assert {record["customer_id"] for record in told} == set(names[2:])
    assert b'["unquieted"]' not in again.states
    # It ends for some at each tick too.
    again.stage._rearmed = 2
    ended = [again.tick(f"20 00:0{minute}") for minute in range(4)]
    assert [len(records) for records in ended] == [2, 2, 1, 0]
    assert {record["customer_id"] for records in ended for record in records} == set(names)


def test_the_alerts_of_who_is_away_are_quiet_until_the_return() -> None:
    # 07 to 08 away, the 8th included ── 09 back
    partition, _ = overdue(policy(alerts=QUIET))
    away = {"from": "2026-03-07", "to": "2026-03-08"}
    told = partition.tell(event("06", "employee.absent", employee_id="ann", **away))
    assert [(r["status"], r["suppressed_by"]) for r in told] == [("firing", "absent")]
    again = partition.restarted()
    assert again.tick("08 23:59") == []
    assert [(r["status"], r["suppressed_by"]) for r in again.tick("09")] == [("firing", None)]


def test_an_absence_to_come_begins_at_its_time() -> None:
    partition, _ = overdue(policy(alerts=QUIET))
    away = {"from": "2026-03-09T12:00:00Z", "to": "2026-03-10T12:00:00Z"}
    assert partition.tell(event("07", "employee.absent", employee_id="ann", **away)) == []
    assert [r["suppressed_by"] for r in partition.tick("09 12:00")] == ["absent"]
    assert [r["suppressed_by"] for r in partition.tick("10 12:00")] == [None]


def test_the_alerts_of_a_customer_that_is_closed_are_quiet() -> None:
    partition, _ = overdue(policy(alerts=QUIET))
    assert [r["suppressed_by"] for r in partition.tell(customer("07", status="churned"))] == ["customer_closed"]
    again = partition.restarted()
    again.tick("08")
    assert [r["suppressed_by"] for r in again.tell(customer("08", status="active"))] == [None]


def test_a_worse_alert_of_the_same_keeps_another_quiet() -> None:
    # gold is heard of weekly: contact 01 ── 06 overdue ── 08 silent for a week too, which says no more
    partition = Partition(policy(alerts={"contact.due": OFF}))
    partition.tell(customer("01", owner_id="ann", grade="gold"), contact("01"), plan("02", "05"))
    told = partition.tick("09")
    assert [(r["rule"], r["suppressed_by"]) for r in told] == [
        ("contact.overdue", None),
        ("contact.interval_exceeded", "contact.overdue"),
    ]
    ended = partition.tell(plan("09", None))
    assert [(r["rule"], r["status"], r["suppressed_by"]) for r in ended] == [
        ("contact.overdue", "resolved", None),
        ("contact.interval_exceeded", "firing", None),
    ]
