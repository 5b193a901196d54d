"""How far a period has come, what is expected by then, and what a sum or a count comes to at its end.

A period has come as far as its working days are over; where the policy spreads targets by season, the days of a month
weigh together what the month does. The forecast is the run rate: what is reached, by how far the period has come. Its
range holds in four of five cases: 1.28 standard deviations of what single days brought, of the last 90 that are over,
times the root of the days that are left; it never goes below what is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import sqrt
from typing import Any

from streams.core.cascade import month_weights
from streams.core.kpis import Value, kpi_of, number
from streams.core.ledger import Measures, day_bucket
from streams.core.ratio import Ratio, lowest, total
from streams.policy import Policy, Spread
from streams.policy.periods import days, month_key, months

SIGMAS = 1.28
"""So many standard deviations to both sides hold four of five values."""
LOOKED_AT = 90
"""Of so many days at most what each brought is looked at."""
ENOUGH = 5
"""Of fewer days nothing is said of the range."""

Outlook = Callable[[Value, Ratio], Mapping[str, Any]]
"""A value and its target to what a scorecard's line says of pace and forecast; nothing where neither can be said."""


@lru_cache(4096)
def elapsed(period: str, day: int, policy: Policy) -> Ratio:
    """How much of a calendar period is over when a local day begins, from 0 to 1."""
    seasonal = policy.targets.spread is Spread.SEASONAL
    parts: list[tuple[int, Ratio]] = []
    for month in months(period):
        span = days(month_key(month), 0)
        working = [one for one in span if policy.calendar.is_workday(one)]
        weight = month_weights(policy, f"{month // 12:04d}")[month % 12] if seasonal else len(working)
        working = working or list(span)
        parts.append((weight, lowest(sum(one < day for one in working), len(working))))
    if not any(weight for weight, _ in parts):
        parts = [(1, done) for _, done in parts]
    over = total(Ratio(weight * done.over, done.under) for weight, done in parts)
    return lowest(over.over, over.under * sum(weight for weight, _ in parts))


@lru_cache(4096)
def measures_of(name: str) -> tuple[str, ...] | None:
    """The measures whose sum a KPI is, if it is one of what happened on days; None for any other."""
    kpi = kpi_of(name)
    if kpi is None or not kpi.adds_up or any(measure[-1] == "@" for measure in kpi.numerator):
        return None
    _, colon, suffix = name.partition(":")
    return tuple(measure + colon + suffix for measure in kpi.numerator)


def outlook(
    value: Value, target: Ratio, period: str, today: int, policy: Policy, spread: float | None
) -> dict[str, Any]:
    """What is expected of a value by now, the pace, and the forecast; `spread` is half of its range."""
    done = elapsed(period, today, policy)
    if measures_of(value.kpi) is None or done.over == 0:
        return {}
    reached = Ratio(*value.ratio)
    expected = target.times(done)
    found: dict[str, Any] = {"expected": number(*expected, value.unit)}
    if expected.over > 0:
        found["pace"] = float(lowest(reached.over * expected.under, reached.under * expected.over))
    if reached.over < 0 or done == Ratio(1):
        return found
    forecast = lowest(reached.over * done.under, reached.under * done.over)
    found["forecast"] = number(*forecast, value.unit)
    if spread is not None:
        low, high = float(forecast) - spread, float(forecast) + spread
        found |= {"forecast_low": round(max(low, float(reached)), 2), "forecast_high": round(high, 2)}
    return found


def spread_of(kpi: str, period: str, today: int, sums: Mapping[str, Measures]) -> float | None:
    """Half of the range of a forecast, by the sums of an employee; None where too few days of the period are over, or
    all are. Today makes no difference to it."""
    measures, known, span = measures_of(kpi), kpi_of(kpi), days(period, today)
    sample = range(max(span.start, today - LOOKED_AT), today)
    if measures is None or known is None or len(sample) < ENOUGH or span.stop <= today:
        return None
    brought = [sum(sums.get(day_bucket(day), {}).get(name, 0) for name in measures) for day in sample]
    mean = sum(brought) / len(brought)
    variance = sum((one - mean) ** 2 for one in brought) / (len(brought) - 1)
    return SIGMAS * sqrt(variance * (span.stop - today)) / known.scale
