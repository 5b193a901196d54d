"""What employees do and others say of them in figures, by hand. Everything happens in March 2026, to ann's account."""

from fractions import Fraction
from typing import Any

import pytest

from tests.unit.oracle.drawing import POLICY, at, count, values

NAMES = (
    "csat",
    "nps",
    "ces",
    "praise",
    "flagged",
    "cost",
    "trips",
    "deal",
    "usage",
    "data",
    "okr",
    "measure",
    "compet",
)


def told(when: str, kind: str, /, **data: Any) -> bytes:
    """An event of ann's; of no customer unless one is named."""
    return at(f"{when} 00:00", kind, **{"employee_id": "ann", "customer_id": None} | data)


def figures(lines: list[bytes], **sections: Any) -> dict[str, Fraction]:
    found = values(count(*lines, policy=POLICY | sections), "ann", "30d")
    return {kpi: value for kpi, value in found.items() if kpi.startswith(NAMES)}


def rated(when: str, rater: str, score: int, relation: str = "peer") -> bytes:
    about = {"rater_id": rater, "relation": relation, "competency": "Team Work", "score": score}
    return told(when, "assessment.submitted", **about)


CLAIM = {"expense_id": "x", "category": "gift"}
CASES: dict[str, tuple[list[bytes], dict[str, Fraction | float]]] = {
    "answers, of which one is none": (
        [
            told("02", "feedback.received", kind="csat", score=4, aspect="service"),
            told("02", "feedback.received", kind="csat", score=3),
            told("03", "feedback.received", kind="csat", score=6),
            told("03", "feedback.received", kind="nps", score=6),
        ],
        {"csat": Fraction(1, 2), "csat:service": 1, "flagged:feedback_score": 1, "nps": -1},
    ),
    # claimed 10 ── approved ── claimed 4 ── the newest claim counts, on the day of the approval
    "an expense that is approved": (
        [
            told("02", "expense.claimed", **CLAIM, amount={"amount": "10"}),
            told("03", "expense.approved", expense_id="x"),
            told("04", "expense.claimed", **CLAIM, amount={"amount": "4"}),
        ],
        {"cost_amount": 4, "deal_profit": -4},
    ),
    "rejected at the same instant": (
        [
            told("02", "trip.requested", trip_id="x", cost={"amount": "10"}),
            told("03", "trip.approved", trip_id="x"),
            told("03", "trip.rejected", trip_id="x"),
        ],
        {},
    ),
    "use": (
        [told("02", "usage.recorded", action="login"), told("02", "usage.recorded", action="record_created"),
         told("03", "usage.recorded", action="record_updated", valid=False)],
        {"usage_days": 2, "data_quality": Fraction(1, 2)},
    ),
    # Two peers are too few, and what one says of oneself is nothing: the superior's word alone.
    "a competency": (
        [rated("02", "p1", 10), rated("03", "p2", 10), rated("04", "p2", 10), rated("03", "ann", 100, "self"),
         rated("04", "boss", 90, "superior")],
        {"competency_team_work": 90},
    ),
    "a key result": (
        [told("02", "key_result.updated", objective="o", key_result="k", progress=0.9),
         told("03", "key_result.updated", objective="o", key_result="k", progress=0.5)],
        {"okr_progress": Fraction(1, 2)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_figures(name: str) -> None:
    lines, expected = CASES[name]
    assert figures(lines) == expected
    assert figures(lines[::-1]) == expected


def test_weights_and_raters_are_the_policys() -> None:
    lines, _ = CASES["a competency"]
    section = {"weights": {"peer": 3, "superior": 1}, "min_raters": 2}
    assert figures(lines, assessments=section) == {"competency_team_work": 30}
