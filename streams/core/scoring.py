"""The scorecard: what was reached of what, weighed, exactly and explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from streams.core.aims import Aim
from streams.core.combining import combined
from streams.core.kpis import Value, kpi_of, number
from streams.core.pace import Outlook
from streams.core.points import Terms, earned, penalty
from streams.core.ratio import Ratio, exactly, lowest, total
from streams.policy import Better, Combining, Policy, ScoreKpi, Scoring
from streams.policy.periods import ROLLING, length_in_months, months

WHOLE = Ratio(1)
NO_VALUE, NO_TARGET, FEW = "no_value", "no_target", "few"
"""Why a line has no points."""


class Rule(NamedTuple):
    """One line of a scorecard as the policy has it for a period."""

    kpi: str
    terms: Terms
    target: Ratio | None
    """Where none was set for that very period: the policy's, which is monthly, by the period's length where the KPI is
    a sum or count over time."""

    lower: bool
    """Whether less is better."""
    costs: bool
    """Whether it is a penalty."""
    other: str | None
    """The other KPI of a matrix."""


class Line(NamedTuple):
    """One KPI of a scorecard. Absent, or without a target, it has no points: its weight goes to the others."""

    rule: Rule
    value: Value | None
    target: Ratio | None
    points: Ratio | None
    told: dict[str, Any]
    """The line as the score record has it."""


class Card(NamedTuple):
    """A scorecard worked out. `score` = 100 * Σ points / Σ weights of the lines with points, or what the card makes of
    that of each of its methods, less the penalties, at least 0."""

    lines: tuple[Line, ...]
    score: Ratio | None
    rating: str | None
    methods: Mapping[str, Ratio] | None = None
    """The score of each method that has points, where the card combines methods."""

    def perspectives(self) -> dict[str, float]:
        """The score of each perspective that has points; penalties are of none."""
        groups: dict[str, list[Line]] = {}
        for line in self.lines:
            if not line.rule.costs:
                groups.setdefault(line.rule.terms.line.perspective.value, []).append(line)
        scores = {name: _score(lines) for name, lines in groups.items()}
        return {name: score[0] / score[1] for name, score in scores.items() if score is not None}

    def explained(self) -> list[dict[str, Any]]:
        """The lines as the score record has them."""
        return [line.told for line in self.lines]


def rule_of(line: ScoreKpi, period: str, presence: Ratio = WHOLE) -> Rule:
    """A line of the policy for a period, of which somebody was here for a part, above 0."""
    kpi = kpi_of(line.kpi)
    better = line.better or (kpi.better if kpi is not None else Better.HIGHER)
    length = _length(line.kpi, period, presence)
    other = WHOLE if line.matrix is None else _length(line.matrix.kpi, period, presence)
    terms = Terms(line, _weight(line, period), exactly(line.cap), better is Better.LOWER, length, other)
    target = None if line.target is None else exactly(line.target).times(length)
    costs, matrix = line.scoring is Scoring.PENALTY, line.matrix
    return Rule(line.kpi, terms, target, terms.lower, costs, None if matrix is None else matrix.kpi)


def _weight(line: ScoreKpi, period: str) -> Ratio:
    """Of a line whose weight has seasons: the mean of the period's months. A rolling period has none."""
    if not line.season or period in ROLLING:
        return exactly(line.weight)
    weights = [exactly(line.season[month % 12]) for month in months(period)]
    return total(weights).times(Ratio(1, len(weights)))


def _length(name: str, period: str, presence: Ratio) -> Ratio:
    kpi = kpi_of(name)
    if kpi is None or not kpi.adds_up:
        return WHOLE
    length = length_in_months(period)
    return Ratio(length.numerator, length.denominator).times(presence)


def _nothing(value: Value, target: Ratio) -> Mapping[str, Any]:
    return {}


def target_of(rule: Rule, goal: Aim | None) -> Ratio | None:
    """What counts: a target that follows from what was set, else that of the rule."""
    return rule.target if goal is None else goal.value


def line_of(
    rule: Rule, value: Value | None, goal: Aim | None, outlook: Outlook = _nothing, other: Value | None = None
) -> Line:
    """Weigh a value, beside the one of the other KPI of a matrix, and look ahead."""
    if rule.costs:
        return _cost_of(rule, value)
    line, weight, target = rule.terms.line, rule.terms.weight, target_of(rule, goal)
    attainment = points = None
    absent: str | None = NO_VALUE
    if value is not None and value.number < line.min_count:
        absent = FEW
    elif value is not None and (rule.other is None or other is not None):
        found = earned(rule.terms, Ratio(*value.ratio), target, None if other is None else Ratio(*other.ratio))
        attainment = found.attainment
        points = None if found.share is None else weight.times(found.share)
        absent = NO_TARGET if points is None else None
    told = {
        "kpi": rule.kpi,
        "value": None if value is None else number(*value.ratio, value.unit),
        "target": None if target is None else float(target),
        "basis": None if target is None else "policy" if goal is None else goal.basis,
        "attainment": None if attainment is None else float(attainment),
        "weight": float(weight),
        "points": None if points is None else float(points),
        "count": 0 if value is None else value.number,
    }
    if absent is not None:
        told["absent"] = absent
    if line.scoring is not Scoring.LINEAR:
        told["scoring"] = line.scoring.value
    if value is not None and target is not None and not rule.lower:
        told.update(outlook(value, target))
    return Line(rule, value, target, points, told)


def _cost_of(rule: Rule, value: Value | None) -> Line:
    """A penalty: points below 0, of a hundred, and of no weight."""
    points = None if value is None else penalty(rule.terms, Ratio(*value.ratio))
    told = {
        "kpi": rule.kpi,
        "value": None if value is None else number(*value.ratio, value.unit),
        "target": None,
        "basis": None,
        "attainment": None,
        "weight": 0.0,
        "points": None if points is None else -float(points),
        "count": 0 if value is None else value.number,
        "scoring": Scoring.PENALTY.value,
    }
    if points is None:
        told["absent"] = NO_VALUE
    return Line(rule, value, None, points, told)


def card_of(lines: tuple[Line, ...], policy: Policy, combining: Combining | None = None) -> Card:
    """Add up a scorecard and rate it."""
    score, methods = None, None
    if combining is None:
        found = _score(line for line in lines if not line.rule.costs)
        score = None if found is None else lowest(*found)
    else:
        methods = _methods(lines)
        score = combined(combining, methods)
    if score is None:
        return Card(lines, None, None, methods)
    for line in lines:
        if line.rule.costs and line.points is not None:
            over, under = line.points
            score = lowest(score.over * under - over * score.under, score.under * under)
    score = Ratio(0) if score.over < 0 else score
    rating = next((r.name for r in policy.ratings if score.at_least(exactly(r.minimum))), None)
    return Card(lines, score, rating, methods)


def _methods(lines: Iterable[Line]) -> dict[str, Ratio]:
    groups: dict[str, list[Line]] = {}
    for line in lines:
        if not line.rule.costs:
            groups.setdefault(line.rule.terms.line.method, []).append(line)
    scores = {name: _score(group) for name, group in groups.items()}
    return {name: lowest(*score) for name, score in scores.items() if score is not None}


def _score(lines: Iterable[Line]) -> tuple[int, int] | None:
    """100 * Σ points / Σ weights as dividend and divisor, above 0, in whatever terms; None where nothing has points."""
    points, weights, points_under, weights_under = 0, 0, 1, 1
    for line in lines:
        if line.points is not None:
            over, under = line.points
            if under == points_under:
                points += over
            else:
                points, points_under = points * under + over * points_under, points_under * under
            over, under = line.rule.terms.weight
            if under == weights_under:
                weights += over
            else:
                weights, weights_under = weights * under + over * weights_under, weights_under * under
    return (100 * points * weights_under, points_under * weights) if weights else None
