"""The recommendations section of a policy file: from which scores on what is proposed to people, to decide."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from streams.policy.durations import Duration, days
from streams.policy.problems import did_you_mean
from streams.policy.reading import (
    HIGHEST,
    Fields,
    Report,
    Wrong,
    boolean,
    duration,
    name,
    number,
    one_of,
    score,
    some_time,
)
from streams.policy.rules import RulePolicy, Span
from streams.policy.scorecards import known_kpi
from streams.policy.tree import Node

HIGH, LOW, STREAK = "perf.high", "perf.low", "perf.streak"
_MOST: Final = 120


class Advice(StrEnum):
    """What can be recommended; always for a person to decide."""

    PRAISE = "praise"
    REWARD = "reward"
    RAISE = "raise"
    PROMOTION = "promotion"
    COACHING = "coaching"
    TRAINING = "training"
    IMPROVEMENT_PLAN = "improvement_plan"
    TRANSFER = "transfer"
    PENALTY = "penalty"
    DISMISSAL_REVIEW = "dismissal_review"
    TARGET_ADJUSTMENT = "target_adjustment"


class Proposal(msgspec.Struct, frozen=True):
    """When something is recommended: a score at or above one bound, or below the other, so many periods in a row."""

    above: Decimal | None = None
    below: Decimal | None = None
    count: int = 1
    period: Span = Span.MONTH
    enabled: bool = True
    roles: tuple[str, ...] = ()
    """It is for these roles alone; none: for everybody."""


class Adjusting(msgspec.Struct, frozen=True):
    """When another target is suggested: so many periods in a row of which less than `below` of a target that was set
    was reached, or `above` of it and more; both are attainments, 1 is the target itself."""

    below: Decimal = Decimal("0.6")
    above: Decimal = Decimal("1.4")
    count: int = 3
    period: Span = Span.MONTH
    enabled: bool = False
    roles: tuple[str, ...] = ()
    """It is for these roles alone; none: for everybody."""


class RecommendationPolicy(msgspec.Struct, frozen=True):
    """What is recommended when."""

    proposals: Mapping[str, Proposal] = {}
    """What follows from scores: by kind, in the order of `Advice`."""
    courses: Mapping[str, str] = {}
    """By KPI, the course that trains the skill which it shows."""
    steps: int = 3
    """An improvement plan has a step for each of so many of the weakest KPIs at the most."""
    within: Duration = days(60)
    """So long after the period its steps are due."""
    keep: Duration = days(730)
    """So long a recommendation is kept after its period."""
    adjusting: Adjusting = Adjusting()
    """What follows from attainments: another target."""


class _Usual(msgspec.Struct, frozen=True):
    """What a kind is like where the policy is silent: as an alert rule has it, but for what stands here."""

    rule: str
    high: bool
    bound: Decimal | None = None
    count: int | None = None
    enabled: bool = True


_USUAL: Final[Mapping[Advice, _Usual]] = MappingProxyType(
    {
        Advice.PRAISE: _Usual(HIGH, True),
        Advice.REWARD: _Usual(HIGH, True, Decimal(100)),
        Advice.RAISE: _Usual(STREAK, True),
        Advice.PROMOTION: _Usual(STREAK, True, count=6),
        Advice.COACHING: _Usual(LOW, False),
        Advice.TRAINING: _Usual(LOW, False),
        Advice.IMPROVEMENT_PLAN: _Usual(LOW, False),
        Advice.TRANSFER: _Usual(STREAK, False),
        # What harms somebody is proposed only where a company has said so.
        Advice.PENALTY: _Usual(LOW, False, Decimal(40), enabled=False),
        Advice.DISMISSAL_REVIEW: _Usual(STREAK, False, count=6, enabled=False),
    }
)
_OWN: Final = {Advice.TRAINING: ("courses",), Advice.IMPROVEMENT_PLAN: ("steps", "within")}


def read_recommendations(
    report: Report, node: Node, rules: Mapping[str, RulePolicy], kpis: Collection[str] | None
) -> RecommendationPolicy:
    """The recommendations section. `rules` are all alert rules, whose bounds hold where it gives none; `kpis` the names
    of the catalogue, None leaves names unchecked."""
    usual = RecommendationPolicy()
    proposals: dict[str, Proposal] = {}
    given: dict[str, Fields] = {}
    keep = usual.keep
    names = [kind.value for kind in Advice]
    for key, line, value in report.pairs("recommendations", node):
        if key == "keep":
            keep = keep if value.value is None else report.read("recommendations.keep", value, duration, keep)
        elif key not in names:
            hint = did_you_mean(key, names, f"There are {', '.join(names)}.")
            report.add(line, f"there is no recommendation '{key}'", hint)
        elif value.value is not None:
            kind = Advice(key)
            keys = (*_bounds(kind), "count", "period", "enabled", "roles", *_OWN.get(kind, ()))
            given[kind] = Fields(report, f"recommendations.{key}", value, keys)
    for kind, known in _USUAL.items():
        proposals[kind.value] = _read(report, given.get(kind), known, rules[known.rule])
    training, plan = given.get(Advice.TRAINING), given.get(Advice.IMPROVEMENT_PLAN)
    return RecommendationPolicy(
        proposals,
        {} if training is None else _read_courses(report, training, kpis),
        usual.steps if plan is None else plan.value("steps", _some, usual.steps),
        usual.within if plan is None else plan.value("within", some_time, usual.within),
        keep,
        _read_adjusting(report, given.get(Advice.TARGET_ADJUSTMENT)),
    )


def _bounds(kind: Advice) -> tuple[str, ...]:
    usual = _USUAL.get(kind)
    return ("below", "above") if usual is None else ("above",) if usual.high else ("below",)


def _read(report: Report, fields: Fields | None, known: _Usual, rule: RulePolicy) -> Proposal:
    bound = known.bound or (rule.above if known.high else rule.below)
    count = known.count or rule.count or 1
    period, enabled, roles = rule.period or Span.MONTH, known.enabled, rule.roles
    if fields is not None:
        bound = fields.value("above" if known.high else "below", score, bound)
        count = fields.value("count", _some, count)
        period = fields.value("period", one_of(Span), period)
        enabled = fields.value("enabled", boolean, enabled)
        roles = _read_roles(report, fields, roles)
    return Proposal(bound if known.high else None, None if known.high else bound, count, period, enabled, roles)


def _read_adjusting(report: Report, fields: Fields | None) -> Adjusting:
    usual = Adjusting()
    if fields is None:
        return usual
    return Adjusting(
        fields.value("below", _little, usual.below),
        fields.value("above", _much, usual.above),
        fields.value("count", _some, usual.count),
        fields.value("period", one_of(Span), usual.period),
        fields.value("enabled", boolean, usual.enabled),
        _read_roles(report, fields, usual.roles),
    )


def _little(text: str) -> Decimal:
    """An attainment that falls short of the target."""
    value = number(text)
    if not 0 <= value < 1:
        raise Wrong(f"{text} is no attainment from 0 to below 1", "60 % of the target is written 0.6.")
    return value


def _much(text: str) -> Decimal:
    """An attainment that goes beyond the target."""
    value = number(text)
    if not 1 < value <= HIGHEST:
        hint = f"140 % of the target is written 1.4; give {HIGHEST} at the most."
        raise Wrong(f"{text} is no attainment above 1", hint)
    return value


def _read_roles(report: Report, fields: Fields, usual: tuple[str, ...]) -> tuple[str, ...]:
    given = fields.node("roles")
    if given is None:
        return usual
    items = report.items(fields.path("roles"), given)
    return tuple(dict.fromkeys(report.read(place, item, name, "") for place, item in items))


def _read_courses(report: Report, fields: Fields, kpis: Collection[str] | None) -> dict[str, str]:
    given = fields.node("courses")
    courses: dict[str, str] = {}
    for kpi, line, value in () if given is None else report.pairs(fields.path("courses"), given):
        try:
            course = report.read(f"{fields.path('courses')}.{kpi}", value, name, None)
            if course is not None:
                courses[known_kpi(kpi, kpis)] = course
        except Wrong as wrong:
            report.add(line, f"{fields.path('courses')}: {wrong.message}", wrong.hint)
    return courses


def _some(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= _MOST:
        raise Wrong(f"'{text}' is no number of them", f"Write a whole number from 1 to {_MOST}.")
    return int(text)
