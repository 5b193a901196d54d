"""The SQL on a few lines, beside what they come to by hand. Local time is an hour ahead of the instants here."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.appraisal.appraisal import POLICY
from tests.appraisal.recount import Figure, recount

AS_OF = datetime(2026, 3, 10, 12, tzinfo=UTC)
A, B = {"employee_id": "a"}, {"employee_id": "b"}
CUSTOMER = {"customer_id": "c"}
DEAL = CUSTOMER | {"opportunity_id": "o"}
CALL = {"channel": "call", "direction": "outbound"}

Told = tuple[str, str, dict[str, Any]] | tuple[str, str, dict[str, Any], str]
"""A time in 2026, a type, its data, and perhaps an id."""
Ask = Callable[..., dict[tuple[str, str, str], Figure]]


def euros(amount: str) -> dict[str, Any]:
    return {"amount": {"amount": amount}}


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """What the SQL makes of some events and alerts."""

    def asked(*events: Told, alerts: tuple[dict[str, Any], ...] = ()) -> dict[tuple[str, str, str], Figure]:
        log, told = tmp_path / "log.jsonl", tmp_path / "alerts.jsonl"
        lines = []
        for number, (time, kind, data, *id) in enumerate(events):
            moment = time if time[:2] == "20" else f"2026-{time}:00Z"
            event = {"type": kind, "time": moment, "source": "s", "id": id[0] if id else f"{number:03d}"}
            lines.append(event | {"data": data})
        log.write_text("\n".join(map(json.dumps, lines)))
        told.write_text("\n".join(map(json.dumps, alerts)))
        policy = yaml.safe_load(POLICY.read_text())
        return recount(log, told, policy | {"assessments": None, "customers": None}, AS_OF)  # as is usual

    return asked


def figure(numerator: Any, denominator: Any, number: int) -> Figure:
    return Figure(Fraction(str(numerator)), None if denominator is None else Fraction(str(denominator)), number)


def test_an_event_counts_once_if_it_can_be_worked_out_and_came_by_then(ask: Ask) -> None:
    call = CALL | CUSTOMER | A
    found = ask(
        ("03-02T10:00", "contact.logged", call, "x"),
        ("03-02T10:00", "contact.logged", call | {"channel": "email"}, "x"),  # the first to arrive stands
        ("03-02T10:00", "contact.logged", call | {"customer_id": "d"}, "x"),  # of another subject
        ("03-10T12:00", "contact.logged", call),  # the last instant
        ("2026-03-10T12:00:00.000001Z", "contact.logged", call),
        ("03-02T23:00", "payment.received", A | CUSTOMER | {"amount": {"amount": "5", "currency": "XTS"}}),
        ("03-02T23:00", "payment.received", A | CUSTOMER | euros("1.005")),
    )
    assert found["contacts", "a", "2026-03"] == found["contacts:call", "a", "2026-03"] == figure(3, None, 3)
    assert ("contacts:email", "a", "2026-03") not in found
    assert found["contacts_per_customer", "a", "2026"] == figure(3, 2, 3)
    assert found["collected_amount", "a", "2026-03"] == figure("1.005", None, 1)


def test_days_and_rolling_periods_are_local(ask: Ask) -> None:
    used = A | {"action": "login"}
    found = ask(
        ("02-28T23:00", "usage.recorded", used),  # midnight of the first of March
        ("03-03T22:59", "usage.recorded", used),  # the day before the last seven
        ("03-09T23:30", "usage.recorded", used),
        ("03-10T10:30", "usage.recorded", used),
    )
    assert found["usage_days", "a", "2026-03"] == figure(3, None, 3)
    assert found["usage_days", "a", "7d"] == figure(1, None, 1)
    assert ("usage_days", "a", "2026-02") not in found


def test_the_stages_of_an_opportunity(ask: Ask) -> None:
    found = ask(
        ("03-01T12:00", "opportunity.created", DEAL | {"owner_id": "a", "stage": "Prospecting"}),
        ("03-03T12:00", "opportunity.stage_changed", DEAL | {"to_stage": "Proposing"}),  # past Engaging
        ("03-04T12:00", "opportunity.stage_changed", DEAL | {"to_stage": "Engaging"}),
        ("03-04T18:00", "opportunity.stage_changed", DEAL | {"to_stage": "Engaging"}),  # no entry
        ("03-05T12:00", "opportunity.lost", DEAL),
        ("03-06T12:00", "opportunity.stage_changed", DEAL | {"to_stage": "Negotiating"}),  # moves nothing
        ("03-07T12:00", "opportunity.reopened", DEAL | {"to_stage": "Engaging"}),
    )
    month = "a", "2026-03"
    assert found["stages_advanced", *month] == found["open_count", *month] == figure(1, None, 1)
    assert (
        found["stage_conversion:Prospecting", *month] == found["stage_conversion:Engaging", *month] == figure(1, 1, 1)
    )
    assert found["stage_conversion:Proposing", *month] == figure(0, 1, 1)
    assert found["time_in_stage_latest:Prospecting", *month] == figure(2, 1, 1)
    assert found["time_in_stage_cumulative:Engaging", *month] == figure(1, 1, 1)
    assert not {kpi for kpi, _, _ in found} & {"lost_count", "win_rate", "stage_conversion:Negotiating"}


def test_a_customer_is_new_once(ask: Ask) -> None:
    found = ask(
        ("03-02T12:00", "contract.signed", B | CUSTOMER | {"contract_id": "k"} | euros("7")),
        ("03-03T12:00", "opportunity.won", DEAL | {"owner_id": "a"}),
        ("01-03T12:00", "opportunity.won", DEAL | {"opportunity_id": "p", "owner_id": "a"}),
        ("01-04T12:00", "opportunity.lost", DEAL | {"opportunity_id": "p", "owner_id": "a"}),
    )
    assert {employee for kpi, employee, _ in found if kpi == "new_customers"} == {"b"}
    assert found["flagged:missing_amount", "a", "2026"] == figure(1, None, 1)
    assert found["win_rate", "a", "2026"] == figure(1, 2, 2)


def test_the_clock_of_a_ticket_stands_at_night_and_while_it_waits(ask: Ask) -> None:
    ticket = {"ticket_id": "t"}
    found = ask(
        ("03-06T15:00", "ticket.opened", ticket | CUSTOMER | {"kind": "complaint"}),  # a Friday, work ends at 17:00
        ("03-06T15:30", "ticket.assigned", ticket | A),
        ("03-06T16:00", "ticket.paused", ticket),
        ("03-09T09:00", "ticket.resumed", ticket),
        ("03-09T10:00", "ticket.replied", ticket | B),
        ("03-09T11:00", "ticket.resolved", ticket),
        ("03-10T11:00", "ticket.closed", ticket | B),
    )
    assert found["resolution_seconds", "a", "2026-03"] == figure(3 * 3600, 1, 1)
    assert found["first_response_seconds", "b", "7d"] == figure(2 * 3600, 1, 1)
    # 7.2e9 us are 107.28 times 2^26.
    assert found["first_response_seconds_p95", "b", "2026"] == Figure(Fraction(107 * 2**26, 10**6), None, 1)
    assert found["tickets_handled", "a", "2026-03"] == figure(1, None, 1)
    assert found["complaint_rate", "a", "2026-Q1"] == found["resolution_rate", "a", "2026-Q1"] == figure(1, 1, 1)
    assert "open_tickets" not in {kpi for kpi, _, _ in found}


def test_a_lead_is_responded_to_from_when_it_was_given_last(ask: Ask) -> None:
    lead = {"lead_id": "l"}
    found = ask(
        ("03-01T10:00", "lead.assigned", lead | {"owner_id": "b"}),
        ("03-02T10:00", "lead.created", lead | CUSTOMER | {"campaign_id": "x"}),
        ("03-02T11:00", "contact.logged", CALL | CUSTOMER | B | {"direction": "inbound"}),
        ("03-02T12:00", "lead.assigned", lead | {"owner_id": "a"}),
        ("03-02T12:30", "contact.logged", CALL | CUSTOMER | A | {"connected": False}),
        ("03-02T12:40", "lead.assigned", lead | {"owner_id": "b"}),
        ("03-04T10:00", "lead.converted", lead | CUSTOMER),
        ("03-04T10:00", "lead.disqualified", lead),
    )
    assert found["lead_response_seconds", "a", "2026-03"] == figure(1800, 1, 1)
    assert found["leads", "b", "2026"] == figure(1, None, 1)
    assert found["lead_conversion_rate", "b", "30d"] == figure(0, 1, 1)


def test_the_newest_assignment_of_a_task_holds(ask: Ask) -> None:
    task = {"task_id": "k"}
    found = ask(
        ("03-01T10:00", "task.assigned", task | A | {"due_at": "2026-03-01"}),
        ("03-02T10:00", "task.assigned", task | B | {"due_at": "2026-03-03"}),
        ("03-03T22:59", "task.completed", task | A),  # a minute before midnight
    )
    assert found["task_completion_rate", "b", "2026-03"] == found["on_time_rate", "a", "2026-03"] == figure(1, 1, 1)
    assert {employee for kpi, employee, _ in found if kpi == "task_completion_rate"} == {"b"}


def test_scores_beyond_the_scale_are_no_answers(ask: Ask) -> None:
    scores = [("csat", 5), ("csat", 3), ("csat", 6), ("nps", 10), ("nps", 6), ("nps", 0), ("ces", "2.5"), ("ces", None)]
    found = ask(*(("03-02T10:00", "feedback.received", A | {"kind": kind, "score": score}) for kind, score in scores))
    assert found["csat", "a", "2026"] == figure(1, 2, 2)
    assert found["nps", "a", "2026"] == figure(-1, 3, 3)
    assert found["ces", "a", "2026"] == figure("2.5", 1, 1)
    assert found["flagged:feedback_score", "a", "2026"] == figure(2, None, 2)


def test_a_cost_is_the_newest_claim_if_the_newest_decision_is_yes(ask: Ask) -> None:
    expense, travel = {"expense_id": "e"} | A, {"category": "travel"}
    dollars = {"amount": {"amount": "10", "currency": "USD"}}
    found = ask(
        ("01-14T22:59", "expense.claimed", expense | travel | dollars),  # a minute before another rate
        ("01-15T10:00", "expense.rejected", expense),
        ("03-02T10:00", "expense.approved", expense),
        ("03-02T10:00", "trip.requested", {"trip_id": "t", "cost": {"amount": "7"}} | A),
        ("03-02T11:00", "trip.approved", {"trip_id": "t"} | A),
        ("03-02T11:00", "trip.rejected", {"trip_id": "t"} | A),
        ("03-02T12:00", "payment.received", {"payment_id": "p"} | A | CUSTOMER | euros("100")),
        ("01-14T23:00", "payment.received", {"payment_id": "q"} | A | CUSTOMER | dollars),
    )
    assert found["collected_amount", "a", "2026-01"] == figure("8.731", None, 1)
    assert found["cost_amount", "a", "2026-03"] == figure("9.20", None, 1)
    assert found["deal_profit", "a", "2026-03"] == figure("90.80", None, 2)
    assert "trips" not in {kpi for kpi, _, _ in found}


def test_a_competency_is_the_mean_of_those_relations_of_which_enough_rated(ask: Ask) -> None:
    ratings = [("superior", "s", 80), ("peer", "p", 60), ("peer", "q", 70), ("peer", "r", 80), ("self", "a", 100)]
    ratings += [("subordinate", "t", 0), ("subordinate", "u", 0), ("subordinate", "u", 0)]
    found = ask(
        *(
            (
                "03-02T10:00",
                "assessment.submitted",
                A | {"rater_id": rater, "relation": relation, "score": score, "competency": "Team Work"},
            )
            for relation, rater, score in ratings
        )
    )
    # 80 by 40, the mean 70 by 30; too few of the subordinates rated, and nobody is asked of himself.
    assert found["competency_team_work", "a", "2026"].value == Fraction(80 * 40 + 70 * 30, 70)
    assert found["competency_team_work", "a", "2026"].number == 4


def test_a_key_result_counts_when_it_is_due(ask: Ask) -> None:
    update = A | {"objective": "Grow", "key_result": "Sell"}
    found = ask(
        ("01-02T10:00", "key_result.updated", update | {"progress": 1, "due_at": "2026-05-01"}),
        ("03-02T10:00", "key_result.updated", update | {"progress": "0.25", "due_at": "2026-02-28"}),
        ("03-02T10:00", "key_result.updated", A | {"objective": "Grow", "key_result": "Learn", "progress": 1}),
    )
    assert found["okr_progress", "a", "2026-02"] == figure("0.25", 1, 1)
    assert found["okr_progress", "a", "2026-Q1"] == figure("1.25", 2, 2)
    assert ("okr_progress", "a", "2026-05") not in found


def test_a_campaign_is_that_of_who_launched_it_last(ask: Ask) -> None:
    campaign = {"campaign_id": "x"}
    found = ask(
        ("03-01T10:00", "campaign.launched", campaign | B),
        ("03-02T10:00", "campaign.spent", campaign | euros("100")),
        ("03-03T10:00", "campaign.launched", campaign | A),
        ("02-02T10:00", "campaign.joined", campaign | CUSTOMER),
        ("03-02T10:00", "campaign.joined", campaign | CUSTOMER),
        ("03-02T10:00", "campaign.joined", campaign | {"lead_id": "c"}),
        ("02-02T10:00", "opportunity.created", DEAL | campaign | {"owner_id": "b", "stage": "Engaging"}),
        ("03-02T10:00", "opportunity.won", DEAL | euros("350")),
    )
    assert found["campaign_roi", "a", "2026-03"] == figure(250, 100, 1)
    assert found["campaign_participants", "a", "2026-03"] == figure(1, None, 1)
    assert found["campaign_participants", "a", "2026"] == figure(2, None, 2)


def test_customers_stay_while_their_last_purchase_is_recent_enough(ask: Ask) -> None:
    owned: list[Told] = [
        ("2025-01-01T00:00:00Z", "customer.upserted", {"customer_id": name, "owner_id": "a"})
        for name in ("c", "d", "e")
    ]
    bought = [("c", "2025-02-10T00:00:00Z"), ("d", "2025-04-01T00:00:00Z"), ("d", "2026-01-20T00:00:00Z")]
    found = ask(
        *owned,
        *(
            (time, "contract.signed", A | {"contract_id": time, "customer_id": name} | euros("5"))
            for name, time in bought
        ),
        ("03-02T12:00", "payment.received", {"payment_id": "p"} | A | CUSTOMER | euros("100")),
    )
    assert found["retention_rate", "a", "2026-02"] == figure(1, 2, 2)  # one bought 365 days before the 10th
    assert found["retention_rate", "a", "2026"] == figure(1, 2, 2)
    assert found["retention_rate", "a", "2026-03"] == figure(1, 1, 1)
    assert found["customer_lifetime_value", "a", "2026"].value == 100  # for each of two 50, half of whom go in a year
    assert found["repeat_rate", "a", "7d"] == figure(1, 2, 2)


def test_a_customer_is_shared_with_another_role(ask: Ask) -> None:
    roles = [("a", "sales"), ("b", "sales"), ("s", "service")]
    contacts = [("a", "c"), ("s", "c"), ("a", "c"), ("a", "d"), ("b", "d"), ("nobody", "d")]
    found = ask(
        *(("03-01T10:00", "employee.upserted", {"employee_id": who, "role": role, "team": "t"}) for who, role in roles),
        *(
            ("03-02T10:00", "contact.logged", CALL | {"employee_id": who, "customer_id": customer})
            for who, customer in contacts
        ),
    )
    shared = {(employee, one.number) for (kpi, employee, period), one in found.items() if kpi == "shared_customers"}
    assert shared == {("a", 1), ("s", 1)}


def test_who_solves_a_ticket_serves_its_customer(ask: Ask) -> None:
    found = ask(
        *(
            ("03-01T10:00", "employee.upserted", {"employee_id": who, "role": role, "team": "t"})
            for who, role in (("a", "sales"), ("s", "service"))
        ),
        ("03-02T10:00", "contact.logged", CALL | A | CUSTOMER),
        ("02-02T10:00", "ticket.opened", {"ticket_id": "t", "kind": "request"} | CUSTOMER),
        ("03-02T11:00", "ticket.resolved", {"ticket_id": "t", "employee_id": "s"}),
    )
    months = {key[1:] for key in found if key[0] == "shared_customers" and key[2].startswith("2026-0")}
    assert months == {("a", "2026-03"), ("s", "2026-03")}


def test_what_is_open_beside_what_remains_of_the_target(ask: Ask) -> None:
    created = {"owner_id": "a", "stage": "Engaging"}
    second = CUSTOMER | {"opportunity_id": "p"}
    found = ask(
        (
            "03-01T10:00",
            "target.set",
            {"scope": "employee", "scope_id": "a", "kpi": "won_amount"} | {"period": "2026-03", "value": 500},
        ),
        ("03-01T12:00", "opportunity.created", DEAL | created | euros("50")),
        ("03-05T12:00", "opportunity.won", DEAL | euros("200")),
        ("03-05T13:00", "opportunity.created", second | created | euros("60")),
    )
    assert found["pipeline_coverage", "a", "2026-03"] == figure(60, 300, 1)
    assert found["expected_revenue", "a", "2026-03"] == figure(24, None, 1)
    # one open x 200 x 100 % / 4 days
    assert found["sales_velocity", "a", "2026-03"].value == 50


def test_an_episode_counts_if_it_fired_and_was_not_withdrawn(ask: Ask) -> None:
    alert = {"rule": "opp.stalled", "employee_id": "a", "fired_at": "2026-03-01T23:30:00Z", "reason": "started"}
    found = ask(
        ("03-01T10:00", "usage.recorded", A | {"action": "login"}),
        alerts=(
            alert | {"id": "1", "fired_at": None},
            alert | {"id": "1"},
            alert | {"id": "2"},
            alert | {"id": "2", "reason": "withdrawn"},
            alert | {"id": "3", "rule": "stalled.working"},
        ),
    )
    assert found["stalled_episodes", "a", "2026-03"] == figure(1, None, 1)
    assert "overdue_episodes" not in {kpi for kpi, _, _ in found}


def test_a_customer_is_handed_from_one_owner_to_another(ask: Ask) -> None:
    def owner(time: str, to: str, id: str = "") -> Told:
        return time, "customer.owner_changed", CUSTOMER | {"to": to}, id or time

    found = ask(
        *(owner("03-01T10:00", "a"), owner("03-02T10:00", "b", "1"), owner("03-02T10:00", "a", "2")),
        *(owner("03-03T23:30", "b"), owner("03-06T10:00", "a")),
        ("03-05T10:00", "customer.upserted", CUSTOMER | {"owner_id": None}),
        ("03-07T10:00", "customer.upserted", CUSTOMER | {"owner_id": "s"}),
    )
    handed = {key: one.number for key, one in found.items() if key[0].startswith("handoffs") and key[2] == "7d"}
    assert handed == {
        ("handoffs_given", "a", "7d"): 2,
        ("handoffs_taken", "b", "7d"): 1,
        ("handoffs_taken", "s", "7d"): 1,
    }
