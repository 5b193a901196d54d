"""Another target, each on a timeline where it is suggested and one where it is not.

Ann is to make ten contacts a month unless a test says otherwise; below 60 % or from 140 % on three times in a row is
beyond the bounds.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
import pytest

from streams.core.employees.appraisals import _Kept, _read
from streams.core.employees.recommending import Basis, id_of
from streams.core.formats import tagged
from streams.events.instants import parse_iso
from streams.events.outputs import RECORDS
from streams.policy import Advice
from streams.replay import replay_lines
from tests.unit.core.employees.test_appraisals import NOTHING, alone, asked, rules, worked
from tests.unit.core.kit import DAY, HOUR, Record, contact, employee, event, money
from tests.unit.core.works import Works

KIND = Advice.TARGET_ADJUSTMENT.value
ON = alone(KIND)
SET = "2026-01-01T00:00:00Z"


def aimed(*targets: float | None, kpi: str = "contacts", when: str = SET, **data: Any) -> list[bytes]:
    """Targets of ann in months from January 2026 on."""
    return [
        event(when, "target.set", **{"scope": "employee", "scope_id": "ann", "kpi": kpi, "period": f"2026-{month:02d}",
                                     "value": value} | data)
        for month, value in enumerate(targets, 1) if value is not None
    ]  # fmt: skip


def named(first: str = "2026-01", side: str = "below", kpi: str = "contacts") -> str:
    return id_of("ann", Basis(KIND, f"{first} {side} {kpi}"))


def suggested(lines: list[bytes], until: str, **sections: Any) -> list[tuple[str, float, float]]:
    """What is suggested: up to which period, in the place of what, and what."""
    found = asked(lines, until, rules(sections.pop("advice", ON), **sections))
    return [(one["period"], one["adjustment"]["present"], one["adjustment"]["suggested"]) for one in found]


@pytest.mark.parametrize(
    ("contacts", "until", "expected"),
    [
        pytest.param([5, 4, 3], "04-01", [("2026-03", 10, 4)], id="missed by far three times"),
        pytest.param([5, 4, 3], "03-31", [], id="the third is not over"),
        pytest.param([5, 4, 6], "04-01", [], id="at the bound itself it is not missed by far"),
        pytest.param([5, 4], "04-01", [], id="only twice"),
        pytest.param([5, 4, 0, 3, 3], "06-01", [], id="a month without data ends a run"),
        pytest.param([5, 4, 8, 3, 3, 1], "07-01", [("2026-06", 10, 7 / 3)], id="only months in a row"),
        pytest.param([5, 4, 3, 2, 1], "06-01", [("2026-03", 10, 4)], id="a run that goes on is told once"),
        pytest.param([14, 15, 16], "04-01", [("2026-03", 10, 15)], id="exceeded by far, at the bound"),
        pytest.param([13, 15, 16], "04-01", [], id="once not by far"),
        pytest.param([5, 14, 5], "04-01", [], id="misses and excesses do not add up"),
    ],
)
def test_what_was_missed_or_exceeded_by_far_in_a_row_suggests_the_mean(
    contacts: list[int], until: str, expected: list[tuple[str, float, float]]
) -> None:
    assert suggested([*worked(*contacts), *aimed(*[10] * 8)], until) == expected


def test_it_is_off_unless_a_policy_says_so() -> None:
    lines = [*worked(5, 4, 3), *aimed(10, 10, 10)]
    assert asked(lines, "04-01", rules(NOTHING)) == []
    assert KIND not in {one["kind"] for one in asked(lines, "04-01", rules())}
    assert len(asked(lines, "04-01", rules(alone(KIND, roles=["sales"])))) == 1
    assert asked(lines, "04-01", rules(alone(KIND, roles=["clerk"]))) == []


def test_a_record_names_periods_values_targets_attainments_and_the_formula() -> None:
    (record,) = asked([*worked(5, 4, 3), *aimed(10, 20, 10)], "04-02", rules(ON))
    assert record["reasons"] == [
        {"kpi": "contacts", "value": 5, "target": 10, "attainment": 0.5, "points": None, "period": "2026-01"},
        {"kpi": "contacts", "value": 4, "target": 20, "attainment": 0.2, "points": None, "period": "2026-02"},
        {"kpi": "contacts", "value": 3, "target": 10, "attainment": 0.3, "points": None, "period": "2026-03"},
    ]
    assert record["adjustment"] == {
        "kpi": "contacts", "each": "month", "present": 10, "suggested": 4, "formula": "(5 + 4 + 3) / 3"
    }  # fmt: skip
    assert record["summary"] == (
        "Consider a target of 4 instead of 10 contacts a month for ann: in 3 months in a row, 2026-01 to 2026-03, the "
        "attainment was below 60 %, and the mean of what was reached is (5 + 4 + 3) / 3."
    )
    assert (record["kind"], record["status"], record["score"], record["bound"]) == (KIND, "open", None, 0.6)
    assert (record["period"], record["created_at"]) == ("2026-03", "2026-04-01T00:00:00Z")
    assert record["recommendation_id"] == named()
    told = msgspec.json.decode(json.dumps(record), type=RECORDS["recommendation"], strict=True)
    assert set(record) <= set(told.__struct_fields__)
    (record,) = asked([*worked(15), *aimed(10)], "02-01", rules(alone(KIND, count=1, above=1.25)))
    assert record["summary"] == (
        "Consider a target of 15 instead of 10 contacts a month for ann: 15 was reached in 2026-01, where the "
        "attainment was 125 % or more."
    )


def test_bounds_count_and_period_are_the_policys() -> None:
    lines = [*worked(7, 6, 5, 5, 5, 5), *aimed(*[10] * 6)]
    assert suggested(lines, "07-01", advice=alone(KIND, below=0.71, count=2)) == [("2026-02", 10, 6.5)]
    assert suggested(lines, "07-01", advice=alone(KIND, below=0.5, count=2)) == []
    # a quarter: what its months come to, 18 and 15 of 30
    assert suggested(lines, "07-01", advice=alone(KIND, period="quarter", count=2)) == []
    quarters = alone(KIND, period="quarter", count=2, below=0.61)
    assert suggested(lines, "07-01", advice=quarters) == [("2026-Q2", 30, 16.5)]


def test_only_targets_that_were_set_for_the_employee_count() -> None:
    low = worked(5, 4, 3)
    assert suggested(low, "04-01") == []  # the policy's own is 10
    team = [event(SET, "target.set", scope="team", scope_id="north", kpi="contacts", period="2026", value=120)]
    assert suggested([*low, *team], "04-01") == []
    assert suggested([*low, *aimed(10, 10, 10, level="sprint")], "04-01") == []
    assert suggested([*low, *aimed(10, None, 10)], "04-01") == []
    assert suggested([*low, *aimed(120, period="2026")], "04-01") == [("2026-03", 10, 4)]
    # one that no scorecard asks for
    assert suggested([*low, *aimed(10, 10, 10)], "04-01", scorecards={}) == [("2026-03", 10, 4)]


@pytest.mark.parametrize("targets", [[0, 0, 0], [10, 0, 10], [-1, -1, -1]])
def test_a_target_of_nothing_says_nothing(targets: list[float]) -> None:
    assert suggested([*worked(5, 4, 3), *aimed(*targets)], "04-01") == []


def test_a_mean_of_nothing_is_no_target() -> None:
    lines = [*worked(5, 4, 3), *aimed(10, 10, 10, kpi="won_count")]
    assert suggested(lines, "04-01") == []


def test_nothing_is_suggested_in_the_other_direction() -> None:
    # the newest target is lower than the mean already, or higher
    assert suggested([*worked(50, 50, 1), *aimed(100, 100, 10)], "04-01") == []
    assert suggested([*worked(15, 15, 150), *aimed(10, 10, 100)], "04-01") == []
    assert suggested([*worked(15, 15, 14), *aimed(10, 10, 10)], "04-01") == [("2026-03", 10, 44 / 3)]


def lost(*numbers: int) -> list[bytes]:
    """So many lost opportunities in each month."""
    lines = worked(*[1] * len(numbers))
    for month, number in enumerate(numbers, 1):
        first = parse_iso(f"2026-{month:02d}-03T09:00:00Z")
        for place in range(number):
            data = {"opportunity_id": f"o{month}-{place}", "customer_id": "c", "owner_id": "ann"}
            lines.append(event(first + place * HOUR, "opportunity.created", **data, stage="A"))
            lines.append(event(first + place * HOUR + 1, "opportunity.lost", **data))
    return lines


def test_where_less_is_better_a_miss_suggests_more_and_an_excess_less() -> None:
    targets = aimed(6, 6, 6, kpi="lost_count")
    assert suggested([*lost(11, 11, 11), *targets], "04-01") == [("2026-03", 6, 11)]
    assert suggested([*lost(10, 11, 11), *targets], "04-01") == []  # 6 / 10 is at the bound
    assert suggested([*lost(4, 4, 4), *targets], "04-01") == [("2026-03", 6, 4)]  # 6 / 4 is 1.5
    assert suggested([*lost(5, 4, 4), *targets], "04-01") == []
    assert suggested([*lost(0, 4, 4), *targets], "04-01") == []  # 6 / 0 is no attainment
    # the scorecard says what is better
    turned = {"sales": {"kpis": [{"kpi": "contacts", "better": "lower"}]}}
    assert suggested([*worked(5, 5, 5), *aimed(10, 10, 10)], "04-01", scorecards=turned) == [("2026-03", 10, 5)]
    found = asked([*worked(5, 5, 5), *aimed(10, 10, 10)], "04-01", rules(ON, scorecards=turned))
    assert [(one["bound"], one["reasons"][0]["attainment"]) for one in found] == [(1.4, 2.0)]


def test_money_is_to_the_cent() -> None:
    lines = worked(1, 1, 1)
    for month, amount in enumerate(("10.00", "20.00", "20.00"), 1):
        data = {"opportunity_id": f"o{month}", "customer_id": "c", "owner_id": "ann"}
        lines.append(event(f"2026-{month:02d}-05T00:00:00Z", "opportunity.won", **data, amount=money(amount)))
    (record,) = asked([*lines, *aimed(100, 100, 100, kpi="won_amount")], "04-01", rules(ON))
    assert record["adjustment"]["suggested"] == 16.67
    assert record["adjustment"]["formula"] == "(10 + 20 + 20) / 3"
    # 12.4967 is 12.50 to the cent, which is not below the target
    lines.append(event("2026-03-06T00:00:00Z", "opportunity.won", opportunity_id="o3", customer_id="c",
                       owner_id="ann", amount=money("7.49")))  # fmt: skip
    assert suggested([*lines, *aimed(100, 100, 12.5, kpi="won_amount")], "04-01") == []
    assert suggested([*lines, *aimed(100, 100, 12.51, kpi="won_amount")], "04-01") == [("2026-03", 12.51, 12.5)]


def test_a_part_of_a_period_says_nothing_where_targets_are_pro_rata() -> None:
    lines = [*worked(5, 4, 3), *aimed(10, 10, 10)]
    away = event("2026-02-01T00:00:00Z", "employee.absent", employee_id="ann", reason="leave",
                 **{"from": "2026-02-10T00:00:00Z", "to": "2026-02-12T00:00:00Z"})  # fmt: skip
    prorated = {"targets": {"pro_rata": True}}
    assert suggested([*lines, away], "04-01") == [("2026-03", 10, 4)]
    assert suggested(lines, "04-01", **prorated) == [("2026-03", 10, 4)]
    assert suggested([*lines, away], "04-01", **prorated) == []
    hired = [employee("2026-01-01T00:00:00Z", id="h", hired_at="2026-01-15T00:00:00Z")]
    assert suggested([*lines, *hired], "04-01", **prorated) == []


def test_too_few_for_the_scorecard_say_nothing() -> None:
    card = {"sales": {"kpis": [{"kpi": "contacts", "target": 10, "min_count": 4}]}}
    lines = aimed(10, 10, 10)
    assert suggested([*worked(5, 4, 3), *lines], "04-01", scorecards=card) == []
    assert suggested([*worked(5, 4, 4), *lines], "04-01", scorecards=card) == [("2026-03", 10, 13 / 3)]


def _works(advice: dict[str, Any] = ON) -> Works:
    works = Works(rules(advice))
    works.tell([*worked(5, 4, 3), *aimed(10, 10, 10, 10)])
    works.tick(parse_iso("2026-04-02T00:00:00Z"))
    return works


def _record(works: Works, id: str) -> Record:
    record: Record = works.topics["recommendations"][id.encode()]
    return record


def test_a_decision_stands_and_nothing_is_told_again() -> None:
    works = _works()
    assert _record(works, named())["status"] == "open"
    works.tell([event("2026-04-02T01:00:00Z", "review.decided", recommendation_id=named(), by="max", decision="yes")])
    works.tick(parse_iso("2026-04-03T00:00:00Z"))
    record = _record(works, named())
    assert (record["status"], record["decision"], record["by"]) == ("decided", "yes", "max")
    works.employees[0].die(Random(0))
    works.tell([contact(parse_iso("2026-04-04T09:00:00Z") + place * DAY, id=f"a{place}") for place in range(4)])
    works.tick(parse_iso("2026-05-02T00:00:00Z"))  # April was missed too
    assert list(works.topics["recommendations"]) == [named().encode()]
    assert [send for send in works.employees[0].flushes[-1] if send.topic == "recommendations"] == []


def test_a_late_event_or_target_withdraws_it_and_another_brings_it_back() -> None:
    works = _works()
    works.tell([contact(f"2026-03-2{place}T00:00:00Z", id=f"late{place}") for place in range(3)])
    works.tick(parse_iso("2026-04-03T00:00:00Z"))
    record = _record(works, named())
    assert (record["status"], record["reasons"], record.get("adjustment")) == ("withdrawn", [], None)
    assert record["summary"] == "What ann reached up to 2026-03 no longer asks for another target of contacts."
    assert (record["period"], record["score"]) == ("2026-03", None)
    works.employees[0].die(Random(0))
    works.tell(aimed(None, None, 11, when="2026-04-03T01:00:00Z"))
    works.tick(parse_iso("2026-04-04T00:00:00Z"))
    record = _record(works, named())
    assert (record["status"], record["adjustment"]["suggested"]) == ("open", 5)
    works.decide(rules(alone(KIND, below=0.5)))
    works.tick(parse_iso("2026-04-05T00:00:00Z"))
    assert _record(works, named())["status"] == "withdrawn"


def test_an_excess_is_another_matter_than_a_miss() -> None:
    works = _works()
    works.tell([event("2026-04-02T01:00:00Z", "review.decided", recommendation_id=named(), by="max", decision="yes")])
    works.tell(aimed(2, 2, 2, when="2026-04-02T02:00:00Z"))
    works.tick(parse_iso("2026-04-03T00:00:00Z"))
    assert _record(works, named())["status"] == "withdrawn"
    assert _record(works, named(side="above"))["status"] == "open"


def test_it_is_deleted_when_it_is_old_and_with_the_employee() -> None:
    works = _works(ON | {"keep": "30d"})
    works.tick(parse_iso("2026-04-30T23:59:59Z"))
    assert list(works.topics["recommendations"]) == [named().encode()]
    works.tick(parse_iso("2026-05-01T00:00:00Z"))
    assert works.topics["recommendations"] == {}
    works = _works()
    works.tell([event("2026-04-03T00:00:00Z", "employee.erased", employee_id="ann")])
    for _ in range(5):
        works.tick(parse_iso("2026-04-04T00:00:00Z"))
    assert works.topics["recommendations"] == {}


def test_order_changes_nothing() -> None:
    lines = [*worked(5, 4, 3, 20, 21, 22), *aimed(*[10] * 6)]
    expected = asked(lines, "07-01", rules(ON))
    assert len(expected) == 2
    for seed in range(3):
        mixed = list(lines)
        Random(seed).shuffle(mixed)
        assert replay_lines(mixed, rules(ON), parse_iso("2026-07-01T00:00:00Z")).recommendations == expected


def test_a_state_of_a_former_release_is_read() -> None:
    former = tagged([{"2026-01": 50.0}, [], 7])
    assert _read(former) == _Kept({"2026-01": 50.0}, [], 7, {})
