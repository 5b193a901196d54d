"""Midnights of a period, and the spans in which a goal is behind, reached in part or altogether."""

from __future__ import annotations

from decimal import Decimal

import pytest

from streams.core.goals import Key, Mark, id_of, marks, newest, summary_of
from streams.core.ratio import Ratio
from streams.core.units import ATOM
from streams.policy import RulePolicy
from tests.unit.core.kit import policy, us

FIRST = us("01") // 86_400_000_000
"""The first of March 2026."""
RULES = policy().rules
ALL = Decimal(1)


def month(reached: list[int]) -> list[Mark]:
    """Midnights of a period of ten days, after each of which so much is reached."""
    return [Mark(FIRST + day, value, Ratio(day, 10)) for day, value in enumerate(reached, 1)]


def span(reached: list[int], rule: RulePolicy, part: Decimal = ALL) -> tuple[int, int | None] | None:
    """From which midnight to which, of a target of 100."""
    found = newest(month(reached), Ratio(100), 1, rule, part)
    return None if found is None else (found.began.day - FIRST, found.ended and found.ended.day - FIRST)


BEHIND, RISK, PART, DONE = (RULES[f"goal.{name}"] for name in ("behind_pace", "at_risk", "milestone", "achieved"))


@pytest.mark.parametrize(
    ("rule", "reached", "expected"),
    [
        (BEHIND, [10, 20, 30, 40], None),
        (BEHIND, [0], None),  # too early to say
        (BEHIND, [0, 18], None),  # 18 of 20 are nine tenths: not below
        (BEHIND, [0, 17], (2, None)),
        (BEHIND, [0, 0, 28, 39, 41], (2, None)),  # at 0.93 and 0.98 it has not recovered
        (BEHIND, [0, 0, 28, 39, 50], (2, 5)),
        (BEHIND, [0, 0, 30, 30, 40, 54], (4, None)),  # it was, recovered, and is again; 54 of 60 do not end it
        (BEHIND, [0, 0, 0, 0, 0, 0, 0, 0, 80, 80], (2, None)),  # at the end nothing is expected any more
        (RISK, [0, 0, 20, 28, 33], (3, None)),
        (RISK, [0, 0, 20, 32], (3, 4)),
        (DONE, [0, 99, 100], (3, None)),
        (DONE, [100, 90, 120, 120], (3, None)),
        (DONE, [100, 90], (1, 2)),
    ],
)
def test_spans(rule: RulePolicy, reached: list[int], expected: tuple[int, int | None] | None) -> None:
    assert span(reached, rule) == expected


def test_parts_of_a_target() -> None:
    assert [span([10, 55, 90], PART, part) for part in PART.parts] == [(2, None), (3, None), None]


def test_the_midnights_of_a_month_are_those_after_its_days_and_of_a_year_those_after_its_months() -> None:
    sums = {f"d{FIRST}": {"won_amount": 5 * ATOM}, f"d{FIRST + 2}": {"won_amount": 2 * ATOM}}
    found = marks(sums, "won_amount", "2026-03", FIRST + 3, policy())
    assert [(mark.day - FIRST, mark.reached // ATOM, mark.share) for mark in found] == [
        (1, 5, Ratio(1, 31)),
        (2, 5, Ratio(2, 31)),
        (3, 7, Ratio(3, 31)),
    ]
    year = marks({"m24312": {"contacts": 3}, "m24313": {"contacts": 4}}, "contacts", "2026", FIRST + 3, policy())
    assert [(mark.day - FIRST, mark.reached) for mark in year] == [(-28, 3), (0, 7)]


def test_ids_and_sentences() -> None:
    key = Key("goal.behind_pace", "won_amount", "2026-03", "")
    assert id_of("ann", key) == id_of("ann", key) != id_of("ann", key._replace(part="0.5"))
    values: dict[str, str | float | None] = {
        "value": 5,
        "target": 1200.5,
        "expected": 20.04999,
        "pace": 0.25,
        "bound": 0.9,
    }
    assert summary_of("ann", key, values) == (
        "ann has 5 of 1,200.50 won_amount in 2026-03, where 20.05 were to be expected."
    )
    half = Key("goal.milestone", "won_amount", "2026-03", "0.5")
    assert summary_of("ann", half, values) == "ann has reached 50 % of 1,200.50 won_amount in 2026-03."
