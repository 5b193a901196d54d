"""The KPIs of competencies: what others say of an employee, weighed by what they are to the employee.

A relation counts by the mean of its scores, however many they are. Measures of a relation are `<relation>_scores` (how
many), `<relation>_scored` (their sum) and `<relation>_raters@<kind of period>` (distinct people), each with the suffix
`:<competency>` as the KPI is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import Final

from streams.core.kpis.kinds import Kpi, Unit, Value
from streams.core.ledger import Measures
from streams.core.units import QUANTITY
from streams.policy.assessments import PREFIX, RELATIONS, SUPERIOR, AssessmentPolicy

COMPETENCY: Final = Kpi(
    f"{PREFIX}<name>",
    Unit.NUMBER,
    "mean over relations of the mean score of each, weighed by the policy",
    tuple(f"{relation}_scored" for relation in RELATIONS),
    tuple(f"{relation}_scores" for relation in RELATIONS),
    tuple(f"{relation}_scores" for relation in RELATIONS),
    scale=QUANTITY,
)
_PARTS: Final = frozenset(f"{relation}_{part}" for relation in RELATIONS for part in ("scores", "scored", "raters"))


def competencies(
    sums: Measures, touched: Iterable[str], distinct: str, assessments: AssessmentPolicy | None
) -> dict[str, Value | None]:
    """By name, those that any of the measures touched is a part of; None where there is nothing to weigh."""
    names = {name for measure in touched if (name := _competency_of(measure)) is not None}
    return {PREFIX + name: None if assessments is None else _value(name, sums, distinct, assessments) for name in names}


@lru_cache(4096)
def _competency_of(measure: str) -> str | None:
    plain, _, name = measure.partition(":")
    return name if plain.partition("@")[0] in _PARTS else None


def _value(name: str, sums: Measures, distinct: str, assessments: AssessmentPolicy) -> Value | None:
    points, weights, number = Fraction(0), Fraction(0), 0
    for relation, weight in assessments.weights.items():
        scores = sums.get(f"{relation}_scores:{name}", 0)
        raters = sums.get(f"{relation}_raters@{distinct}:{name}", 0)
        if not scores or (relation != SUPERIOR and raters < assessments.min_raters):
            continue
        points += Fraction(weight) * Fraction(sums.get(f"{relation}_scored:{name}", 0), scores * QUANTITY)
        weights += Fraction(weight)
        number += scores
    if not number:
        return None
    top, bottom = points.as_integer_ratio(), weights.as_integer_ratio()
    return Value(PREFIX + name, COMPETENCY.unit, *top, *bottom, number)
