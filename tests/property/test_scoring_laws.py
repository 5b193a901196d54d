"""Laws of scores, whatever the kinds of scoring: better is never worse, and every score lies within its bounds."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.core.aims import Aim
from streams.core.kpis import Unit, Value
from streams.core.ratio import Ratio, exactly
from streams.core.scoring import Card, Line, card_of, line_of, rule_of
from streams.policy import Better, Scoring
from streams.policy.problems import PolicyError
from tests.unit.core.kit import policy

KPIS = ("won_amount", "contacts", "win_rate", "csat")
OTHER = "collection_rate"
METHODS = ("kpi", "okr", "peers_360")
PERIODS = ("2026-03", "2026-Q1", "2026", "7d")
numbers = st.integers(1, 400).map(lambda n: n / 4)
rising = st.lists(st.integers(1, 40), min_size=1, max_size=4).map(lambda steps: [n / 10 for n in accumulate(steps)])
percents = st.integers(0, 150)


def _bands(draw: st.DrawFn, falling: bool) -> list[dict[str, Any]]:
    starts = draw(rising)
    points = sorted(draw(st.lists(percents, min_size=len(starts), max_size=len(starts))), reverse=falling)
    return [{"from": start, "points": point} for start, point in zip(starts, points, strict=True)]


def _table(draw: st.DrawFn) -> dict[str, Any]:
    rows, columns = draw(rising), draw(rising)
    steps = draw(st.lists(st.integers(0, 20), min_size=len(rows) + len(columns), max_size=len(rows) + len(columns)))
    down, across = list(accumulate(steps[: len(rows)])), list(accumulate(steps[len(rows) :]))
    return {"kpi": OTHER, "rows": rows, "columns": columns, "points": [[a + b for b in across] for a in down]}


@st.composite
def lines(draw: st.DrawFn, kpi: str) -> dict[str, Any]:
    """A line of any kind."""
    kind = draw(st.sampled_from([one.value for one in Scoring if one is not Scoring.PENALTY]))
    cap = draw(st.sampled_from([1, 1.5]))
    line: dict[str, Any] = {"kpi": kpi, "scoring": kind, "weight": draw(numbers), "cap": cap}
    lower = draw(st.booleans())
    line["better"] = "lower" if lower else "higher"
    if draw(st.booleans()):
        line["floor"] = draw(st.sampled_from([0.2, 0.8]))
    if draw(st.booleans()):
        line["target"] = draw(numbers)
    if kind == "baseline":
        way = draw(numbers)
        line["baseline"] = line.get("target", 50) + (way if lower else -way)
    elif kind == "bands":
        line["by"] = draw(st.sampled_from(["value", "attainment"]))
        line["bands"] = _bands(draw, lower and line["by"] == "value")
    elif kind == "matrix":
        line["matrix"] = _table(draw)
    elif kind == "points_per_event":
        line |= {"each": draw(numbers), "better": "higher"}
    return line


@st.composite
def cards(draw: st.DrawFn) -> dict[str, Any]:
    """A card of several lines, perhaps with a penalty, seasons, and methods that it combines."""
    kpis = draw(st.lists(st.sampled_from(KPIS), min_size=1, max_size=4, unique=True))
    card: dict[str, Any] = {"kpis": [draw(lines(kpi)) for kpi in kpis]}
    if draw(st.booleans()):
        months = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True))
        card["seasons"] = [{"months": months, "weights": {draw(st.sampled_from(kpis)): draw(numbers)}}]
    if draw(st.booleans()):
        for line in card["kpis"]:
            line["method"] = draw(st.sampled_from(METHODS))
        methods = sorted({line["method"] for line in card["kpis"]})
        weights = {method: draw(st.integers(1, 9)) for method in methods}
        card["combine"] = weights if draw(st.booleans()) else _formula(draw, weights)
    if draw(st.booleans()):
        card["penalties"] = [{"kpi": "lost_count", "points": draw(numbers), "most": draw(numbers)}]
    return card


def _formula(draw: st.DrawFn, weights: dict[str, int]) -> str:
    """One that is at most 200 where no method's score is above that."""
    parts = [f"{weight / 10} * {method}" for method, weight in weights.items()]
    whole = f"({' + '.join(parts)}) / {sum(weights.values()) / 10}"
    least, most = f"min({', '.join(weights)}, 200)", f"max(0, {', '.join(weights)} - 0.5)"
    return draw(st.sampled_from([whole, least, most, f"{weights.popitem()[0]} * {' * '.join(weights) or 1} / 200 - 1"]))


values = st.fixed_dictionaries(
    {kpi: st.one_of(st.none(), st.integers(-50, 400)) for kpi in (*KPIS, OTHER, "lost_count")}
)
"""Quarters of each; None where there is none."""


def worked(card: dict[str, Any], period: str, found: dict[str, int | None], goal: Aim | None) -> Card:
    rules = policy(scorecards={"sales": card})

    def value(kpi: str | None) -> Value | None:
        number = found.get(kpi or "")
        return None if kpi is None or number is None else Value(kpi, Unit.NUMBER, number, 4, None, 1, 1)

    weighed = []
    for line in rules.scorecards["sales"]:
        rule = rule_of(line, period)
        weighed.append(line_of(rule, value(rule.kpi), goal, other=value(rule.other)))
    return card_of(tuple(weighed), rules, rules.combining.get("sales"))


goals = st.one_of(st.none(), numbers.map(lambda n: Aim(exactly(Decimal(str(n))), "set")))


@given(cards(), st.sampled_from(PERIODS), values, goals, st.sampled_from((*KPIS, OTHER)), st.integers(1, 100))
def test_what_is_better_never_lowers_a_score(
    card: dict[str, Any], period: str, found: dict[str, int | None], goal: Aim | None, kpi: str, more: int
) -> None:
    known = found[kpi]
    if known is None:
        return
    lower = any(line["kpi"] == kpi and line["better"] == Better.LOWER for line in card["kpis"])
    before = worked(card, period, found, goal)
    after = worked(card, period, found | {kpi: known - more if lower else known + more}, goal)
    if before.score is None or after.score is None:
        assert before.score is after.score
    else:
        assert after.score.at_least(before.score)


@given(cards(), st.sampled_from(PERIODS), values, goals)
def test_every_score_lies_within_its_bounds_and_is_made_of_its_lines(
    card: dict[str, Any], period: str, found: dict[str, int | None], goal: Aim | None
) -> None:
    told = worked(card, period, found, goal)
    scored = [line for line in told.lines if line.points is not None and not line.rule.costs]
    if told.score is None:
        assert not scored or len({line["method"] for line in card["kpis"]}) > len(told.methods or {})
        return
    assert told.score.at_least(Ratio(0))
    assert Ratio(200).at_least(told.score)  # no band of these gives more, no cap is higher
    costs = sum(line.points.fraction for line in told.lines if line.points is not None and line.rule.costs)
    assert told.score.fraction == max(_made_of(card, scored) - costs, 0)
    assert all(line.points is not None or line.told["absent"] for line in told.lines)


def _made_of(card: dict[str, Any], scored: list[Line]) -> Fraction:
    """The score before penalties, worked out once more, the formula by Python itself."""
    groups: dict[str, list[Line]] = {}
    for line in scored:
        groups.setdefault(line.rule.terms.line.method if "combine" in card else "kpi", []).append(line)
    scores: dict[str, Fraction] = {}
    for method, lines in groups.items():
        points = sum((line.points.fraction for line in lines if line.points is not None), Fraction(0))
        weights = sum((line.rule.terms.weight.fraction for line in lines), Fraction(0))
        scores[method] = 100 * points / weights
    combine = card.get("combine", {"kpi": 1})
    if isinstance(combine, str):
        exact = re.sub(r"\b[0-9.]+\b(?!_)", lambda match: f"Fraction('{match[0]}')", combine)
        names: dict[str, Any] = {"Fraction": Fraction, "min": min, "max": max} | scores
        return Fraction(eval(exact, names))
    present = {method: Fraction(weight) for method, weight in combine.items() if method in scores}
    weighed = sum((weight * scores[method] for method, weight in present.items()), Fraction(0))
    return weighed / sum(present.values())


@given(cards(), st.sampled_from(range(1, 13)))
def test_a_weight_is_that_of_the_month_and_the_mean_of_longer_periods(card: dict[str, Any], month: int) -> None:
    usual = {line["kpi"]: Fraction(line["weight"]) for line in card["kpis"]}

    def weight(kpi: str, at: int) -> Fraction:
        sets = [season["weights"] for season in card.get("seasons", ()) if at in season["months"]]
        return Fraction(sets[0].get(kpi, usual[kpi]) if sets else usual[kpi])

    for line in policy(scorecards={"sales": card}).scorecards["sales"]:
        if line.scoring is Scoring.PENALTY:
            continue
        months = {key: rule_of(line, key).terms.weight.fraction for key in (f"2026-{month:02d}", "2026", "30d")}
        year = sum(weight(line.kpi, at) for at in range(1, 13)) / 12
        assert list(months.values()) == [weight(line.kpi, month), year, usual[line.kpi]]


@given(cards())
def test_the_policies_of_these_laws_are_good_ones(card: dict[str, Any]) -> None:
    try:
        policy(scorecards={"sales": card})
    except PolicyError as error:
        raise AssertionError(str(error)) from error
