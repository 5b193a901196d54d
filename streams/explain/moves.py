"""What would move a score by one point, one line of the scorecard at a time. Pure.

A line earns weight * min(attainment, cap) points and the score is 100 * Σ points / Σ weights, so a point more of the
score is Σ weights / (100 * weight) more attainment. Lines that are scored otherwise are left alone: nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor, isclose
from typing import Any, NamedTuple

from streams.core.kpis import Unit, kpi_of
from streams.explain.numbers import sum_of
from streams.policy import Better, Policy, ScoreKpi, Scoring

Line = Mapping[str, Any]


class Move(NamedTuple):
    """With this value, and all else as it is, the score is `gain` points higher (below 0: lower).

    `capped`: more of it would not help, so this is what would cost a point.
    """

    value: float
    gain: float
    capped: bool = False


def rules_of(record: Mapping[str, Any], policy: Policy) -> dict[str, ScoreKpi]:
    """The lines of the policy that a score record was made by and that are scored linearly, by KPI."""
    _, lines = policy.card(record["employee_id"], record["role"], record["team"])
    return {line.kpi: line for line in lines if line.scoring is Scoring.LINEAR}


def moves(record: Mapping[str, Any], policy: Policy) -> dict[str, Move]:
    """By KPI, for the lines of a score record that are scored in proportion to their attainment."""
    lines = [line for line in record["kpis"] if line["points"] is not None and line["weight"] > 0]
    total = sum_of(record["kpis"])
    if not total.score or not _same(total.score, record["score"]):
        return {}
    rules = rules_of(record, policy)
    found = {line["kpi"]: _move(line, rules.get(line["kpi"]), total.weight) for line in lines}
    return {kpi: move for kpi, move in found.items() if move is not None}


def _move(line: Line, rule: ScoreKpi | None, weights: float) -> Move | None:
    kpi = kpi_of(line["kpi"])
    weight, target, attainment = line["weight"], line["target"], line["attainment"]
    if rule is None or kpi is None or not target or attainment is None or line["value"] is None or weight <= 0:
        return None
    lower = (rule.better or kpi.better) is Better.LOWER
    cap, counted = float(rule.cap), line["points"] / weight
    if not _same(counted, min(max(attainment, 0.0), cap)) or not _fits(line, lower, cap):
        return None
    step, whole = weights / (100 * weight), kpi.unit is Unit.COUNT
    capped = counted >= cap
    wanted = counted - step if capped else min(counted + step, cap)
    if wanted <= 0 or (lower and not capped and counted <= 0):
        return None
    value = target / wanted if lower else wanted * target
    if whole:
        value = (floor if lower != capped else ceil)(round(value, 9))
    if (value <= 0 and lower) or value == line["value"]:
        return None
    reached = min(target / value if lower else max(value / target, 0.0), cap)
    return Move(value, 100 * weight * (reached - counted) / weights, capped)


def _fits(line: Line, lower: bool, cap: float) -> bool:
    """Whether the attainment is that of value and target alone."""
    value, target = line["value"], line["target"]
    if lower and value <= 0:
        return _same(line["attainment"], cap)
    return _same(line["attainment"], target / value if lower else value / target, 1e-3)


def _same(one: float, other: float | None, tolerance: float = 1e-9) -> bool:
    return other is not None and isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
