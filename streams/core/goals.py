"""Goals as history has them: how a sum or a count comes up to a target, midnight by midnight of its period."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from streams.core.aims import Aim
from streams.core.alerts import episode_id
from streams.core.kpis import Kpi, number
from streams.core.ledger import Measures, day_bucket, month_bucket
from streams.core.pace import elapsed, measures_of
from streams.core.ratio import Ratio, exactly
from streams.policy import Policy, RulePolicy
from streams.policy.periods import days, first_day, months

Values = dict[str, str | float | None]


class Key(NamedTuple):
    """Which alert of an employee it is; `part` is the share of the target, of a milestone."""

    rule: str
    what: str
    """The KPI, or whatever else it is about."""
    period: str
    part: str


class Mark(NamedTuple):
    """A midnight of a period: the day that begins, what was reached before it, and how much of the period was over."""

    day: int
    reached: int
    share: Ratio


class Found(NamedTuple):
    """The newest span of a condition: from a midnight to before another, and the mark at which it began."""

    began: Mark
    ended: Mark | None


def marks(by_bucket: Mapping[str, Measures], kpi: str, period: str, today: int, policy: Policy) -> list[Mark]:
    """Every midnight of a period up to now at which it is judged, from the sums of an employee."""
    measures, span = measures_of(kpi) or (), days(period, today)
    found, reached = [], 0
    if len(months(period)) == 12:
        ends = [(first_day(month + 1), month_bucket(month)) for month in months(period)]
    else:
        ends = [(day + 1, day_bucket(day)) for day in span]
    for day, bucket in ends:
        if day > today:
            break
        sums = by_bucket.get(bucket, {})
        reached += sum(sums.get(measure, 0) for measure in measures)
        found.append(Mark(day, reached, elapsed(period, day, policy)))
    return found


def newest(seen: list[Mark], target: Ratio, scale: int, rule: RulePolicy, part: Decimal) -> Found | None:
    """The newest span in which the condition of a rule holds; `part` is that of a milestone, or all of the target."""
    found: Found | None = None
    for mark in seen:
        holds = found is not None and found.ended is None
        if rule.below is None or rule.recovers is None or rule.warm_up is None:
            now = _reaches(mark, target, scale, exactly(part))
        elif mark.share == Ratio(1) or not mark.share.at_least(exactly(rule.warm_up)):
            continue
        else:
            bound = exactly(rule.recovers if holds else rule.below)
            now = not _reaches(mark, target, scale, bound.times(mark.share))
        if now and not holds:
            found = Found(mark, None)
        elif found is not None and holds and not now:
            found = found._replace(ended=mark)
    return found


def _reaches(mark: Mark, target: Ratio, scale: int, part: Ratio) -> bool:
    return mark.reached * target.under * part.under >= target.over * part.over * scale


def measured_at(mark: Mark, key: Key, aim: Aim, kpi: Kpi, rule: RulePolicy, part: Decimal) -> Values:
    """What was measured against which bound at the start of a condition."""
    expected = aim.value.times(mark.share)
    reached = Ratio(mark.reached, kpi.scale)
    return {
        "kpi": key.what,
        "period": key.period,
        "value": number(*reached, kpi.unit),
        "target": number(*aim.value, kpi.unit),
        "expected": number(*expected, kpi.unit),
        "pace": float(reached) / float(expected) if expected.over else None,
        "bound": float(part if rule.below is None else rule.below),
    }


def id_of(employee: str, key: Key) -> str:
    """The id of an alert: the same for every run, and for every span of the goal and rule."""
    return episode_id(key.rule, "\0".join((employee, key.what, key.period, key.part)), 0)


def summary_of(employee: str, key: Key, values: Values) -> str:
    """One sentence for a person."""
    goal = f"{_said(values['target'])} {key.what} in {key.period}"
    if values["pace"] is not None and not key.part and values["bound"] != 1:
        expected = _said(values["expected"])
        return f"{employee} has {_said(values['value'])} of {goal}, where {expected} were to be expected."
    share = f"{(Decimal(key.part or 1) * 100).normalize():f} %"
    return f"{employee} has reached {share} of {goal}."


def _said(value: str | float | None) -> str:
    """A number as a person reads it: two decimals at the most."""
    return f"{value:,.2f}".removesuffix(".00") if isinstance(value, int | float) else str(value)
