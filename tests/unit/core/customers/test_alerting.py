"""The life of an alert: pending, firing, resolved; told once, and with what. Days of March 2026."""

from __future__ import annotations

from typing import Any

from tests.unit.core.kit import (
    HOUR,
    Partition,
    Record,
    attempt,
    contact,
    created,
    customer,
    deal,
    employee,
    event,
    money,
    moved,
    plan,
    policy,
    said,
    us,
)

OFF: dict[str, Any] = {"enabled": False}
PLANS_ALONE = {"contact.interval_exceeded": OFF}
OVERDUE_HELD = policy(alerts={"contact.overdue": {"hold": "2d"}, "contact.due": OFF, **PLANS_ALONE})


def overdue(**alerts: Any) -> Partition:
    """Planned on the 1st for the 8th, overdue from the 9th; the owner is ann. It is the 12th."""
    partition = Partition(policy(alerts={"contact.due": OFF, **PLANS_ALONE, **alerts}))
    partition.tell(customer("01", owner_id="ann"), plan("01", "08"))
    (fired,) = partition.tick("12")
    assert (fired["rule"], fired["status"]) == ("contact.overdue", "firing")
    return partition


def times(record: Record) -> tuple[str | None, ...]:
    return tuple(record[name] and record[name][8:16] for name in ("started_at", "fired_at", "ended_at"))


def test_a_whole_life() -> None:
    # 01 planned for the 8th ── 09 overdue, held for 2 d ── 11 fires ── 12 contact
    partition = Partition(OVERDUE_HELD)
    partition.tell(employee("01"), customer("01", owner_id="ann"), plan("01", "08", next_step="send the offer"))
    assert partition.tick("09") == []
    (pending,) = partition.tick("09 00:01")
    assert partition.tick("11") == []
    (firing,) = partition.tick("11 00:01")
    assert partition.tick("13") == []
    (resolved,) = partition.tell(contact("12 08:00"))
    life = [pending, firing, resolved]
    assert said(life) == [
        "contact.overdue pending condition_met",
        "contact.overdue firing held",
        "contact.overdue resolved contacted",
    ]
    assert len({record["id"] for record in life}) == 1
    # The instants that caused it, never the tick that noticed.
    assert [times(record) for record in life] == [
        ("09T00:00", None, None),
        ("09T00:00", "11T00:00", None),
        ("09T00:00", "11T00:00", "12T08:00"),
    ]
    assert all(record["employee_id"] == "ann" and record["team"] == "north" for record in life)
    assert firing["recipients"] == ["ann"]
    assert firing["values"] == {
        "basis": "2026-03-01T00:00:00Z",
        "bound_passed_at": "2026-03-09T00:00:00Z",
        "last_contact_at": None,
        "last_contact_channel": None,
        "bound": "1d",
        "next_step": "send the offer",
        "planned_at": "2026-03-08T00:00:00Z",
    }
    assert firing["summary"] == (
        "The contact with customer c planned for 2026-03-08T00:00:00Z (send the offer) was not made: "
        "contact it now or move the date."
    )
    assert (firing["level"], firing["suppressed_by"], firing["policy_version"]) == (0, None, partition.policy.version)


def test_every_change_goes_to_the_log_of_its_employee_too() -> None:
    partition = overdue()
    log = [send for send in partition.changes.sends if send.topic == "alerts.log"]
    state = [send for send in partition.changes.sends if send.topic == "alerts"]
    assert [send.key for send in log] == [b"ann"]
    assert [send.value for send in log] == [send.value for send in state]
    assert isinstance(state[0].value, dict)
    assert state[0].key == state[0].value["id"].encode()


def test_a_severity_is_the_policys_or_that_of_the_rule() -> None:
    partition = Partition(policy(alerts={"contact.overdue": {"severity": "critical"}}))
    partition.tell(plan("01", "08"))
    assert [(record["rule"], record["severity"]) for record in partition.tick("12")] == [
        ("contact.due", "info"),
        ("contact.due", "info"),
        ("contact.overdue", "critical"),
    ]
    partition.tell(customer("01", owner_id="ann", grade="gold"))
    assert partition.stage.alerts()["contact.overdue", "firing", "critical"] == 1
    assert partition.stage.alerts()["contact.interval_exceeded", "firing", "warning"] == 1


def test_one_tick_may_pass_several_bounds() -> None:
    # 06 due ── 09 overdue ── 31 the tick
    partition = Partition(policy(alerts=PLANS_ALONE))
    partition.tell(plan("01", "08"))
    assert said(partition.tick("31")) == [
        "contact.due firing condition_met",
        "contact.due resolved became_overdue",
        "contact.overdue firing condition_met",
    ]
    assert partition.tick("31 01:00") == []


def test_a_tick_that_goes_back_changes_nothing() -> None:
    partition = overdue()
    assert partition.tick("02") == []
    assert partition.stage.clock == us("12")


def test_pending_that_ends_has_never_fired() -> None:
    partition = Partition(OVERDUE_HELD)
    partition.tell(plan("01", "08"))
    (pending,) = partition.tick("10")
    (ended,) = partition.tell(contact("09 12:00"))
    assert (ended["id"], ended["status"], ended["reason"]) == (pending["id"], "resolved", "contacted")
    assert times(ended) == ("09T00:00", None, "09T12:00")


def test_what_was_pending_only_between_two_looks_is_not_told_at_all() -> None:
    partition = Partition(OVERDUE_HELD)
    partition.tell(plan("01", "08"), contact("10"))
    assert partition.tick("20") == []


def test_the_same_history_gives_the_same_ids_whatever_the_order() -> None:
    lines = [customer("01", owner_id="ann"), plan("01", "08"), created("02", "B"), moved("12", "A"), attempt("03")]
    found = []
    for order in (lines, lines[::-1]):
        partition = Partition(policy(alerts=PLANS_ALONE))
        partition.tell(*order)
        found.append({record["id"] for record in partition.tick("31")})
    assert found[0] == found[1]
    assert len(found[0]) == 4


def test_ids_differ_by_rule_subject_and_basis() -> None:
    partition = Partition(policy())
    for name in ("c", "d"):
        about = {"customer_id": name}
        partition.tell(customer("01", owner_id="ann", grade="gold", **about), plan("01", "05", **about))
        partition.tell(plan("06", "08", **about))
    told = partition.tick("31")
    ids = {(record["rule"], record["customer_id"], record["values"]["basis"]): record["id"] for record in told}
    # Of each customer: one plan that was due, one that became overdue too, and one silence.
    assert len(ids) == len(set(ids.values())) == 8


def test_nothing_is_said_where_nothing_changes() -> None:
    partition = overdue()
    quiet = [
        customer("11", name="Renamed"),
        event("11 01:00", "ticket.opened", ticket_id="t", customer_id="c", kind="request"),
        attempt("11 02:00"),
        deal("11 03:00", "updated", owner_id="bob", amount=money("5")),
        plan("11 04:00", "08"),
    ]
    assert [record for line in quiet for record in partition.tell(line)] == []
    assert partition.tell(*quiet) == []
    assert partition.tick("12 01:00") == []


def test_an_episode_that_is_over_is_not_told_again() -> None:
    # 08 gold is silent for a week ── 10 it is gold no more ── then this and that
    partition = Partition(policy())
    partition.tell(customer("01", owner_id="ann", grade="gold"))
    partition.tick("09")
    assert partition.tell(customer("10", grade=None)) == []
    assert said(partition.tick("11")) == ["contact.interval_exceeded resolved interval_changed"]
    assert partition.tell(plan("12", "25"), customer("12 01:00", owner_id="bob")) == []
    assert partition.tick("22") == []


def test_a_stall_of_an_earlier_stage_is_not_told_again() -> None:
    partition = Partition(policy(alerts=PLANS_ALONE, pipeline={"stall_basis": "created"}))
    partition.tell(created("01", "B"))
    partition.tick("07")
    partition.tell(moved("08", "C"))
    assert said(partition.tick("09")) == ["opp.stalled resolved stage_moved"]
    assert partition.tell(deal("10", "updated", amount=money("5")), contact("11")) == []
    assert partition.tick("20") == []


def test_a_restart_forgets_nothing_that_stands_and_tells_what_came_due_meanwhile() -> None:
    partition = overdue()
    after = partition.restarted()
    assert after.stage.alerts() == {("contact.overdue", "firing", "warning"): 1}
    assert after.tick("12") == []
    assert [record["employee_id"] for record in after.tell(customer("12", owner_id="bob"))] == ["bob"]
    again = after.restarted()
    assert said(again.tell(contact("12"))) == ["contact.overdue resolved contacted"]
    waiting = Partition(policy(alerts=PLANS_ALONE))
    waiting.tell(plan("01", "08"))
    assert said(waiting.restarted().tick("07")) == ["contact.due firing condition_met"]


def test_transitions_are_counted_for_the_metrics() -> None:
    partition = overdue()
    assert partition.changes.counts["transition", "contact.overdue", "firing", "condition_met"] == 1
    partition.tell(contact("12 06:00"), contact(us("12") + HOUR))
    partition.tick("13")
    assert partition.changes.counts["transition", "contact.overdue", "resolved", "contacted"] == 1
