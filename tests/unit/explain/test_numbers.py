"""What the lines of a scorecard add up to."""

from __future__ import annotations

import pytest

from streams.explain.numbers import Sum, sum_of


def line(weight: float, points: float | None) -> dict[str, float | None]:
    return {"weight": weight, "points": points}


def test_penalties_come_off_the_score_and_not_off_the_points() -> None:
    total = sum_of([line(40, 20), line(50, None), line(20, 16), line(0, -5), line(0, None)])
    assert total == Sum(36, 60, 5)
    assert total.score == pytest.approx(55)


def test_penalties_take_no_more_than_there_is() -> None:
    assert sum_of([line(10, 1), line(0, -20)]).score == 0


def test_there_is_no_score_where_no_line_has_points() -> None:
    assert sum_of([line(10, None), line(0, -5)]).score is None
