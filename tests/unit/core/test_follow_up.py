"""Follow-up as timelines: what fires, what ends it, and what stays silent. Days of March 2026; due 2 d ahead."""

from __future__ import annotations

from tests.unit.core.kit import Partition, attempt, contact, customer, employee, plan, policy, said


def test_a_plan_is_due_then_overdue_until_a_contact_is_made() -> None:
    # 01 contact ── 06 due (2 d ahead) ── 08 planned ── 09 overdue (+ 1 d) ── 10 contact
    partition = Partition(policy())
    partition.tell(employee("01"), contact("01", next_contact_at="08", next_step="send the offer"))
    assert partition.tick("06") == []  # at the bound itself nothing fires yet
    (due,) = partition.tick("06 00:01")
    assert (due["rule"], due["status"], due["fired_at"]) == ("contact.due", "firing", "2026-03-06T00:00:00Z")
    assert (due["employee_id"], due["team"], due["values"]["next_step"]) == ("ann", "north", "send the offer")
    assert partition.tick("09") == []
    assert said(partition.tick("09 12:00")) == [
        "contact.due resolved became_overdue",
        "contact.overdue firing condition_met",
    ]
    partition.tick("11")
    (over,) = partition.tell(contact("10 08:00"))
    assert (over["status"], over["reason"], over["ended_at"]) == ("resolved", "contacted", "2026-03-10T08:00:00Z")
    assert partition.stage.alerts() == {
        ("contact.due", "firing", "info"): 0,
        ("contact.overdue", "firing", "warning"): 0,
    }


def test_an_attempt_fulfils_nothing() -> None:
    partition = Partition(policy())
    partition.tell(contact("01", next_contact_at="08"))
    partition.tick("10")
    assert partition.tell(attempt("09 20:00")) == []


def test_a_contact_however_early_fulfils_the_plan() -> None:
    partition = Partition(policy())
    partition.tell(contact("01", next_contact_at="20"), contact("02"))
    assert partition.tick("25") == []


def test_a_moved_plan_ends_the_old_one_and_the_same_date_again_does_not() -> None:
    partition = Partition(policy())
    partition.tell(contact("01", next_contact_at="08"))
    (due,) = partition.tick("07")
    assert partition.tell(plan("06 12:00", "08")) == []
    (moved,) = partition.tell(plan("06 18:00", "20"))
    assert (moved["id"], moved["reason"]) == (due["id"], "plan_moved")
    assert said(partition.tell(plan("06 20:00", None))) == []


def test_the_interval_runs_by_grade_and_a_late_contact_withdraws_what_it_proves_false() -> None:
    partition = Partition(policy())
    partition.tell(customer("01", owner_id="ann", grade="gold"), contact("02"))
    (fired,) = partition.tick("09 00:01")
    assert (fired["rule"], fired["started_at"]) == ("contact.interval_exceeded", "2026-03-09T00:00:00Z")
    (withdrawn,) = partition.tell(contact("08"))
    assert (withdrawn["id"], withdrawn["status"], withdrawn["reason"]) == (fired["id"], "resolved", "withdrawn")
    (again,) = partition.tick("15 00:01")
    assert again["id"] != fired["id"]


def test_nobody_looks_after_a_customer_without_owner_opportunity_or_contact() -> None:
    partition = Partition(policy())
    partition.tell(customer("01", grade="gold"))
    assert partition.tick("20") == []
    (fired,) = partition.tell(customer("12", owner_id="ann"))
    assert (fired["employee_id"], fired["started_at"]) == ("ann", "2026-03-12T00:00:00Z")


def test_what_is_held_is_pending_first_and_never_fires_when_it_ends_in_time() -> None:
    held = policy(alerts={"contact.overdue": {"hold": "2d"}, "contact.due": {"enabled": False}})
    partition = Partition(held)
    partition.tell(contact("01", next_contact_at="08"))
    (pending,) = partition.tick("10")
    assert (pending["status"], pending["fired_at"]) == ("pending", None)
    (ended,) = partition.tell(contact("09 12:00"))
    assert (ended["status"], ended["reason"], ended["fired_at"]) == ("resolved", "contacted", None)
    partition.tell(plan("09 13:00", "12"))
    partition.tick("14")
    (fired,) = partition.tick("16")
    assert (fired["status"], fired["reason"], fired["fired_at"]) == ("firing", "held", "2026-03-15T00:00:00Z")


def test_a_new_owner_takes_over_what_stands() -> None:
    partition = Partition(policy())
    partition.tell(customer("01", owner_id="ann"), contact("01", next_contact_at="08"))
    partition.tick("10")
    (taken,) = partition.tell(customer("09 12:00", owner_id="bob"))
    assert (taken["status"], taken["reason"], taken["employee_id"]) == ("firing", "reassigned", "bob")


def test_a_restart_forgets_nothing_that_stands_and_fires_what_came_due_meanwhile() -> None:
    partition = Partition(policy())
    partition.tell(contact("01", next_contact_at="08"))
    (due,) = partition.tick("07")
    after = partition.restarted()
    assert [record["id"] for record in after.tick("10") if record["rule"] == "contact.due"] == [due["id"]]
    assert after.tick("10") == []
