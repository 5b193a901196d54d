"""Scores worked out by hand."""

from typing import Any

import pytest

from tests.unit.oracle.drawing import POLICY, at, contact, count, deal, eur, values


def line(kpi: str, weight: float, target: float | None = None, **rest: Any) -> dict[str, Any]:
    return {"kpi": kpi, "perspective": "financial", "weight": weight, "target": target, **rest}


ANN = at("2026-01-01T00:00:00Z", "employee.upserted", customer_id="absent", employee_id="ann", role="sales", team="t")
WON = [deal("04 00:00", "created", owner_id="ann", stage="A"), deal("08 00:00", "won", amount=eur("150"))]


def goal(value: float, period: str = "2026-03", kpi: str = "won_amount", **rest: str) -> bytes:
    data = {"scope": "employee", "scope_id": "ann", "kpi": kpi, "period": period, "value": value, **rest}
    return at("01 00:00", "target.set", customer_id="absent", **data)


# Ann won 150 in one deal within 4 days, her only outcome, in March.
SCORES: dict[str, tuple[list[dict[str, Any]], list[bytes], str, float | None]] = {
    "value over target": ([line("won_amount", 1, 200)], [], "2026-03", 75),
    "clamped at 1": ([line("won_amount", 1, 100)], [], "2026-03", 100),
    "clamped at the cap": ([line("won_amount", 1, 100, cap=1.2)], [], "2026-03", 120),
    "never below 0": ([line("won_amount", 1, 100)], [deal("09 00:00", "won", amount=eur("-5"))], "2026-03", 0),
    "lower is better": ([line("sales_cycle_days", 1, 3)], [], "2026-03", 75),
    "because the card says so": ([line("won_count", 1, 0.5, better="lower")], [], "2026-03", 50),
    "none of what should be low": ([line("lost_count", 1, 2, cap=1.5)], [], "2026-03", 150),
    "weighted": ([line("won_amount", 40, 200), line("win_rate", 20, 0.5)], [], "2026-03", 100 * (30 + 20) / 60),
    "the absent hand on their weight": ([line("won_amount", 40, 200), line("csat", 60, 5)], [], "2026-03", 75),
    "so do those without a target": ([line("won_amount", 40, 200), line("contacts", 60)], [], "2026-03", 75),
    "none of what is counted": ([line("won_amount", 1, 150), line("contacts:call", 3, 5)], [], "2026-03", 25),
    "no ticket is none handled": ([line("won_amount", 1, 150), line("tickets_handled", 1, 5)], [], "2026-03", 50),
    "no ticket is open": ([line("won_amount", 1, 150), line("open_tickets", 1, 5, cap=1.5)], [], "30d", 125),
    "what was open then nobody knows": (
        [line("contacts", 1, 1), line("open_tickets", 1, 5, cap=1.5)],
        [contact("2026-02-02T00:00:00Z")],
        "2026-02",
        100,
    ),
    "nothing present": ([line("csat", 60, 5)], [], "2026-03", None),
    "three months of a sum": ([line("won_amount", 1, 100)], [], "2026-Q1", 50),
    "twelve of them": ([line("won_amount", 1, 50)], [], "2026", 25),
    "ninety days": ([line("won_amount", 1, 100)], [], "90d", 50),
    "a mean stays": ([line("sales_cycle_days", 1, 3)], [], "2026", 75),
    "a target of her own wins": ([line("won_amount", 1, 100)], [goal(300)], "2026-03", 50),
    "for that very period": ([line("won_amount", 1, 100)], [goal(150, "2026-03")], "2026-Q1", 50),
    "a challenge is no target": ([line("won_amount", 1, 200)], [goal(300, level="challenge")], "2026-03", 75),
    "a target where the card has none": ([line("won_amount", 1)], [goal(300)], "2026-03", 50),
}


@pytest.mark.parametrize(("card", "lines", "period", "expected"), SCORES.values(), ids=SCORES.keys())
def test_score(card: list[dict[str, Any]], lines: list[bytes], period: str, expected: float | None) -> None:
    policy = POLICY | {"scorecards": {"sales": {"kpis": card}}}
    score = count(ANN, *WON, *lines, policy=policy).scores.get(("ann", period))
    assert score == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_without_a_record_there_is_no_score() -> None:
    policy = POLICY | {"scorecards": {"sales": {"kpis": [line("won_amount", 1, 200)]}}}
    assert count(*WON, policy=policy).scores == {}


def test_coverage_divides_by_what_the_target_still_asks_for() -> None:
    # 150 of 400 are won, 125 are open.
    still_open = deal("10 00:00", "created", owner_id="ann", stage="A", opportunity_id="p", amount=eur("125"))
    assert values(count(*WON, still_open, goal(400)))["pipeline_coverage"] == 0.5
    assert "pipeline_coverage" not in values(count(*WON, still_open, goal(150)))
    assert "pipeline_coverage" not in values(count(*WON, still_open))
