"""What would move the score by one point: worked out by hand, and by scoring anew with the value that is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.core.kpis import Unit, Value, kpi_of
from streams.core.scoring import card_of, line_of, rule_of
from streams.explain import moves, scorecard
from streams.policy import Better, Perspective, Policy, ScoreKpi
from tests.unit.core.kit import policy
from tests.unit.explain.small import SCORE, company, read, rules

PERIOD = "2026-03"
NAMES = ("contacts", "won_count", "win_rate", "sales_cycle_days", "lost_count", "units_sold")


def test_by_hand() -> None:
    reading = read(company())
    record = reading.score("ann", PERIOD)
    assert record is not None
    assert record["score"] == SCORE
    found = moves(record, reading.policy)
    assert {kpi: (round(move.value, 9), round(move.gain, 9), move.capped) for kpi, move in found.items()} == {
        "won_amount": (125, 1, False),  # 2.5 % of 200 more
        "win_rate": (0.475, -1, True),
        "sales_cycle_days": (6.666666667, 1, False),
        "contacts": (4, 3, False),  # a third of a contact would do, and there is no such thing
    }


def test_a_line_that_is_scored_otherwise_is_left_alone() -> None:
    reading = read(company())
    record = reading.score("ann", PERIOD)
    assert record is not None
    odd = [dict(line) for line in record["kpis"]]
    odd[0]["points"] -= 4  # by bands, say
    score = 100 * sum(line["points"] for line in odd) / 100
    found = moves(record | {"kpis": odd, "score": score}, reading.policy)
    assert "won_amount" not in found
    assert "contacts" in found


def test_a_score_that_is_not_made_of_its_points_alone_is_left_alone() -> None:
    reading = read(company())
    record = reading.score("ann", PERIOD)
    assert record is not None
    assert moves(record | {"score": record["score"] - 5}, reading.policy) == {}
    assert moves(record | {"score": None}, reading.policy) == {}


def test_what_has_no_value_is_told_to_leave_its_weight_to_the_others() -> None:
    card = [{"kpi": "csat", "weight": 50, "target": 0.9}, {"kpi": "contacts", "weight": 50, "target": 10}]
    found = scorecard(read(company(), rules(card)), "ann", PERIOD)
    assert [one["one_point"] for one in found["kpis"]] == [
        None,
        {"value": 4, "gain": pytest.approx(10), "capped": False},
    ]


@st.composite
def cards(draw: st.DrawFn) -> list[tuple[ScoreKpi, int, int]]:
    """Lines with a value each, as a quotient."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    return [
        (
            ScoreKpi(
                name,
                Perspective.PROCESS,
                Decimal(draw(st.integers(1, 50))),
                Decimal(draw(st.integers(1, 400))) / 4,
                Decimal(draw(st.sampled_from(["1", "1.2", "3"]))),
                draw(st.sampled_from([None, Better.HIGHER, Better.LOWER])),
            ),
            draw(st.integers(0, 200)),
            draw(st.integers(1, 3)),
        )
        for name in names
    ]


def scored(lines: list[tuple[ScoreKpi, float]], under: Policy) -> dict[str, Any]:
    """The record, as far as it matters."""
    told = []
    for rule, number in lines:
        over, below = float(number).as_integer_ratio()
        kpi = kpi_of(rule.kpi)
        assert kpi is not None
        told.append(line_of(rule_of(rule, PERIOD), Value(rule.kpi, kpi.unit, over, 1, below, 1, 1), None))
    card = card_of(tuple(told), under)
    assert card.score is not None
    return {
        "employee_id": "ann",
        "role": "sales",
        "team": "north",
        "score": float(card.score),
        "kpis": card.explained(),
    }


@given(cards())
def test_with_the_value_that_is_told_the_score_is_as_much_higher(drawn: list[tuple[ScoreKpi, int, int]]) -> None:
    lines = []
    for rule, over, under in drawn:
        kpi = kpi_of(rule.kpi)
        assert kpi is not None
        lines.append((rule, float(over) if kpi.unit is Unit.COUNT else over / under))
    under_policy = msgspec.structs.replace(policy(), scorecards={"sales": tuple(rule for rule, _ in lines)})
    record = scored(lines, under_policy)
    found = moves(record, under_policy)
    assume(found)
    for place, (rule, number) in enumerate(lines):
        move = found.get(rule.kpi)
        if move is None:
            continue
        other = [*lines[:place], (rule, move.value), *lines[place + 1 :]]
        assert scored(other, under_policy)["score"] == pytest.approx(record["score"] + move.gain, abs=1e-6)
        assert (move.gain < 0) == move.capped
        assert move.value != number
