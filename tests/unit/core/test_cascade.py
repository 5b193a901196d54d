"""How targets are spread over months: shares to the cent, what is set is taken off, sums where all is known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from streams.core.cascade import CENT, Given, adds_up, atoms, month_weights, months_of, places, split, whole_of
from streams.core.units import QUANTITY
from tests.unit.core.kit import policy

EVEN = (1,) * 12


def cents(*amounts: int) -> list[int]:
    return [amount * CENT for amount in amounts]


def given(**periods: str) -> Given:
    """`y=` the year 2026, `q1=` a quarter, `m3=` a month."""
    names = {"y": "2026"} | {f"q{n}": f"2026-Q{n}" for n in range(1, 5)} | {f"m{n}": f"2026-{n:02}" for n in range(13)}
    return {names[name]: atoms(Decimal(value)) for name, value in periods.items()}


def told(found: tuple[int | None, ...]) -> list[float | None]:
    return [None if value is None else value / QUANTITY for value in found]


def test_the_last_part_takes_what_the_cents_leave() -> None:
    assert split(100_00 * CENT, [1, 1, 1]) == cents(33_33, 33_33, 33_34)
    assert split(100_00 * CENT, [1, 2, 1]) == cents(25_00, 50_00, 25_00)
    assert split(7 * CENT + 1, [1] * 4) == [CENT, CENT, CENT, 4 * CENT + 1]


def test_what_weighs_nothing_gets_nothing_unless_nothing_weighs_anything() -> None:
    assert split(10_00 * CENT, [0, 1, 1, 0]) == cents(0, 5_00, 5_00, 0)
    assert split(10_00 * CENT, [0, 0]) == cents(5_00, 5_00)


def test_of_less_than_nothing_there_are_no_shares() -> None:
    assert split(-5 * CENT, [1, 1]) == [0, 0]


def test_a_year_is_spread_over_its_months() -> None:
    assert told(months_of(given(y="100"), "2026", EVEN)) == [8.33] * 11 + [8.37]


def test_what_is_set_for_a_part_is_taken_off_first() -> None:
    # The first quarter has 60: 20 in January leave 20 each; of the year's 240 another 180 are left for nine months.
    found = months_of(given(y="240", q1="60", m1="20"), "2026", EVEN)
    assert told(found) == [20.0] * 12
    # Parts that are set for more than the whole leave the others nothing.
    assert told(months_of(given(q2="100", m4="120"), "2026", EVEN))[3:6] == [120.0, 0.0, 0.0]
    assert told(months_of(given(q2="100", m4="120"), "2026", EVEN))[:3] == [None] * 3


def test_a_season_decides_what_a_month_gets() -> None:
    assert told(months_of(given(q4="100"), "2026", (1,) * 10 + (1, 2)))[9:] == [25.0, 25.0, 50.0]


def test_a_period_is_what_was_set_for_it_else_the_sum_of_its_months() -> None:
    aims = given(q1="10", m1="1", m2="2", m3="3", m4="4")
    months = months_of(aims, "2026", EVEN)
    assert whole_of(aims, months, "2026-Q1") == atoms(Decimal(10))
    assert whole_of(given(m1="1", m2="2", m3="3"), months, "2026-Q1") == atoms(Decimal(6))
    assert whole_of(aims, months, "2026-Q2") is None  # of May and June nobody has said anything
    assert whole_of(aims, months, "2026-04") == atoms(Decimal(4))


def test_the_months_of_a_period() -> None:
    assert places("2026-03") == range(2, 3)
    assert places("2026-Q4") == range(9, 12)
    assert places("2026") == range(12)


@pytest.mark.parametrize(
    ("targets", "weights"),
    [
        ({"spread": "equal"}, EVEN),
        ({"spread": "seasonal", "seasons": [0, 0.5, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2.25]}, (0, 50, 100, *[200] * 8, 225)),
        # Mondays to Fridays of 2026, but for the one holiday
        ({"spread": "working_days"}, (21, 20, 22, 22, 21, 22, 23, 21, 22, 22, 21, 23)),
    ],
)
def test_months_weigh_what_the_policy_says(targets: dict[str, object], weights: tuple[int, ...]) -> None:
    calendar = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "holidays": ["2026-01-01"]}
    assert month_weights(policy(targets=targets, calendar=calendar), "2026") == weights


@pytest.mark.parametrize(
    ("kpi", "adds"), [("won_amount", True), ("contacts:call", True), ("win_rate", False), ("open_amount", False)]
)
def test_sums_and_counts_add_up(kpi: str, adds: bool) -> None:
    assert adds_up(kpi) is adds
