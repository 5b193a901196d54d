"""Scorecards, exactly: weights, caps, directions, what is absent, and where targets come from."""

from __future__ import annotations

from streams.core.aims import Aim
from streams.core.kpis import values
from streams.core.ratio import Ratio
from streams.core.scoring import Card, card_of, line_of, rule_of
from streams.core.units import ATOM, DAY
from tests.unit.core.kit import policy

CARD = {
    "sales": {
        "kpis": [
            {"kpi": "won_amount", "perspective": "financial", "weight": 40, "target": 1000, "cap": 1.2},
            {"kpi": "win_rate", "perspective": "process", "weight": 40, "target": 0.5},
            {"kpi": "sales_cycle_days", "perspective": "process", "weight": 20, "target": 30},
        ]
    }
}


def card(measures: dict[str, int], period: str = "2026-03", goals: dict[str, Aim] | None = None) -> Card:
    """The card of some measures in a period, with the targets that were set."""
    found = values(measures, "month", contains_now=False)
    rules = policy(scorecards=CARD)
    lines = [rule_of(line, period) for line in rules.scorecards["sales"]]
    return card_of(tuple(line_of(line, found.get(line.kpi), (goals or {}).get(line.kpi)) for line in lines), rules)


def test_points_are_weighed_capped_and_lower_is_better_where_it_is() -> None:
    sold = {"won": 1, "lost": 3, "won_amount": 5000 * ATOM, "cycle_us": 60 * DAY, "cycles": 1}
    # 40 * 1.2 (capped) + 40 * (0.25 / 0.5) + 20 * (30 / 60) = 78 of 100
    worked = card(sold)
    assert worked.score == Ratio(78)
    assert worked.rating == "B"
    assert worked.perspectives() == {"financial": 120.0, "process": 50.0}


def test_an_absent_kpi_hands_its_weight_to_the_others() -> None:
    worked = card({"contacts": 3, "won_amount": 500 * ATOM})
    assert worked.score == Ratio(50)
    assert [line.points for line in worked.lines] == [Ratio(20), None, None]


def test_a_rating_begins_at_its_very_bound() -> None:
    # 90 of 100 in thirds and sevenths: as floats this would be 89.99…
    assert card({"won_amount": 900 * ATOM}).rating == "A"
    assert card({"won_amount": 900 * ATOM - 1}).rating == "B"


def test_targets_grow_with_the_period_unless_one_was_set_for_it() -> None:
    sold = {"won_amount": 1500 * ATOM}
    assert card(sold, "2026-Q1").lines[0].target == Ratio(3000)
    assert card(sold, "2026").lines[0].target == Ratio(12000)
    assert card(sold, "7d").lines[0].target == Ratio(700, 3)
    assert card(sold, "2026-Q1").lines[1].target == Ratio(1, 2)
    assert card(sold, "2026-Q1", {"won_amount": Aim(Ratio(1500), "set")}).score == Ratio(100)
