"""Opportunities drawn as timelines. Stages A, B, C in March 2026; ann owns what nobody else is named for."""

from fractions import Fraction
from typing import Any

import pytest

from tests.oracle import Figure
from tests.unit.oracle.drawing import at, count, deal, eur, values

CREATED = deal("01 00:00", "created", owner_id="ann", stage="A", amount=eur("100"))
NOTHING: dict[str, int] = {}


def to(when: str, stage: str, **data: Any) -> bytes:
    return deal(when, "stage_changed", to_stage=stage, **data)


# Each log with what it must show; what has the value 0 may be left out.
COUNTED: dict[str, tuple[list[bytes], dict[str, int]]] = {
    # 1: A(100) ───── 5: won 120 | 6: changed to B, ignored
    "won with an amount of its own": (
        [CREATED, deal("05 00:00", "won", amount=eur("120")), to("06 00:00", "B")],
        {"opportunities_created": 1, "won_count": 1, "won_amount": 120, "new_customers": 1},
    ),
    # 1: A(100) ── 3: 80 ── 5: won
    "won without an amount takes the last known": (
        [CREATED, deal("03 00:00", "updated", amount=eur("80")), deal("05 00:00", "won")],
        {"opportunities_created": 1, "won_count": 1, "won_amount": 80, "new_customers": 1},
    ),
    # 5: won and updated at once: the update applies first
    "an update of the same instant comes before the outcome": (
        [CREATED, deal("05 00:00", "won", id="a"), deal("05 00:00", "updated", amount=eur("80"), id="b")],
        {"opportunities_created": 1, "won_count": 1, "won_amount": 80, "new_customers": 1},
    ),
    "an amount that was cleared is not known": (
        [CREATED, deal("03 00:00", "updated", amount=None), deal("05 00:00", "won")],
        {"opportunities_created": 1, "won_count": 1, "new_customers": 1},
    ),
    "a change without an amount leaves it as it was": (
        [CREATED, to("03 00:00", "B", amount=None), deal("05 00:00", "won")],
        {"opportunities_created": 1, "stages_advanced": 1, "won_count": 1, "won_amount": 100, "new_customers": 1},
    ),
    # 5: won ── 7: lost: the newest outcome counts alone
    "won and then lost is lost": (
        [CREATED, deal("05 00:00", "won"), deal("07 00:00", "lost")],
        {"opportunities_created": 1, "lost_count": 1},
    ),
    "two outcomes at one instant: the greater id is the newest": (
        [CREATED, deal("05 00:00", "won", id="b"), deal("05 00:00", "lost", id="a")],
        {"opportunities_created": 1, "won_count": 1, "won_amount": 100, "new_customers": 1},
    ),
    # 5: won ── 7: reopened in B
    "reopened takes the outcome back": (
        [CREATED, deal("05 00:00", "won"), deal("07 00:00", "reopened", to_stage="B")],
        {"opportunities_created": 1, "open_amount": 100, "expected_revenue": 50},
    ),
    "reopened at the instant of the outcome applies after it": (
        [CREATED, deal("05 00:00", "won", id="b"), deal("05 00:00", "reopened", to_stage="B", id="a")],
        {"opportunities_created": 1, "open_amount": 100, "expected_revenue": 50},
    ),
    "never created, known from its first event": (
        [to("02 00:00", "B", from_stage="A", owner_id="ann", amount=eur("10")), to("03 00:00", "C")],
        {"stages_advanced": 2, "open_amount": 10, "expected_revenue": 9},
    ),
    # A ── 2: B (forward) ── 3: A (back) ── 4: A (same) ── 5: C (forward)
    "advances are steps forward": (
        [CREATED, to("02 00:00", "B"), to("03 00:00", "A"), to("04 00:00", "A"), to("05 00:00", "C")],
        {"opportunities_created": 1, "stages_advanced": 2, "open_amount": 100, "expected_revenue": 90},
    ),
    # A ── 2: ? ── 3: B: neither step can be told to lead forward
    "an unknown stage is kept and has no probability": (
        [CREATED, to("02 00:00", "?")],
        {"opportunities_created": 1, "open_amount": 100},
    ),
    "out of an unknown stage nothing advances": (
        [CREATED, to("02 00:00", "?"), to("03 00:00", "B", from_stage="A")],
        {"opportunities_created": 1, "open_amount": 100, "expected_revenue": 50},
    ),
    "what the log says counts, not what from_stage claims": (
        [CREATED, to("02 00:00", "C"), to("03 00:00", "B", from_stage="A")],
        {"opportunities_created": 1, "stages_advanced": 1, "open_amount": 100, "expected_revenue": 50},
    ),
}


@pytest.mark.parametrize(("lines", "expected"), COUNTED.values(), ids=COUNTED.keys())
def test_sums_and_counts(lines: list[bytes], expected: dict[str, int]) -> None:
    sums = [*COUNT_NAMES, "won_amount", "open_amount", "expected_revenue"]
    assert {kpi: values(count(*reversed(lines)))[kpi] for kpi in sums} == dict.fromkeys(sums, 0) | expected


COUNT_NAMES = ["opportunities_created", "won_count", "lost_count", "stages_advanced", "new_customers"]


def test_a_won_deal_that_was_never_created_has_no_cycle() -> None:
    result = values(count(deal("05 00:00", "won", owner_id="ann")))
    assert result["won_count"] == 1
    assert not {"sales_cycle_days", "opportunity_conversion_rate", "sales_velocity"} & result.keys()


def test_a_cycle_below_zero_is_left_out_of_the_mean() -> None:
    lines = [
        *(deal("05 00:00", "created", owner_id="ann", stage="A"), deal("06 12:00", "won")),
        *(deal("05 00:00", "created", owner_id="ann", stage="A", opportunity_id="p"),),
        *(deal("04 00:00", "won", owner_id="ann", opportunity_id="p"),),
    ]
    assert count(*lines).kpis["ann", "2026-03", "sales_cycle_days"] == Figure(
        Fraction(3, 2), Fraction(3, 2), Fraction(1)
    )


def test_velocity_multiplies_what_is_open_with_what_wins() -> None:
    # o: created on the 1st, won 200 on the 5th. p: lost. q: open. Half is won, of 200, in 4 days: 1 x 200 x 0.5 / 4.
    lines = [
        CREATED,
        deal("05 00:00", "won", amount=eur("200")),
        deal("05 00:00", "lost", owner_id="ann", opportunity_id="p"),
    ]
    q = deal("05 00:00", "created", owner_id="ann", stage="A", opportunity_id="q")
    assert values(count(*lines, q))["sales_velocity"] == 25
    assert values(count(*lines, q))["win_rate"] == Fraction(1, 2)
    assert values(count(*lines, q))["opportunity_conversion_rate"] == Fraction(1, 2)


# Whom an outcome of the 5th is credited to. c: zoe's from the 1st, bob's from the 5th, cid's from the 9th.
OWNED = [
    at("01 00:00", "customer.upserted", owner_id="zoe"),
    at("05 00:00", "customer.owner_changed", to="bob"),
    at("09 00:00", "customer.upserted", owner_id="cid"),
]
CREDITED: dict[str, tuple[list[bytes], str | None]] = {
    "who is named": ([*OWNED, CREATED, deal("05 00:00", "won", owner_id="eve")], "eve"),
    "else the owner of the opportunity": ([*OWNED, CREATED, deal("05 00:00", "won")], "ann"),
    "its owner then, not the one before or after": (
        [
            *OWNED,
            CREATED,
            deal("05 00:00", "updated", owner_id="dan"),
            deal("05 00:00", "won"),
            deal("06 00:00", "updated", owner_id="eve"),
        ],
        "dan",
    ),
    "else the owner of the customer then": ([*OWNED, deal("05 00:00", "won")], "bob"),
    "also where the opportunity's owner was cleared": (
        [*OWNED, CREATED, deal("04 00:00", "updated", owner_id=None), deal("05 00:00", "won")],
        "bob",
    ),
    "else nobody": ([deal("05 00:00", "won")], None),
}


@pytest.mark.parametrize(("lines", "employee"), CREDITED.values(), ids=CREDITED.keys())
def test_credit_goes_to(lines: list[bytes], employee: str | None) -> None:
    credited = {who for (who, _, kpi), figure in count(*lines).kpis.items() if kpi == "won_count" and figure.value}
    assert credited == ({employee} if employee else set())


# The stages that are reported as entered by o, and whether it went on from there.
CONVERTED: dict[str, tuple[list[bytes], dict[str, int]]] = {
    "step by step": ([CREATED, to("02 00:00", "B")], {"A": 1, "B": 0}),
    "a skip passes what lies between": ([CREATED, to("02 00:00", "C")], {"A": 1, "B": 1, "C": 0}),
    "who begins later has not passed the beginning": (
        [deal("01 00:00", "created", owner_id="ann", stage="B"), to("02 00:00", "C")],
        {"B": 1, "C": 0},
    ),
    "winning goes on from every stage and enters none": ([CREATED, deal("02 00:00", "won")], {"A": 1}),
    "losing goes on from none": ([CREATED, to("02 00:00", "B"), deal("03 00:00", "lost")], {"A": 1, "B": 0}),
    "a win that was taken back is none": (
        [CREATED, deal("02 00:00", "won"), deal("03 00:00", "reopened", to_stage="A")],
        {"A": 0},
    ),
    "an unknown stage is no stage": ([CREATED, to("02 00:00", "?")], {"A": 0}),
}


@pytest.mark.parametrize(("lines", "expected"), CONVERTED.values(), ids=CONVERTED.keys())
def test_stage_conversion(lines: list[bytes], expected: dict[str, int]) -> None:
    result = values(count(*lines))
    prefix = "stage_conversion:"
    assert {kpi.removeprefix(prefix): v for kpi, v in result.items() if kpi.startswith(prefix)} == expected


def test_a_stage_is_entered_on_its_day_and_by_its_owner_then() -> None:
    # February: A, of ann ── March: B, now bob's.
    created = deal("2026-02-10T00:00:00Z", "created", owner_id="ann", stage="A")
    result = count(created, to("02 00:00", "B", owner_id="bob"))
    assert values(result, "ann", "2026-02")["stage_conversion:A"] == 1
    assert values(result, "bob", "2026-03")["stage_conversion:B"] == 0
    assert "stage_conversion:B" not in values(result, "ann", "2026")


def test_time_in_a_stage_is_known_when_it_has_been_left() -> None:
    # A 1..3 ── B 3..8 ── A 8..9 ── C 9.. : A lately 1 day and 3 in all, B 5, C not yet.
    result = values(count(CREATED, to("03 00:00", "B"), to("08 00:00", "A"), to("09 00:00", "C")))
    latest = {kpi[-1]: value for kpi, value in result.items() if kpi.startswith("time_in_stage_latest")}
    cumulative = {kpi[-1]: value for kpi, value in result.items() if kpi.startswith("time_in_stage_cumulative")}
    assert latest == {"A": 1, "B": 5}
    assert cumulative == {"A": 3, "B": 5}


def test_a_visit_stands_on_the_day_of_the_newest_exit() -> None:
    # February: A for a day, then B ── March: back in A for two days.
    lines = [deal("2026-02-01T00:00:00Z", "created", owner_id="ann", stage="A"), to("2026-02-02T00:00:00Z", "B")]
    again = [to("05 00:00", "A"), deal("07 00:00", "lost")]
    assert values(count(*lines), period="2026-02")["time_in_stage_cumulative:A"] == 1
    assert "time_in_stage_cumulative:A" not in values(count(*lines, *again), period="2026-02")
    assert values(count(*lines, *again), period="2026-03")["time_in_stage_cumulative:A"] == 3


def test_an_opportunity_is_created_once_by_the_earliest_creation() -> None:
    again = deal("03 00:00", "created", owner_id="bob", stage="B", amount=eur("70"))
    result = count(CREATED, again, deal("05 00:00", "won"))
    assert values(result, "ann")["opportunities_created"] == 1
    # What the later one names holds from then on.
    assert values(result, "bob") | {"opportunities_created": 0, "won_amount": 70, "sales_cycle_days": 4} == values(
        result, "bob"
    )


def test_the_first_entry_counts_for_conversion_and_each_visit_for_time() -> None:
    # A on 10 February of ann, B on 20 February, A again on 2 March: entered in February, once.
    created = deal("2026-02-10T00:00:00Z", "created", owner_id="ann", stage="A")
    result = count(created, to("2026-02-20T00:00:00Z", "B"), to("02 00:00", "A"))
    assert values(result, period="2026-02")["stage_conversion:A"] == 1
    assert "stage_conversion:A" not in values(result, period="2026-03")


def test_reopening_what_is_open_in_the_same_stage_is_no_entry() -> None:
    result = values(count(CREATED, deal("03 00:00", "reopened", to_stage="A"), deal("05 00:00", "lost")))
    assert result["time_in_stage_latest:A"] == 4
