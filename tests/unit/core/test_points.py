"""Every kind of scoring by hand: what share of its weight a value earns, and why a line earns nothing."""

from __future__ import annotations

from typing import Any

import pytest

from streams.core.aims import Aim
from streams.core.kpis import values
from streams.core.ratio import Ratio
from streams.core.scoring import WHOLE, Card, Line, card_of, line_of, rule_of
from streams.core.units import ATOM, DAY
from tests.unit.core.kit import policy

SOLD = {"won": 2, "lost": 2, "won_amount": 80 * ATOM, "cycle_us": 40 * DAY, "cycles": 2, "contacts": 6}
"""80 won in two of four deals that took 20 days each, and six contacts."""
BANDS = [{"from": 0.5, "points": 40}, {"from": 0.8, "points": 70}, {"from": 1, "points": 120}]
TABLE = {"kpi": "win_rate", "rows": [0, 0.8], "columns": [0.4, 0.6], "points": [[0, 30], [60, 100]]}


def card(
    lines: list[dict[str, Any]],
    period: str = "2026-03",
    goal: Aim | None = None,
    presence: Ratio = WHOLE,
    **more: Any,
) -> Card:
    rules = policy(scorecards={"sales": {"kpis": lines} | more})
    found = values(SOLD, "month", contains_now=False)
    worked = []
    for line in rules.scorecards["sales"]:
        rule = rule_of(line, period, presence)
        other = None if rule.other is None else found.get(rule.other)
        worked.append(line_of(rule, found.get(rule.kpi), goal, other=other))
    return card_of(tuple(worked), rules, rules.combining.get("sales"))


def line(**fields: Any) -> Line:
    return card([{"kpi": "won_amount", "weight": 10} | fields]).lines[0]


# Points of a weight of 10.
KINDS: dict[str, tuple[dict[str, Any], Ratio | None]] = {
    "linear": ({"target": 100}, Ratio(8)),
    "below the floor": ({"target": 100, "floor": 0.81}, Ratio(0)),
    "at the floor": ({"target": 100, "floor": 0.8}, Ratio(8)),
    "from a baseline": ({"scoring": "baseline", "baseline": 60, "target": 100}, Ratio(5)),
    "below the baseline": ({"scoring": "baseline", "baseline": 90, "target": 100}, Ratio(0)),
    "a baseline and the cap": ({"scoring": "baseline", "baseline": 20, "target": 50, "cap": 1.5}, Ratio(15)),
    "a baseline without a target": ({"scoring": "baseline", "baseline": 20}, None),
    "a baseline above": (
        {"kpi": "sales_cycle_days", "scoring": "baseline", "baseline": 30, "target": 10, "better": "lower"},
        Ratio(5),
    ),
    "bands": ({"scoring": "bands", "bands": BANDS, "target": 100}, Ratio(7)),
    "the highest band": ({"scoring": "bands", "bands": BANDS, "target": 80}, Ratio(12)),
    "below all bands": ({"scoring": "bands", "bands": BANDS, "target": 200}, Ratio(0)),
    "bands without a target": ({"scoring": "bands", "bands": BANDS}, None),
    "bands of the value": ({"scoring": "bands", "by": "value", "bands": [{"from": 80, "points": 50}]}, Ratio(5)),
    "bands that fall": (
        {
            "kpi": "sales_cycle_days",
            "scoring": "bands",
            "by": "value",
            "better": "lower",
            "bands": [{"from": 10, "points": 100}, {"from": 20, "points": 60}, {"from": 40, "points": 0}],
        },
        Ratio(6),
    ),
    "below bands that fall": (
        {
            "kpi": "sales_cycle_days",
            "scoring": "bands",
            "by": "value",
            "better": "lower",
            "bands": [{"from": 25, "points": 90}, {"from": 40, "points": 0}],
        },
        Ratio(9),
    ),
    "a table": ({"scoring": "matrix", "matrix": TABLE, "target": 100}, Ratio(6)),
    "a table, below": ({"scoring": "matrix", "matrix": TABLE, "target": 101}, Ratio(0)),
    "a table whose other KPI is absent": (
        {"scoring": "matrix", "matrix": TABLE | {"kpi": "collection_rate"}, "target": 100},
        None,
    ),
    "for each": ({"kpi": "contacts", "scoring": "points_per_event", "each": 1.5}, Ratio(9)),
    "for each, at most the weight": ({"kpi": "contacts", "scoring": "points_per_event", "each": 2}, Ratio(10)),
    "enough of them": ({"target": 100, "min_count": 2}, Ratio(8)),
    "too few": ({"target": 100, "min_count": 3}, None),
}


@pytest.mark.parametrize(("fields", "points"), KINDS.values(), ids=KINDS)
def test_points(fields: dict[str, Any], points: Ratio | None) -> None:
    assert line(**fields).points == points


def test_a_line_without_points_says_why_and_another_how() -> None:
    assert line(target=100, min_count=3).told["absent"] == "few"
    assert line().told["absent"] == "no_target"
    assert line(kpi="csat", target=1).told["absent"] == "no_value"
    found = line(scoring="bands", bands=BANDS, target=100).told
    assert "absent" not in found
    assert (found["scoring"], found["attainment"], found["points"]) == ("bands", 0.8, 7.0)
    assert "scoring" not in line(target=100).told


def test_what_is_measured_by_the_month_grows_with_the_period() -> None:
    # A quarter asks for three times as much: 80 of 90, from 60 on; 6 contacts for 1.5 each of three times 10.
    lines = [
        {"kpi": "won_amount", "weight": 10, "scoring": "baseline", "baseline": 20, "target": 30},
        {"kpi": "contacts", "weight": 10, "scoring": "points_per_event", "each": 1.5},
    ]
    assert [one.points for one in card(lines, "2026-Q1").lines] == [Ratio(20, 3), Ratio(3)]
    by_value = {"kpi": "won_amount", "scoring": "bands", "by": "value", "bands": [{"from": 27, "points": 50}]}
    assert card([by_value], "2026-Q1").lines[0].points == Ratio(0)
    assert card([by_value]).lines[0].points == Ratio(1, 2)


def test_who_was_here_for_a_part_is_asked_for_a_part_but_for_what_was_set_and_what_is_a_rate() -> None:
    lines = [{"kpi": "won_amount", "target": 200}, {"kpi": "win_rate", "target": 0.5}]
    half = card(lines, presence=Ratio(1, 2))
    assert [one.target for one in half.lines] == [Ratio(100), Ratio(1, 2)]
    assert card(lines[:1], presence=Ratio(1, 2), goal=Aim(Ratio(160), "set")).score == Ratio(50)


def test_a_baseline_beyond_a_target_that_was_set_earns_nothing() -> None:
    lines = [{"kpi": "won_amount", "scoring": "baseline", "baseline": 60}]
    assert card(lines, goal=Aim(Ratio(50), "set")).lines[0].told["absent"] == "no_target"
    assert card(lines, goal=Aim(Ratio(100), "set")).lines[0].points == Ratio(1, 2)


def test_penalties_are_lines_that_take_points_off_the_score_and_never_below_nothing() -> None:
    lines = [{"kpi": "won_amount", "weight": 10, "target": 100}]
    penalties = [{"kpi": "contacts", "points": 0.5, "most": 10}, {"kpi": "csat", "points": 1}]
    found = card(lines, penalties=penalties)
    assert found.score == Ratio(77)  # 80 less six times a half
    assert found.perspectives() == {"process": 80.0}
    assert [(one["kpi"], one["points"], one["weight"]) for one in found.explained()] == [
        ("won_amount", 8.0, 10.0),
        ("contacts", -3.0, 0.0),
        ("csat", None, 0.0),
    ]
    assert found.explained()[2]["absent"] == "no_value"
    assert card(lines, penalties=[{"kpi": "contacts", "points": 5, "most": 10}]).score == Ratio(70)
    assert card(lines, penalties=[{"kpi": "contacts", "points": 50}]).score == Ratio(0)
    assert card(lines, "2026-Q1", penalties=[{"kpi": "contacts", "points": 1}]).score == Ratio(74, 3)  # 80/300, less 2


def test_a_balanced_scorecard_has_its_perspectives() -> None:
    found = card(
        [
            {"kpi": "won_amount", "perspective": "financial", "weight": 40, "target": 100},
            {"kpi": "contacts", "perspective": "customer", "weight": 30, "target": 12},
            {"kpi": "win_rate", "perspective": "process", "weight": 20, "target": 0.5},
            {"kpi": "new_customers", "perspective": "growth", "weight": 10, "target": 1},
        ]
    )
    assert found.perspectives() == {"financial": 80.0, "customer": 50.0, "process": 100.0, "growth": 0.0}
    assert found.score == Ratio(67)
