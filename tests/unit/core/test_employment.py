"""For which part of a period somebody is here, by working days."""

from __future__ import annotations

import pytest

from streams.core.employment import day_of, presence
from streams.core.ratio import Ratio
from streams.policy import Zone
from tests.unit.core.kit import policy, us

RULES = policy(calendar={"workdays": ["mon", "tue", "wed", "thu", "fri"]})
FIRST = us("01") // 86_400_000_000
"""The day of the first of March 2026, a Sunday: the month has 22 working days."""


@pytest.mark.parametrize(
    ("hired", "left", "absences", "here"),
    [
        (None, None, (), Ratio(1)),
        (FIRST - 400, FIRST + 400, (), Ratio(1)),
        (FIRST + 15, None, (), Ratio(12, 22)),  # from Monday the 16th on
        (None, FIRST + 15, (), Ratio(10, 22)),
        (None, None, ((us("02"), us("07")),), Ratio(17, 22)),
        (None, None, ((us("02 09:00"), us("04 12:00")),), Ratio(21, 22)),  # of three days the one in between
        (None, None, ((us("02"), us("05")), (us("03"), us("06"))), Ratio(18, 22)),
        (FIRST + 31, None, (), Ratio(0)),
    ],
)
def test_presence(hired: int | None, left: int | None, absences: tuple[tuple[int, int], ...], here: Ratio) -> None:
    assert presence("2026-03", 0, hired, left, absences, RULES).fraction == here.fraction


def test_of_a_rolling_period_and_without_working_days_by_all_days() -> None:
    assert presence("7d", FIRST + 7, FIRST + 5, None, (), RULES) == Ratio(1, 5)  # of the 2nd to the 8th the Friday
    off = policy(calendar={"holidays": [f"2026-03-{day:02}" for day in range(1, 32)]})
    assert presence("2026-03", 0, FIRST + 30, None, (), off) == Ratio(1, 31)


def test_days_of_dates_and_of_instants_in_their_zone() -> None:
    assert day_of(None, Zone("UTC")) is None
    assert day_of("2026-03-01", Zone("Asia/Shanghai")) == FIRST
    assert day_of("2026-03-01T20:00:00Z", Zone("Asia/Shanghai")) == FIRST + 1
