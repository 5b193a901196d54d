"""How many alerts of overdue contacts and stalls fired, for whom and on which day. Days of March 2026.

01 planned for the 8th ── 09 overdue, a day after that
01 in stage A          ── 11 stalled, after 10 days
"""

from __future__ import annotations

from typing import Any

import pytest

from streams.core.records import write_policy
from streams.core.stage import POLICY
from tests.unit.core.kit import DAY, Partition, contact, created, customer, employee, event, moved, plan, policy, us

OVERDUE, STALLED = "overdue_episodes", "stalled_episodes"
NINTH, ELEVENTH = "d20521", "d20523"


@pytest.fixture
def partition() -> Partition:
    """ann owns a customer whom she planned to contact on the 8th, and has an opportunity with it. It is the 12th."""
    found = Partition(policy())
    found.tell(customer("01", owner_id="ann"), plan("01", "08"), created("01"))
    found.tick("12")
    return found


def counted(partition: Partition, measure: str = OVERDUE) -> dict[str, int]:
    """By employee, in March."""
    found = {who: partition.figure(who, measure) for who in partition.stage.ledger.totals}
    return {who: number for who, number in found.items() if number}


def test_an_alert_counts_on_the_day_on_which_it_fired(partition: Partition) -> None:
    assert (counted(partition), partition.figure("ann", OVERDUE, NINTH)) == ({"ann": 1}, 1)
    assert (counted(partition, STALLED), partition.figure("ann", STALLED, ELEVENTH)) == ({"ann": 1}, 1)


def test_nothing_counts_before_its_bound_is_passed_nor_while_it_is_held() -> None:
    partition = Partition(policy(alerts={"contact.overdue": {"hold": "2d"}}))
    partition.tell(customer("01", owner_id="ann"), plan("01", "08"))
    partition.tick("11")
    assert counted(partition) == {}
    partition.tick("11 00:01")
    assert (counted(partition), partition.figure("ann", OVERDUE, ELEVENTH)) == ({"ann": 1}, 1)


def test_what_ends_while_it_is_held_never_fired() -> None:
    partition = Partition(policy(alerts={"contact.overdue": {"hold": "2d"}}))
    partition.tell(customer("01", owner_id="ann"), plan("01", "08"))
    partition.tick("10")
    partition.tell(contact("10"))
    partition.tick("12")
    assert counted(partition) == {}
    partition.tell(contact("08 12:00"))  # so that there is nothing to take back
    assert counted(partition) == {}


def test_what_is_learned_of_people_counts_nothing_twice(partition: Partition) -> None:
    partition.tell(employee("12"))
    partition.tell(event("12", "employee.absent", employee_id="ann", **{"from": "2026-03-11", "to": "2026-03-20"}))
    assert (counted(partition), counted(partition, STALLED)) == ({"ann": 1}, {"ann": 1})


def test_a_rule_for_some_roles_counts_for_them_however_late_these_are_known() -> None:
    partition = Partition(policy(alerts={"contact.overdue": {"roles": ["sales"]}}))
    partition.tell(customer("01", owner_id="ann"), plan("01", "08"))
    partition.tick("12")
    assert counted(partition) == {}
    partition.tell(employee("01", role="sales"))
    partition.tick("13")
    assert counted(partition) == {"ann": 1}
    again = partition.restarted()
    again.tell(employee("02", role="service"))
    again.tell(contact("14"))
    again.tick("15")
    assert counted(again) == {}
    assert again.restarted().stage.customers["c"].casts.keys() == {"ann"}


def test_it_counts_on_when_it_is_over(partition: Partition) -> None:
    partition.tell(contact("13"), moved("13", "B"))
    assert (counted(partition), counted(partition, STALLED)) == ({"ann": 1}, {"ann": 1})


def test_what_a_late_event_proves_false_is_taken_back(partition: Partition) -> None:
    partition.tell(contact("08 12:00"))
    assert (counted(partition), counted(partition, STALLED)) == ({}, {"ann": 1})
    partition.tell(moved("10", "B"))
    assert counted(partition, STALLED) == {}


def test_so_is_what_was_over_by_then(partition: Partition) -> None:
    partition.tell(contact("13"), moved("13", "B"))
    partition.tell(contact("08 12:00"), moved("10", "B"))
    partition.tick("14")
    assert (counted(partition), counted(partition, STALLED)) == ({}, {})


def test_what_a_late_event_makes_true_counts(partition: Partition) -> None:
    # Planned on the 2nd for the 3rd, which the contact of the 5th ended: overdue from the 4th.
    partition.tell(contact("05", next_contact_at="08"))
    assert partition.figure("ann", OVERDUE) == 1
    partition.tell(plan("02", "03"))
    assert (partition.figure("ann", OVERDUE), partition.figure("ann", OVERDUE, "d20516")) == (2, 1)


def test_it_is_whose_the_alert_is(partition: Partition) -> None:
    partition.tell(customer("10", owner_id="bob"))
    assert counted(partition) == {"bob": 1}
    partition.tell(contact("13"))
    partition.tick("15")
    partition.tell(customer("14", owner_id="cid"))
    assert counted(partition) == {"bob": 1}
    partition.tell(customer("13", owner_id="cid"))  # at the very instant at which it was over
    assert counted(partition) == {"bob": 1}
    partition.tell(customer("12 23:59", owner_id="cid"))
    assert counted(partition) == {"cid": 1}


def test_a_second_plan_that_is_let_pass_counts_too(partition: Partition) -> None:
    partition.tell(contact("13", next_contact_at="15"))
    partition.tick("20")
    assert counted(partition) == {"ann": 2}


def test_an_alert_that_was_quiet_for_a_while_counts_once_by_its_newest_firing() -> None:
    # Stalled from the 11th; grade gold, which may stand for 15 days, from the 12th: from the 16th again.
    stages = [{"name": "A", "stall_after": {"gold": "15d", "default": "10d"}}]
    partition = Partition(policy(pipeline={"stages": stages}))
    partition.tell(customer("01", owner_id="ann"), created("01"))
    partition.tick("13")
    assert partition.figure("ann", STALLED, ELEVENTH) == 1
    partition.tell(customer("12", grade="gold"))
    partition.tick("20")
    assert (counted(partition, STALLED), partition.figure("ann", STALLED, "d20528")) == ({"ann": 1}, 1)
    assert partition.figure("ann", STALLED, ELEVENTH) == 0


def test_another_rule_that_watches_the_same_counts_nothing() -> None:
    alerts: dict[str, Any] = {"contact.overdue": {"enabled": False}, "own.overdue": {"watch": "contact.overdue"}}
    partition = Partition(policy(alerts=alerts))
    partition.tell(customer("01", owner_id="ann"), plan("01", "08"))
    assert {record["rule"] for record in partition.tick("12")} == {"contact.due", "own.overdue"}
    assert counted(partition) == {}


def test_neither_a_restart_nor_the_end_of_keeping_an_alert_changes_it() -> None:
    partition = Partition(policy(alerts={"contact.overdue": {"keep": "1d"}}))
    partition.tell(customer("01", owner_id="ann"), plan("01", "08"))
    partition.tick("12")
    partition.tell(contact("13"))
    partition.tick("31")
    assert len(partition.deleted()) == 1
    again = partition.restarted()
    again.tick(us("31") + DAY)
    assert counted(again) == {"ann": 1}
    again.tell(contact("08 12:00"))
    assert counted(again) == {}


def test_another_policy_counts_as_if_it_had_been_so_from_the_start(partition: Partition) -> None:
    for changed, expected in (({"grace": "3d"}, {"ann": 1}), ({"grace": "5d"}, {})):
        partition.offset += 1
        partition.stage.apply(POLICY, write_policy(policy(contact=changed)), partition.offset)
        partition.tick("12")
        assert counted(partition) == expected
    assert counted(partition, STALLED) == {"ann": 1}


def test_a_creation_that_comes_late_and_after_other_events_counts_as_in_order() -> None:
    lines = [moved("01", "A", owner_id="ann"), created("14", "A")]
    ordered, late = (Partition(policy(pipeline={"stall_basis": "created"})) for _ in range(2))
    ordered.tell(*lines)
    ordered.tick("13")
    late.tell(lines[0])
    late.tick("20")
    late.tell(lines[1])
    for one in (ordered, late):
        one.tick("25")
    assert counted(late, STALLED) == counted(ordered, STALLED) == {"ann": 2}
