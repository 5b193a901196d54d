"""How far a period has come, the pace, and the forecast with its range."""

from __future__ import annotations

from math import sqrt

import pytest

from streams.core.kpis import values
from streams.core.pace import elapsed, measures_of, outlook, spread_of
from streams.core.ratio import Ratio
from streams.core.units import ATOM
from streams.policy import Policy
from tests.unit.core.kit import policy, us

WEEK = {"workdays": ["mon", "tue", "wed", "thu", "fri"]}
DAY = us("01") // 86_400_000_000
"""The first of March 2026, a Sunday."""


@pytest.mark.parametrize(
    ("period", "day", "share"),
    [
        ("2026-03", DAY, Ratio(0)),
        ("2026-03", DAY + 1, Ratio(0)),  # that was a Sunday
        ("2026-03", DAY + 6, Ratio(5, 22)),
        ("2026-03", DAY + 31, Ratio(1)),
        ("2026-Q1", DAY, Ratio(42, 64)),  # 22 and 20 of 22 + 20 + 22
        ("2026-04", DAY, Ratio(0)),
    ],
)
def test_a_period_comes_on_by_working_days(period: str, day: int, share: Ratio) -> None:
    assert elapsed(period, day, policy(calendar=WEEK)).fraction == share.fraction


def test_the_season_weighs_the_months_and_their_working_days_what_is_between() -> None:
    seasons = {"spread": "seasonal", "seasons": [1, 1, 2, *[0] * 9]}
    assert elapsed("2026-Q1", DAY, policy(calendar=WEEK, targets=seasons)) == Ratio(1, 2)
    assert elapsed("2026-Q1", DAY + 13, policy(calendar=WEEK, targets=seasons)) == Ratio(8, 11)  # 1/2 + 1/2 * 10/22
    assert elapsed("2026-06", DAY + 92 + 15, policy(targets=seasons)) == Ratio(1, 2)  # of no weight, by days


def test_a_period_without_working_days_comes_on_by_its_days() -> None:
    off = {"holidays": [f"2026-03-{day:02}" for day in range(1, 32)]}
    assert elapsed("2026-03", DAY + 10, policy(calendar=off)) == Ratio(10, 31)


def look(sold: dict[int, int], target: int = 3100, rules: Policy | None = None) -> dict[str, float]:
    """Of the amounts won by day of March, as of the 11th."""
    sums = {f"d{DAY + day - 1}": {"won_amount": amount * ATOM, "won": 1} for day, amount in sold.items()}
    measures = {"won_amount": sum(sold.values()) * ATOM, "won": len(sold)}
    value = values(measures, "month", contains_now=True)["won_amount"]
    spread = spread_of("won_amount", "2026-03", DAY + 10, sums)
    return outlook(value, Ratio(target), "2026-03", DAY + 10, rules or policy(), spread)


def test_pace_and_forecast_by_the_run_rate() -> None:
    found = look({1: 400, 6: 400})
    # Ten of 31 days are over: 1000 are expected, and 800 come to 2480.
    assert found["expected"] == 1000.0
    assert found["pace"] == 0.8
    assert found["forecast"] == 2480.0
    # Two days of 400 and eight of 0 have the variance (2 * 320² + 8 * 80²) / 9; 21 days are left.
    spread = 1.28 * sqrt((2 * 320**2 + 8 * 80**2) / 9 * 21)
    assert found["forecast_low"] == pytest.approx(2480 - spread, abs=0.01)
    assert found["forecast_high"] == pytest.approx(2480 + spread, abs=0.01)


def test_the_range_does_not_go_below_what_is_reached() -> None:
    assert look({1: 900, 2: -800})["forecast_low"] == 100.0


def test_nothing_is_said_before_a_working_day_is_over_and_no_forecast_once_all_are() -> None:
    value = values({"contacts": 3}, "month", contains_now=True)["contacts"]
    assert outlook(value, Ratio(10), "2026-03", DAY, policy(), None) == {}
    assert outlook(value, Ratio(10), "2026-03", DAY + 31, policy(), None) == {"expected": 10, "pace": 0.3}
    assert outlook(value, Ratio(31), "2026-03", DAY + 3, policy(), None) == {"expected": 3, "pace": 1.0, "forecast": 31}


def test_only_of_sums_and_counts() -> None:
    assert measures_of("contacts:call") == ("contacts:call",)
    assert measures_of("won_amount") == ("won_amount",)
    assert measures_of("win_rate") is measures_of("open_amount") is measures_of("csat") is None
