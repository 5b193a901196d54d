"""The scorecard: what was reached of what, weighed, exactly and explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from streams.core.kpis import Value, kpi_of, number
from streams.policy import Better, Policy, ScoreKpi
from streams.policy.periods import length_in_months

Goals = Callable[[str, str], Decimal | None]
"""(kpi, period) to the target that was set for exactly that, else None."""


class Line(NamedTuple):
    """One KPI of a scorecard. Absent, or without a target, it has no points: its weight goes to the others."""

    kpi: str
    perspective: str
    value: Value | None
    target: Fraction | None
    attainment: Fraction | None
    weight: Fraction
    points: Fraction | None


class Card(NamedTuple):
    """A scorecard worked out. `score` = 100 * Σ points / Σ weights of the lines with points."""

    lines: tuple[Line, ...]
    score: Fraction | None
    rating: str | None

    def perspectives(self) -> dict[str, float]:
        """The score of each perspective that has points."""
        names = dict.fromkeys(line.perspective for line in self.lines)
        scores = {name: _score(line for line in self.lines if line.perspective == name) for name in names}
        return {name: float(score) for name, score in scores.items() if score is not None}

    def explained(self) -> list[dict[str, Any]]:
        """The lines as the score record has them."""
        return [_explained(line) for line in self.lines]


def target_of(line: ScoreKpi, period: str, goals: Goals) -> Fraction | None:
    """The target of a line for a period: what was set for that very period, else the policy's, which is monthly.

    The policy's is multiplied by the period's length where the KPI is a sum or count over time.
    """
    goal = goals(line.kpi, period)
    if goal is not None:
        return _exact(goal)
    if line.target is None:
        return None
    kpi = kpi_of(line.kpi)
    return _exact(line.target) * (length_in_months(period) if kpi is not None and kpi.adds_up else 1)


def score(lines: Iterable[ScoreKpi], period: str, values: Mapping[str, Value], goals: Goals, policy: Policy) -> Card:
    """Work out a scorecard from the values of a period."""
    worked = tuple(_line(line, values.get(line.kpi), target_of(line, period, goals)) for line in lines)
    total = _score(worked)
    rating = None if total is None else next((r.name for r in policy.ratings if total >= r.minimum), None)
    return Card(worked, total, rating)


@lru_cache(1024)
def _exact(number: Decimal) -> Fraction:
    """A policy has few numbers, and every scorecard needs them."""
    return Fraction(number)


def _line(line: ScoreKpi, value: Value | None, target: Fraction | None) -> Line:
    weight = _exact(line.weight)
    attainment = points = None
    if value is not None and target is not None and target > 0:
        cap = _exact(line.cap)
        kpi, reached = kpi_of(line.kpi), value.value
        better = line.better or (kpi.better if kpi is not None else Better.HIGHER)
        over, under = (target, reached) if better == Better.LOWER else (reached, target)
        # Nothing at all of what should be little is the best there can be.
        attainment = over / under if under > 0 else cap
        points = weight * min(max(attainment, Fraction(0)), cap)
    return Line(line.kpi, line.perspective.value, value, target, attainment, weight, points)


def _score(lines: Iterable[Line]) -> Fraction | None:
    counted = [(line.points, line.weight) for line in lines if line.points is not None]
    weights = sum((weight for _, weight in counted), Fraction(0))
    return 100 * sum((points for points, _ in counted), Fraction(0)) / weights if weights else None


def _explained(line: Line) -> dict[str, Any]:
    return {
        "kpi": line.kpi,
        "value": None if line.value is None else number(*line.value.ratio, line.value.unit),
        "target": None if line.target is None else float(line.target),
        "attainment": None if line.attainment is None else float(line.attainment),
        "weight": float(line.weight),
        "points": None if line.points is None else float(line.points),
        "count": 0 if line.value is None else line.value.number,
    }
