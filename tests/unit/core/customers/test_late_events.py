"""What comes late, ahead of the clock, or changes hands: alerts taken back, revised and handed over."""

from __future__ import annotations

from typing import Any

from streams.core.stage import ORG
from tests.unit.core.customers.test_alerting import OFF, OVERDUE_HELD, PLANS_ALONE, overdue, times
from tests.unit.core.kit import (
    Partition,
    attempt,
    contact,
    created,
    customer,
    deal,
    employee,
    moved,
    plan,
    policy,
    said,
)

GROWING = [{"name": "A", "stall_after": "10d"}, {"name": "B", "stall_after": "20d"}]


def test_a_late_contact_withdraws_what_it_proves_false() -> None:
    partition = overdue()
    (withdrawn,) = partition.tell(contact("08"))
    assert (withdrawn["status"], withdrawn["reason"]) == ("resolved", "withdrawn")
    assert times(withdrawn) == ("09T00:00", "09T00:00", "09T00:00")
    assert partition.stage.alerts()["contact.overdue", "firing", "warning"] == 0


def test_a_late_contact_withdraws_what_is_over_too() -> None:
    partition = overdue()
    (ended,) = partition.tell(contact("11"))
    assert ended["reason"] == "contacted"
    (withdrawn,) = partition.tell(contact("08"))
    assert (withdrawn["id"], withdrawn["reason"]) == (ended["id"], "withdrawn")
    # And what was withdrawn stays so.
    assert partition.tell(contact("07")) == []


def test_a_late_contact_ends_what_is_over_earlier() -> None:
    partition = overdue()
    partition.tell(contact("11"))
    (earlier,) = partition.tell(contact("10"))
    assert (earlier["status"], times(earlier)) == ("resolved", ("09T00:00", "09T00:00", "10T00:00"))


def test_a_late_plan_tells_of_what_began_and_ended_long_ago() -> None:
    partition = Partition(policy(alerts={"contact.due": OFF, **PLANS_ALONE}))
    partition.tell(contact("11"))
    partition.tick("20")
    told = partition.tell(plan("01", "08"))
    assert said(told) == ["contact.overdue firing condition_met", "contact.overdue resolved contacted"]
    assert times(told[1]) == ("09T00:00", "09T00:00", "11T00:00")


def test_what_became_due_and_overdue_between_two_flushes_is_told_though_a_late_event_came_in_them_too() -> None:
    partition = Partition(policy(alerts={"contact.interval_exceeded": OFF}), follow=True)
    partition.tell(plan("01", "05"))
    told = partition.tell(contact("11"), contact("10"))
    assert said(told) == [
        "contact.due firing condition_met", "contact.due resolved became_overdue",
        "contact.overdue firing condition_met", "contact.overdue resolved contacted",
        "contact.overdue resolved contacted",
    ]  # fmt: skip
    assert [record["ended_at"][8:10] for record in told[-2:]] == ["11", "10"]


def test_a_late_contact_takes_back_what_was_not_held_long_enough() -> None:
    # Held 2 d, it fired on the 11th; the contact of the 10th says that it ended before.
    partition = Partition(OVERDUE_HELD)
    partition.tell(plan("01", "08"))
    partition.tick("12")
    (withdrawn,) = partition.tell(contact("10"))
    assert (withdrawn["status"], withdrawn["reason"]) == ("resolved", "withdrawn")


def test_a_late_event_after_a_late_one_takes_back_what_became_overdue_between_them() -> None:
    # The clock is far ahead: 01 planned for the 8th, due on the 6th, overdue on the 9th ── 02 moved, known last
    partition = Partition(policy(alerts=PLANS_ALONE))
    partition.tick("20")
    assert len(partition.tell(plan("01", "08"))) == 3
    assert said(partition.tell(plan("02", "30"))) == [
        "contact.overdue resolved withdrawn",
        "contact.due resolved withdrawn",
    ]


def test_a_new_owner_takes_over_what_stands() -> None:
    partition = overdue()
    (taken,) = partition.tell(customer("10", owner_id="bob"))
    assert (taken["status"], taken["reason"], taken["employee_id"]) == ("firing", "reassigned", "bob")
    assert times(taken) == ("09T00:00", "09T00:00", None)
    assert partition.tell(customer("11", owner_id="bob")) == []
    (back,) = partition.tell(customer("11 12:00", owner_id="ann"))
    assert (back["employee_id"], back["status"]) == ("ann", "firing")


def test_an_owner_of_long_ago_takes_over_nothing() -> None:
    assert overdue().tell(customer("2026-02-01T00:00:00Z", owner_id="bob")) == []


def test_an_owner_who_is_known_late_is_whose_it_was() -> None:
    partition = overdue()
    partition.tell(contact("11"))
    (revised,) = partition.tell(customer("10", owner_id="bob"))
    assert (revised["status"], revised["employee_id"], times(revised)[2]) == ("resolved", "bob", "11T00:00")


def test_a_stall_that_is_over_is_whose_it_was_too() -> None:
    # 01 in B, nobody's ── 06 stalled ── 08 moved on ── and then it is known who contacted the customer on the 2nd
    partition = Partition(policy(alerts=PLANS_ALONE))
    partition.tell(deal("01", "stage_changed", to_stage="B"))
    partition.tick("07")
    partition.tell(deal("08", "stage_changed", to_stage="C"))
    partition.tick("09")
    (revised,) = partition.tell(attempt("02", employee_id="cid"))
    assert (revised["rule"], revised["status"], revised["employee_id"]) == ("opp.stalled", "resolved", "cid")


def test_an_owner_from_the_next_instant_on_takes_over_as_it_comes() -> None:
    # Live, events run ahead of the ticks by a second or so.
    partition = overdue()
    assert partition.tell(customer("12 00:01", owner_id="bob")) == []
    assert partition.tick("12 00:00") == []
    (taken,) = partition.tick("12 00:01")
    assert (taken["reason"], taken["employee_id"]) == ("reassigned", "bob")


def test_two_owners_ahead_of_the_clock_take_over_in_turn() -> None:
    partition = overdue()
    assert partition.tell(customer("13", owner_id="bob"), customer("15", owner_id="cid")) == []
    assert [record["employee_id"] for record in partition.tick("14")] == ["bob"]
    assert [record["employee_id"] for record in partition.tick("16")] == ["cid"]


def test_an_owner_ahead_of_the_clock_takes_over_what_begins_in_between() -> None:
    partition = Partition(policy(alerts={"contact.due": OFF, **PLANS_ALONE}))
    partition.tell(customer("01", owner_id="ann"), plan("01", "08"), customer("12", owner_id="bob"))
    assert [record["employee_id"] for record in partition.tick("10")] == ["ann"]
    assert [record["employee_id"] for record in partition.tick("13")] == ["bob"]


def test_a_contact_ahead_of_the_clock_ends_it_as_it_comes_whatever_else_happens() -> None:
    # It is the 12th at midnight ── 00:01 a contact ── 00:02 the record is changed ── then the tick
    partition = overdue()
    assert partition.tell(contact("12 00:01"), customer("12 00:02", grade="gold")) == []
    (ended,) = partition.tick("12 00:05")
    assert (ended["status"], ended["reason"], times(ended)[2]) == ("resolved", "contacted", "12T00:01")


def test_an_opportunitys_alert_is_its_owners_then_the_customers() -> None:
    partition = Partition(policy(alerts=PLANS_ALONE))
    partition.tell(created("01", "B"))
    steps: list[tuple[bytes, Any]] = [
        (deal("07", "updated", owner_id="bob"), "bob"),
        (deal("07 12:00", "updated", owner_id=None), None),
        (attempt("07 13:00", employee_id="cid"), "cid"),
        (customer("07 14:00", owner_id="dee"), "dee"),
    ]
    assert [record["employee_id"] for record in partition.tick("08")] == ["ann"]
    assert [[record["employee_id"] for record in partition.tell(line)] for line, _ in steps] == [
        [who] for _, who in steps
    ]
    # Another opportunity of somebody else's changes nothing while the customer has an owner.
    assert partition.tell(created("07 15:00", "C", opportunity_id="p", owner_id="eve")) == []


def test_what_stands_on_a_closed_opportunity_goes_with_the_customer() -> None:
    # Under a basis of contacts too, where a contact concerns open opportunities.
    partition = Partition(policy(alerts=PLANS_ALONE, pipeline={"stall_basis": "last_contact"}))
    partition.tick("02")
    (missing,) = partition.tell(deal("01", "lost"))
    assert (missing["rule"], missing["employee_id"]) == ("dq.missing_field", None)
    partition.tell(contact("03", employee_id="bob"))
    (taken,) = partition.tick("04")
    assert (taken["id"], taken["employee_id"]) == (missing["id"], "bob")


def test_a_team_that_is_known_late_is_told_again() -> None:
    partition = overdue()
    (told,) = partition.tell(employee("01"))
    assert (told["team"], told["status"], told["fired_at"][8:10]) == ("north", "firing", "09")
    assert partition.tell(employee("02")) == []
    assert partition.tell(employee("01", "bob", team="south")) == []
    # The team is that in which it fired.
    assert partition.tell(employee("10", team="south")) == []
    (earlier,) = partition.tell(employee("03", team="west"))
    assert earlier["team"] == "west"


def test_a_copy_of_a_personnel_record_tells_the_team_as_well() -> None:
    partition = overdue()
    (told,) = partition.tell(employee("01"), key=ORG)
    assert told["team"] == "north"
    assert [send.topic for send in partition.changes.sends] == ["alerts", "alerts.log", "streams.facts"]


def test_a_stall_that_fired_again_and_is_taken_back_ends_as_it_did_the_first_time() -> None:
    # 01 A ── 11 stalls ── 12 B, which stalls after 5 d: since the same creation, from the start ── late: 13 a contact
    partition = Partition(policy(alerts=PLANS_ALONE, pipeline={"stall_basis": "last_activity", "stages": GROWING}))
    partition.tell(created("01"))
    partition.tick("25")
    assert said(partition.tell(moved("12", "B"))) == ["opp.stalled firing condition_met"]
    (ended,) = partition.tell(contact("13"))
    assert (ended["status"], ended["reason"], ended["ended_at"]) == ("resolved", "stage_moved", "2026-03-12T00:00:00Z")
