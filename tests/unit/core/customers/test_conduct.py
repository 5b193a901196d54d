"""Feedback, costs, use, assessments, key results and figures from elsewhere, by timelines worked out by hand."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from streams.core.customers import Customers
from streams.core.customers.state import DESK
from streams.core.stage import CHARGE, COST
from streams.replay import replay_lines
from tests.unit.core.kit import Partition, created, deal, employee, event, money, policy, us
from tests.unit.core.works import Works

POLICY = policy()
NOON = "2026-03-31T12:00:00Z"


def told(lines: list[bytes], who: str = "ann", period: str = "2026-03", **sections: Any) -> dict[str, tuple[str, int]]:
    """Value and count of every KPI of somebody in a period, as of the end of March 2026."""
    found = replay_lines(lines, policy(**sections), us(NOON)).kpis
    return {kpi: (cell.value, cell.number) for (name, key, kpi), cell in found.items() if (name, key) == (who, period)}


def said(kind: str, score: str | None = None, /, when: str = "02", **data: Any) -> bytes:
    """A customer said something of ann."""
    scored = {} if score is None else {"score": score}
    return event(when, "feedback.received", **{"employee_id": "ann", "kind": kind, "customer_id": "c"} | scored | data)


def claimed(when: str, amount: str, /, **data: Any) -> bytes:
    """ann claims an expense."""
    claim = {"employee_id": "ann", "expense_id": "x", "amount": money(amount), "category": "gift"}
    return event(when, "expense.claimed", **claim | data)


def decided(when: str, verb: str, /, **data: Any) -> bytes:
    """Somebody decides of it."""
    return event(when, f"expense.{verb}", **{"employee_id": "ann", "expense_id": "x"} | data)


def trip(when: str, verb: str, /, **data: Any) -> bytes:
    """Something happens to a trip of ann's."""
    return event(when, f"trip.{verb}", **{"employee_id": "ann", "trip_id": "x"} | data)


def rated(when: str, rater: str, score: str, relation: str = "peer", /, competency: str = "Team Work") -> bytes:
    """Somebody rated ann."""
    about = {"employee_id": "ann", "competency": competency, "relation": relation}
    return event(when, "assessment.submitted", **about, rater_id=rater, score=score)


def updated(when: str, progress: str, /, **data: Any) -> bytes:
    """A key result of ann's is so far."""
    result = {"employee_id": "ann", "objective": "grow", "key_result": "ten customers", "progress": progress}
    return event(when, "key_result.updated", **result | data)


def used(when: str, action: str = "login", /, **data: Any) -> bytes:
    """ann used the CRM."""
    return event(when, "usage.recorded", **{"employee_id": "ann", "action": action} | data)


DEAL = {"customer_id": "c", "opportunity_id": "o"}


def test_answers_count_as_they_are_asked_for() -> None:
    lines = [
        said("csat", "5"), said("csat", "4", customer_id=None), said("csat", "3.5"), said("csat", "1"),
        said("nps", "10"), said("nps", "9"), said("nps", "8"), said("nps", "6"), said("nps", "0"), said("nps", "0"),
        said("ces", "7"), said("ces", "2.5"),
        said("praise"), said("praise", when="05"), said("complaint"), said("suggestion", "3"),
    ]  # fmt: skip
    found = told(lines)
    assert found["csat"] == ("0.5", 4)
    assert found["nps"] == (repr(-1 / 6), 6)
    assert found["ces"] == ("4.75", 2)
    assert found["praise"] == ("2", 2)
    assert not {kpi for kpi in found if kpi.startswith(("flagged", "csat:", "nps:", "ces:"))}


def test_an_aspect_has_figures_of_its_own() -> None:
    lines = [said("csat", "5", aspect="service"), said("csat", "2", aspect="product"), said("csat", "4"),
             said("nps", "3", aspect="product"), said("ces", "6", aspect="after_sales")]  # fmt: skip
    found = told(lines)
    assert found["csat"] == (repr(2 / 3), 3)
    assert (found["csat:service"], found["csat:product"]) == (("1", 1), ("0", 1))
    assert (found["nps:product"], found["ces:after_sales"]) == (("-1", 1), ("6", 1))


@pytest.mark.parametrize(("kind", "score"), [("csat", "0.9"), ("csat", "6"), ("nps", "-1"), ("nps", "10.5"),
                                             ("ces", "0"), ("ces", "8"), ("csat", None)])  # fmt: skip
def test_what_is_no_score_of_its_kind_is_flagged(kind: str, score: str | None) -> None:
    found = told([said(kind, score)])
    assert found["flagged:feedback_score"] == ("1", 1)
    assert kind not in found


def test_a_cost_counts_on_the_day_of_the_newest_approval() -> None:
    lines = [claimed("01", "10.005"), decided("02", "approved"), decided("2026-02-02T00:00:00Z", "approved")]
    assert told(lines)["cost_amount"] == ("10.00", 1)
    assert told([*lines, decided("03", "rejected")]).get("cost_amount") is None
    assert told([*lines, decided("02", "rejected")]).get("cost_amount") is None
    assert told([*lines, decided("03", "rejected"), decided("04", "approved")])["cost_amount"] == ("10.00", 1)
    assert told([*lines, decided("2026-04-01T00:00:00Z", "approved")])["cost_amount"] == ("10.00", 1)  # after as_of
    assert told(lines, period="2026-02").get("cost_amount") is None


def test_the_newest_claim_says_how_much_at_the_rate_of_its_day() -> None:
    rates = [{"from": "2026-01-01", "USD": 0.5}, {"from": "2026-03-05", "USD": 0.25}]
    dollars = claimed("06", "100", amount=money("100", "USD"))
    lines = [decided("02", "approved"), claimed("04", "1", amount=money("100", "USD"))]
    assert told(lines, currency={"rates": rates})["cost_amount"] == ("50.00", 1)
    assert told([dollars, *lines], currency={"rates": rates})["cost_amount"] == ("25.00", 1)
    assert told([dollars, *lines, claimed("07", "3")], currency={"rates": rates})["cost_amount"] == ("3.00", 1)


def test_each_employee_has_expenses_and_trips_of_their_own() -> None:
    lines = [
        claimed("01", "10"), decided("02", "approved", employee_id="bob"), claimed("01", "7", employee_id="cid"),
        trip("01", "requested", cost=money("5")), trip("03", "approved"),
        trip("01", "requested", trip_id="y"), trip("03", "approved", trip_id="y"), trip("03", "approved", trip_id="z"),
    ]  # fmt: skip
    found = told(lines)
    assert (found["cost_amount"], found["trips"]) == (("5.00", 1), ("2", 2))  # one trip has no cost
    assert told(lines, "bob") == told(lines, "cid") == {}


def test_profit_is_what_came_in_less_the_costs() -> None:
    paid = {"payment_id": "p", "customer_id": "c", "employee_id": "ann"}
    lines = [
        event("01", "payment.received", **paid, amount=money("100")),
        event("03", "payment.refunded", **paid, amount=money("30")),
        claimed("01", "80"), decided("02", "approved"),
    ]  # fmt: skip
    assert told(lines)["deal_profit"] == ("-10.00", 3)
    assert told(lines[:2])["deal_profit"] == ("70.00", 2)
    assert "deal_profit" not in told([said("praise")])


def deals(lines: list[bytes], partitions: int) -> dict[str, tuple[float, int, float]]:
    """Costs, trips and profit of each opportunity as it was told last."""
    works = Works(POLICY, partitions)
    for line in lines:
        works.tell([line])
        works.flush_customers()
    works.tick(us(NOON), final=True)
    found = works.topics["opportunities"]
    return {name.decode(): (row["costs"], row["trips"], row["profit"]) for name, row in found.items()}


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_an_opportunity_knows_what_was_approved_for_it_in_whatever_order(partitions: int) -> None:
    lines = [
        created("01"), deal("01", "created", opportunity_id="o2", stage="A", owner_id="bob"),
        created("01", customer_id="c2", opportunity_id="o3"),
        claimed("01", "10", **DEAL), decided("02", "approved"),
        claimed("01", "20", expense_id="y", **DEAL), claimed("02", "4", expense_id="y", customer_id="c2",
                                                             opportunity_id="o3"),
        decided("05", "approved", expense_id="y"),
        claimed("01", "9", expense_id="z", **DEAL), decided("05", "approved", expense_id="z"),
        decided("06", "rejected", expense_id="z"),
        trip("01", "requested", employee_id="bob", **DEAL), trip("02", "approved", employee_id="bob", **DEAL),
        claimed("01", "3", employee_id="cid", customer_id="c"), decided("02", "approved", employee_id="cid"),
        trip("01", "requested", employee_id="cid", customer_id="c", opportunity_id="o2", cost=money("6")),
        trip("01 10:00", "requested", employee_id="cid", **DEAL, cost=money("2")),
        trip("03", "approved", employee_id="cid"),
        event("09", "payment.received", payment_id="p", employee_id="ann", amount=money("100"), **DEAL),
    ]  # fmt: skip
    expected = {"o": (12.0, 2, 88.0), "o2": (0.0, 0, 0.0), "o3": (4.0, 0, -4.0)}
    for seed in range(6):
        Random(seed).shuffle(lines)
        assert deals(lines, partitions) == expected


def test_what_partitions_tell_each_other_of_costs_counts_once() -> None:
    works = Works(POLICY, 8)
    works.tell([created("01"), claimed("01", "10", **DEAL), decided("02", "approved")])
    works.tick(us("03"), final=True)
    again = [(seat, key, value) for seat in works.customers for key, value in seat.log if key in (COST, CHARGE)]
    assert {key for _, key, _ in again} == {COST, CHARGE}
    for seat, key, value in again:
        seat.give(key, value)
    works.tick(us("04"), final=True)
    (cost,) = (c for c in works.topics["kpis.employees"][b"ann/2026-03"]["kpis"] if c["kpi"] == "cost_amount")
    assert (cost["value"], cost["count"]) == (10.0, 1)
    dossiers = [dict(seat.stage.customers) for seat in works.customers if isinstance(seat.stage, Customers)]
    (desk,) = (found[f"{DESK}ann"] for found in dossiers if f"{DESK}ann" in found)
    assert [len(file.log) for file in desk.files.values()] == [2]
    assert works.topics["opportunities"][b"o"]["costs"] == 10.0


def test_what_is_told_late_of_a_cost_is_passed_over() -> None:
    works = Works(POLICY, 8)
    works.tell([created("01"), claimed("01", "10", **DEAL), decided("02", "approved")])
    works.tick(us("03"), final=True)
    former = [(seat, value) for seat in works.customers for key, value in seat.log if key == CHARGE]
    works.tell([decided("03", "rejected")])
    works.tick(us("04"), final=True)
    assert len(former) == 1
    for seat, value in former:
        seat.give(CHARGE, value)
    works.tell([deal("04", "updated", next_step="call")])
    works.tick(us("05"), final=True)
    assert works.topics["opportunities"][b"o"]["costs"] == 0.0


def test_days_of_use_are_those_of_the_policys_zone() -> None:
    lines = [used("01 15:59"), used("01 16:00", "export"), used("02 15:00"), used("02 17:00"),
             used("2026-02-28T10:00:00Z")]  # fmt: skip
    assert told(lines, timezone="Asia/Shanghai")["usage_days"] == ("3", 3)
    assert told(lines)["usage_days"] == ("2", 2)
    assert told(lines, period="2026-Q1")["usage_days"] == ("3", 3)


def test_data_quality_is_that_of_the_records_touched() -> None:
    lines = [used("01", "record_created"), used("01", "record_updated", valid=False), used("02", "login", valid=False),
             used("03", "record_updated", missing_fields=2)]  # fmt: skip
    assert told(lines)["data_quality"] == (repr(2 / 3), 3)
    assert "data_quality" not in told([used("01")])


def test_a_competency_weighs_the_mean_of_each_relation() -> None:
    lines = [
        rated("01", "boss", "80", "superior"), rated("02", "boss", "60", "superior"),
        rated("03", "p1", "50"), rated("03", "p2", "50"), rated("04", "p3", "100", competency="team work"),
        rated("05", "p3", "40"),
        rated("05", "s1", "10", "subordinate"), rated("06", "s2", "10", "subordinate"),
        rated("07", "s2", "10", "subordinate"),
        rated("08", "ann", "100", "self"), rated("08", "p1", "90", competency="Selling"),
    ]  # fmt: skip
    # Superior 70, peers 60, of subordinates there are two alone: (40 * 70 + 30 * 60) / 70.
    found = told(lines)
    assert found["competency_team_work"] == (repr(4600 / 70), 6)
    assert "competency_selling" not in found
    assert told([rated("08", "ann", "100", "self")]) == {}
    assert told(lines, assessments={"min_raters": 2})["competency_team_work"] == (repr(4800 / 90), 9)
    assert told(lines, assessments={"min_raters": 1})["competency_selling"] == ("90", 1)
    assert told(lines, assessments={"weights": {"subordinate": 5}}).keys().isdisjoint(["competency_team_work"])
    assert told(lines, assessments={"weights": {"peer": 5, "superior": 1}})["competency_team_work"] == (
        repr(370 / 6),
        6,
    )


def test_raters_are_distinct_in_each_period() -> None:
    january = [rated("2026-01-10T00:00:00Z", name, "50") for name in ("p1", "p2")]
    march = [rated("02", "p2", "80"), rated("03", "p3", "90"), rated("31", "p3", "90")]
    lines = [*march, *january]
    absent = ["2026-01", "2026-03", "7d", "30d"]
    assert [told(lines, period=key).get("competency_team_work") for key in absent] == [None] * 4
    for key in ("2026-Q1", "2026", "90d"):
        assert told(lines, period=key)["competency_team_work"] == ("72", 5)
    two: dict[str, Any] = {"assessments": {"min_raters": 2}}
    assert told(lines, period="2026-03", **two)["competency_team_work"] == (repr(260 / 3), 3)
    assert told(lines, period="30d", **two)["competency_team_work"] == (repr(260 / 3), 3)
    assert "competency_team_work" not in told(lines, period="7d", **two)


def test_key_results_count_by_their_newest_update_on_the_day_that_it_names() -> None:
    other = {"key_result": "one city"}
    lines = [
        updated("05", "0.5", due_at="2026-03-20"), updated("04", "0.9", due_at="2026-02-20"),
        updated("06", "0.25", **other), updated("06", "1", objective="learn", due_at="2026-03-31T23:30:00-01:00"),
    ]  # fmt: skip
    assert told(lines)["okr_progress"] == ("0.375", 2)
    assert "okr_progress" not in told(lines, period="2026-02")
    assert told([*lines, updated("07", "0.75", **other, due_at="2026-02-01")])["okr_progress"] == ("0.5", 1)
    tied = [updated("08", "0.1", id="2", **other), updated("08", "0.3", id="1", **other)]
    assert told(tied)["okr_progress"] == told(tied[::-1])["okr_progress"] == ("0.1", 1)


def test_a_measure_is_the_mean_of_what_was_recorded_of_an_employee() -> None:
    def recorded(when: str, value: str, scope: str = "employee", measure: str = "exam: law@") -> bytes:
        return event(when, "measure.recorded", scope=scope, scope_id="ann", measure=measure, value=value)

    lines = [recorded("01", "0.1"), recorded("02", "0.2"), recorded("02", "9", "team"), recorded("02", "7", "employee",
             "market")]  # fmt: skip
    found = told(lines)
    assert found["measure:exam: law@"] == ("0.15", 2)
    assert found["measure:market"] == ("7", 1)
    partition = Partition(POLICY)
    partition.tell(*lines)
    assert partition.changes.counts["event", "crm.measures", "measure.recorded", "not_used"] == 1
    assert partition.changes.counts["event", "crm.measures", "measure.recorded", "applied"] == 3


def test_what_stands_at_a_desk_is_there_after_a_restart() -> None:
    first = [
        claimed("01", "10", id="e1", **DEAL), trip("01", "requested", id="e2"), used("01"), rated("02", "p1", "50"),
        updated("03", "0.5"), created("01"), decided("02", "approved", expense_id="y"),
    ]  # fmt: skip
    later = [
        decided("02", "approved"), trip("02", "approved"), used("01 10:00"), used("02"), rated("01", "p1", "70"),
        rated("09", "p2", "70"), updated("02", "0.9"), updated("03 01:00", "0.25"), claimed("05", "3", expense_id="y"),
        decided("09", "rejected"),
    ]  # fmt: skip
    calm = Partition(POLICY)
    calm.tell(*first)
    shaken = calm.restarted()
    calm.tell(*later[:-1])
    shaken.tell(*later[:-1])
    again = shaken.restarted()
    for partition in (calm, again):
        partition.tell(later[-1])
    assert calm.credit() == again.credit()
    assert calm.credit()["cost"] == str(3 * 10**30)
    assert (calm.figure("ann", "usage_days"), calm.figure("ann", "peer_raters@month:team_work")) == (2, 2)
    assert (calm.figure("ann", "peer_raters@days:team_work"), calm.figure("ann", "key_results")) == (2, 1)
    for name in (f"{DESK}ann", "c"):
        files = again.stage.customers[name].files
        assert {n: f.log for n, f in files.items()} == {n: f.log for n, f in calm.stage.customers[name].files.items()}
        assert files


def test_no_record_of_a_desk_grows_without_bound() -> None:
    partition = Partition(POLICY)
    hour = 3_600_000_000
    for day in range(400):
        partition.tell(
            *(event(us("01") + (24 * day + number) * hour, "assessment.submitted", employee_id="ann", score="1",
                    rater_id=f"{day}-{number}" * 10, relation="customer", competency="x") for number in range(6)),
        )  # fmt: skip
    records = {key: value for key, value in partition.states.items() if json.loads(key)[0] == "file"}
    assert len(records) > 1
    assert max(map(len, records.values())) < 130_000
    (file,) = partition.restarted().stage.customers[f"{DESK}ann"].files.values()
    assert len(file.log) == 2400
    assert file.log == sorted(file.log)


def test_a_change_writes_its_own_file_alone() -> None:
    partition = Partition(POLICY)
    partition.tell(claimed("01", "10"), claimed("01", "10", expense_id="y"), used("01"))
    partition.tell(decided("02", "approved"))
    written = [json.loads(key) for key, _ in partition.changes.states]
    assert [key for key in written if key[0] == "file"] == [["file", f"{DESK}ann", "eexpense:x"]]


def test_an_acknowledgement_finds_a_customer_that_has_the_id_of_an_employee() -> None:
    partition = Partition(policy(alerts={"contact.overdue": {"enabled": True}}))
    partition.tell(
        used("01", employee_id="7"),
        event("01", "contact.planned", employee_id="ann", customer_id="7", next_contact_at="2026-03-02T00:00:00Z"),
    )
    (alert,) = (row for row in partition.tick("09") if row["status"] == "firing" and "overdue" in row["rule"])
    command = event("09", "alert.acknowledged", alert_id=alert["id"], by="ann", subject="7")
    assert [row["status"] for row in partition.tell(command)] == ["acknowledged"]


def test_claims_of_two_customers_with_one_stamp_are_both_kept_and_the_greater_customer_is_later() -> None:
    lines = [claimed("01", "10", id="e", customer_id="a"), claimed("01", "4", id="e", customer_id="b"),
             decided("02", "approved")]  # fmt: skip
    assert told(lines)["cost_amount"] == told(lines[::-1])["cost_amount"] == ("4.00", 1)


def test_former_releases_have_no_files_and_what_they_passed_over_is_not_counted() -> None:
    partition = Partition(POLICY)
    partition.tell(employee("01"), created("01"), used("01"))
    former = Partition(POLICY)
    former.states = {key: value for key, value in partition.states.items() if json.loads(key)[0] != "file"}
    again = former.restarted()
    again.tell(used("02"), claimed("03", "2", **DEAL))
    assert [file.KIND for file in again.stage.customers[f"{DESK}ann"].files.values()] == ["u", "e"]
