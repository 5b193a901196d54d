"""Alerts of opportunities that wait: for their closing, for a next step, for anything. In March 2026."""

import pytest

from tests.unit.oracle.drawing import (
    CREATED,
    LOST,
    POLICY,
    again,
    at,
    closing,
    contact,
    count,
    deal,
    plan,
    ruled,
    step,
    to,
    told,
)

GOLD = at("01 00:00", "customer.upserted", grade="gold")
Case = tuple[list[bytes], list[str]]

TENTH = closing("02 00:00", "2026-03-10")
PASSED: dict[str, Case] = {
    "the end of a plain day": ([CREATED, TENTH], ["11 00:00"]),
    "an instant": ([CREATED, closing("02 00:00", "2026-03-10T12:00:00+02:00")], ["10 10:00"]),
    "as it was created": (
        [deal("01 00:00", "created", owner_id="ann", stage="A", expected_close_at="2026-03-10")],
        ["11 00:00"],
    ),
    "the same again moves nothing": ([CREATED, TENTH, closing("15 00:00", "2026-03-10")], ["11 00:00"]),
    "moved there and back at once": (
        [CREATED, TENTH, closing("15 00:00", "2026-03-20", id="a"), closing("15 00:00", "2026-03-10", id="b")],
        ["11 00:00"],
    ),
    "moved": (
        [CREATED, TENTH, closing("15 00:00", "2026-03-20")],
        ["11 00:00 - 15 00:00 plan_moved", "21 00:00"],
    ),
    "moved to what has passed": (
        [CREATED, TENTH, closing("15 00:00", "2026-03-09")],
        ["11 00:00 - 15 00:00 plan_moved", "15 00:00"],
    ),
    "moved in time": ([CREATED, TENTH, closing("11 00:00", "2026-04-20")], []),
    "cleared": ([CREATED, TENTH, closing("15 00:00", None)], ["11 00:00 - 15 00:00 plan_cancelled"]),
    "closed": ([CREATED, TENTH, deal("15 00:00", "won")], ["11 00:00 - 15 00:00 closed"]),
    "closed in time": ([CREATED, TENTH, deal("11 00:00", "won")], []),
    "reopened": ([CREATED, TENTH, LOST, again("15 00:00", "A")], ["15 00:00"]),
    "reopened in time": ([CREATED, TENTH, LOST, again("06 00:00", "A")], ["11 00:00"]),
}


@pytest.mark.parametrize(("lines", "expected"), PASSED.values(), ids=PASSED.keys())
def test_closings_that_have_passed(lines: list[bytes], expected: list[str]) -> None:
    assert told("opp.close_date_passed", *reversed(lines)) == expected


# 3 days for gold, 10 for all others.
GRADES: dict[str, Case] = {
    "gold": ([GOLD], ["14 00:00"]),
    "another": ([], ["21 00:00"]),
    "gold when it is to close, another by the bound": (
        [GOLD, at("12 00:00", "customer.upserted", grade="tin")],
        ["21 00:00"],
    ),
    "gold since": ([at("12 00:00", "customer.upserted", grade="gold")], ["14 00:00"]),
    "gold too late for its bound": ([at("18 00:00", "customer.upserted", grade="gold")], ["18 00:00"]),
    "another afterwards": ([GOLD, at("15 00:00", "customer.upserted", grade=None)], ["14 00:00"]),
}


@pytest.mark.parametrize(("lines", "expected"), GRADES.values(), ids=GRADES.keys())
def test_the_grade_at_the_bound_decides(lines: list[bytes], expected: list[str]) -> None:
    policy = ruled(opp_close_date_passed={"after": {"gold": "3d", "default": "10d"}})
    assert told("opp.close_date_passed", CREATED, TENTH, *lines, policy=policy) == expected
    only = ruled(opp_close_date_passed={"after": {"gold": "3d"}})
    assert told("opp.close_date_passed", CREATED, TENTH, *lines, policy=only) == [e for e in expected if e < "20"]


NOON = "2026-03-20T12:00:00Z"
# After a week without.
NO_STEP: dict[str, Case] = {
    "since it is known": ([CREATED], ["08 00:00"]),
    "a step": ([CREATED, step("03 00:00", "call")], []),
    "a step of no words": ([CREATED, step("03 00:00", "")], ["08 00:00"]),
    "a step that comes": ([CREATED, step("09 00:00", "call")], ["08 00:00 - 09 00:00 planned"]),
    "at the bound": ([CREATED, step("08 00:00", "call")], []),
    "one that goes": ([CREATED, step("03 00:00", "call"), step("04 00:00", None)], ["11 00:00"]),
    "one by a contact": (
        [CREATED, contact("09 00:00", opportunity_id="o", next_step="x")],
        ["08 00:00 - 09 00:00 planned"],
    ),
    "not one of another opportunity": ([CREATED, contact("03 00:00", opportunity_id="p", next_step="x")], ["08 00:00"]),
    "a contact without a step says nothing": (
        [CREATED, step("03 00:00", "call"), contact("04 00:00", opportunity_id="o", next_step=None)],
        [],
    ),
    "an update of something else neither": ([CREATED, step("03 00:00", "call"), closing("04 00:00", "2027-01-01")], []),
    "a plan, until it has passed": ([CREATED, plan("02 00:00", "10")], ["17 12:00"]),
    "a plan that comes": ([CREATED, plan("09 00:00", "10")], ["08 00:00 - 09 00:00 planned", "17 12:00"]),
    "a plan that is fulfilled": ([CREATED, plan("02 00:00", "10"), contact("05 00:00")], ["12 00:00"]),
    "a plan that is cancelled": ([CREATED, plan("02 00:00", "10"), plan("05 00:00", None)], ["12 00:00"]),
    "a plan for the past": ([CREATED, plan("12 00:00", "10")], ["08 00:00"]),
    "a contact with the next plan": (
        [CREATED, plan("02 00:00", "10"), contact("05 00:00", next_contact_at=NOON)],
        ["27 12:00"],
    ),
    "closed": ([CREATED, deal("09 00:00", "won")], ["08 00:00 - 09 00:00 closed"]),
    "reopened": (
        [CREATED, deal("09 00:00", "won"), again("10 00:00", "A")],
        ["08 00:00 - 09 00:00 closed", "17 00:00"],
    ),
    "reopened with a step of before": ([CREATED, step("02 00:00", "call"), LOST, again("10 00:00", "A")], []),
    "created later than it was known": ([CREATED, step("2026-02-28T00:00:00Z", "")], ["07 00:00"]),
}


@pytest.mark.parametrize(("lines", "expected"), NO_STEP.values(), ids=NO_STEP.keys())
def test_no_next_step(lines: list[bytes], expected: list[str]) -> None:
    assert told("opp.no_next_step", *reversed(lines)) == expected


def test_the_grade_when_there_was_no_step_anymore_decides() -> None:
    policy = ruled(opp_no_next_step={"after": {"gold": "2d"}})
    silver = at("02 00:00", "customer.upserted", grade="silver")
    assert told("opp.no_next_step", GOLD, CREATED, silver, policy=policy) == ["03 00:00"]
    assert told("opp.no_next_step", GOLD, CREATED, silver, deal("02 12:00", "lost"), policy=policy) == []
    later = step("01 12:00", "call"), step("02 12:00", None)
    assert told("opp.no_next_step", GOLD, CREATED, silver, *later, policy=policy) == []


# In A 10 days, for gold 4.
STALLS: dict[str, Case] = {
    "gold": ([GOLD], ["05 00:00"]),
    "gold since": ([at("07 00:00", "customer.upserted", grade="gold")], ["07 00:00"]),
    "not gold for long enough": ([GOLD, at("03 00:00", "customer.upserted", grade="tin")], ["11 00:00"]),
    "gold no more": (
        [GOLD, at("07 00:00", "customer.upserted", grade="tin")],
        ["05 00:00 - 07 00:00 interval_changed", "11 00:00"],
    ),
    "gold no more, when all have waited": ([GOLD, at("12 00:00", "customer.upserted", grade="tin")], ["05 00:00"]),
    "moved on": ([GOLD, to("07 00:00", "C")], ["05 00:00 - 07 00:00 stage_moved"]),
    "closed": ([GOLD, deal("07 00:00", "won")], ["05 00:00 - 07 00:00 closed"]),
    "planned": ([GOLD, plan("07 00:00", "10")], ["05 00:00 - 07 00:00 planned", "10 12:00"]),
    "planned before, and called off": ([GOLD, plan("02 00:00", "10"), plan("07 00:00", None)], ["07 00:00"]),
}


@pytest.mark.parametrize(("lines", "expected"), STALLS.values(), ids=STALLS.keys())
def test_stalls_by_grade_that_a_plan_quiets(lines: list[bytes], expected: list[str]) -> None:
    stages = [{"name": "A", "stall_after": {"gold": "4d", "default": "10d"}}]
    policy = ruled(opp_stalled={"silent_when_planned": True}) | {"pipeline": {"stages": stages}}
    assert told("opp.stalled", CREATED, *lines, policy=policy) == expected


def test_a_contact_ends_a_stall_and_a_plan_does_not_unless_it_is_to() -> None:
    policy = POLICY | {"pipeline": POLICY["pipeline"] | {"stall_basis": "last_contact"}}
    lines = [CREATED, plan("12 00:00", "30"), contact("13 00:00")]
    assert told("opp.stalled", *lines, policy=policy) == ["11 00:00 - 13 00:00 contacted", "23 00:00"]


def test_a_rule_of_ones_own_stands_beside_the_one_of_its_kind() -> None:
    policy = ruled(
        opp_no_next_step={"after": "2d", "enabled": False},
        sales_hurry={"watch": "opp.no_next_step", "after": "3d"},
        sales_slow={"watch": "opp.no_next_step"},
        sales_off={"watch": "opp.no_next_step", "enabled": False},
        sales_other={"watch": "kpi.low"},
    )
    result = count(CREATED, policy=policy)
    starts = {
        rule: f"{alert.started_at:%d}" for (rule, _), alert in result.alerts.items() if "no_next" in result.kinds[rule]
    }
    assert starts == {"sales.hurry": "04", "sales.slow": "08"}
    assert told("sales.hurry", CREATED, LOST, policy=policy) == ["04 00:00 - 05 00:00 closed"]


def test_it_is_for_the_owner_of_the_opportunity_else_for_who_looks_after_the_customer() -> None:
    owner = at("01 00:00", "customer.upserted", owner_id="bob")
    assert count(CREATED, owner).alerts["opp.no_next_step", "o"].employee_id == "ann"
    nobodys = deal("20 00:00", "updated", owner_id=None)
    assert count(CREATED, owner, nobodys).alerts["opp.no_next_step", "o"].employee_id == "bob"
    assert count(CREATED, nobodys, contact("21 00:00")).alerts["opp.no_next_step", "o"].employee_id == "ann"
