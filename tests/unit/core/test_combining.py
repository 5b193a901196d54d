"""Scores of methods made one: by weights, by a formula, and where a method has none."""

from __future__ import annotations

import pytest

from streams.core.combining import combined
from streams.core.ratio import Ratio
from tests.unit.core.kit import policy
from tests.unit.core.test_points import card

KPI, OKR = Ratio(80), Ratio(45)
LINES = [
    {"kpi": "won_amount", "target": 100, "weight": 40},
    {"kpi": "win_rate", "target": 0.5, "weight": 20, "method": "okr"},
]


def score(combine: object, **scores: Ratio) -> Ratio | None:
    rules = policy(scorecards={"sales": {"kpis": LINES, "combine": combine}})
    return combined(rules.combining["sales"], scores)


@pytest.mark.parametrize(
    ("formula", "found"),
    [
        ("0.7 * kpi + 0.3 * okr", Ratio(139, 2)),
        ("min(kpi, okr)", OKR),
        ("max(kpi, okr)", KPI),
        ("max(0, kpi - 90, okr - 40.5)", Ratio(9, 2)),
        ("kpi * okr / 100", Ratio(36)),
        ("(kpi + 2 * okr) / 3 - -1", Ratio(173, 3)),
    ],
)
def test_a_formula_is_exact_arithmetic(formula: str, found: Ratio) -> None:
    assert score(formula, kpi=KPI, okr=OKR) == found


def test_by_weights_a_method_without_a_score_leaves_its_weight_to_the_others() -> None:
    weights = {"kpi": 70, "okr": 30}
    assert score(weights, kpi=KPI, okr=OKR) == Ratio(139, 2)
    assert score(weights, kpi=KPI) == KPI
    assert score(weights) is None


def test_a_formula_needs_all_of_its_methods() -> None:
    assert score("0.7 * kpi + 0.3 * okr", kpi=KPI) is None


def test_a_card_tells_the_score_of_each_method_and_takes_penalties_off_the_whole() -> None:
    worked = card(LINES, combine="min(kpi, okr)", penalties=[{"kpi": "lost_count", "points": 5, "most": 20}])
    assert worked.methods == {"kpi": Ratio(80), "okr": Ratio(100)}
    assert worked.score == Ratio(70)
    assert worked.rating == "C"
