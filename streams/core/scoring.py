"""The scorecard: what was reached of what, weighed, exactly and explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from streams.core.kpis import Value, kpi_of, number
from streams.core.ratio import Ratio, exactly, lowest
from streams.policy import Better, Policy, ScoreKpi
from streams.policy.periods import length_in_months

Goals = Callable[[str, str], Decimal | None]
"""(kpi, period) to the target that was set for exactly that, else None."""


class Rule(NamedTuple):
    """One line of a scorecard as the policy has it for a period."""

    kpi: str
    perspective: str
    weight: Ratio
    cap: Ratio
    lower: bool
    """Whether less is better."""
    target: Ratio | None
    """Where none was set for that very period: the policy's, which is monthly, by the period's length where the KPI is
    a sum or count over time."""


class Line(NamedTuple):
    """One KPI of a scorecard. Absent, or without a target, it has no points: its weight goes to the others."""

    rule: Rule
    value: Value | None
    target: Ratio | None
    points: Ratio | None
    told: dict[str, Any]
    """The line as the score record has it."""


class Card(NamedTuple):
    """A scorecard worked out. `score` = 100 * Σ points / Σ weights of the lines with points."""

    lines: tuple[Line, ...]
    score: Ratio | None
    rating: str | None

    def perspectives(self) -> dict[str, float]:
        """The score of each perspective that has points."""
        groups: dict[str, list[Line]] = {}
        for line in self.lines:
            groups.setdefault(line.rule.perspective, []).append(line)
        scores = {name: _score(lines) for name, lines in groups.items()}
        return {name: score[0] / score[1] for name, score in scores.items() if score is not None}

    def explained(self) -> list[dict[str, Any]]:
        """The lines as the score record has them."""
        return [line.told for line in self.lines]


def rule_of(line: ScoreKpi, period: str) -> Rule:
    """A line of the policy for a period."""
    kpi = kpi_of(line.kpi)
    target = None if line.target is None else exactly(line.target)
    if target is not None and kpi is not None and kpi.adds_up:
        length = length_in_months(period)
        target = target.times(Ratio(length.numerator, length.denominator))
    better = line.better or (kpi.better if kpi is not None else Better.HIGHER)
    weight, cap = exactly(line.weight), exactly(line.cap)
    return Rule(line.kpi, line.perspective.value, weight, cap, better is Better.LOWER, target)


def target_of(rule: Rule, goal: Decimal | None) -> Ratio | None:
    """What counts: a target that was set for the very period, else that of the rule."""
    return rule.target if goal is None else exactly(goal)


def line_of(rule: Rule, value: Value | None, goal: Decimal | None) -> Line:
    """Weigh a value."""
    target = target_of(rule, goal)
    attainment = points = None
    if value is not None and target is not None and target.over > 0:
        attainment = _attainment(rule, Ratio(*value.ratio), target)
        counted = rule.cap if attainment.at_least(rule.cap) else attainment
        points = rule.weight.times(counted) if counted.over > 0 else Ratio(0)
    told = {
        "kpi": rule.kpi,
        "value": None if value is None else number(*value.ratio, value.unit),
        "target": None if target is None else float(target),
        "attainment": None if attainment is None else float(attainment),
        "weight": float(rule.weight),
        "points": None if points is None else float(points),
        "count": 0 if value is None else value.number,
    }
    return Line(rule, value, target, points, told)


def _attainment(rule: Rule, reached: Ratio, target: Ratio) -> Ratio:
    if not rule.lower:
        return lowest(reached.over * target.under, reached.under * target.over)
    if reached.over <= 0:  # nothing at all of what should be little is the best there can be
        return rule.cap
    return lowest(target.over * reached.under, target.under * reached.over)


def card_of(lines: tuple[Line, ...], policy: Policy) -> Card:
    """Add up a scorecard and rate it."""
    found = _score(lines)
    if found is None:
        return Card(lines, None, None)
    score = lowest(*found)
    return Card(lines, score, next((r.name for r in policy.ratings if score.at_least(exactly(r.minimum))), None))


def score(lines: Iterable[ScoreKpi], period: str, values: Mapping[str, Value], goals: Goals, policy: Policy) -> Card:
    """Work out a scorecard from the values of a period."""
    rules = [rule_of(line, period) for line in lines]
    return card_of(tuple(line_of(rule, values.get(rule.kpi), goals(rule.kpi, period)) for rule in rules), policy)


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
            over, under = line.rule.weight
            if under == weights_under:
                weights += over
            else:
                weights, weights_under = weights * under + over * weights_under, weights_under * under
    return (100 * points * weights_under, points_under * weights) if weights else None
