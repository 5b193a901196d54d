"""How targets cascade: from a year or a quarter to months, from a scope to its people, and back up as sums.

A target is a whole number of atoms (see `units.QUANTITY`), so that parts add up exactly. What is set for a part always
stands; it is taken off the whole, and the rest is spread over the parts that nothing is set for. Each of them gets its
share down to the cent, the last one what is left. Where the parts that are set come to more than the whole, the others
get nothing, and parts and whole drift apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from streams.core.kpis import kpi_of
from streams.core.units import QUANTITY
from streams.policy import Policy, Spread
from streams.policy.periods import days, month_key, months

CENT = QUANTITY // 100
"""What shares are rounded down to, in atoms."""

Given = Mapping[str, int]
"""What was set for the periods of one year: by period, in atoms."""
Months = tuple[int | None, ...]
"""The targets of January to December, in atoms; None where there is none."""
NONE: Months = (None,) * 12


def atoms(value: Decimal) -> int:
    """A target in atoms: a quantity has no more decimals than they."""
    over, under = value.as_integer_ratio()
    return int(over * QUANTITY // under)


def adds_up(kpi: str) -> bool:
    """Whether targets for a KPI can be spread and summed: it is a sum or a count over time."""
    known = kpi_of(kpi)
    return known is not None and known.adds_up


def year_of(period: str) -> str:
    """The year that a calendar period lies in."""
    return period[:4]


def places(period: str) -> range:
    """Which months of its year a calendar period is made of, January being 0."""
    span = months(period)
    first = span.start % 12
    return range(first, first + len(span))


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Shares of a total by weights, exactly: each down to the cent, the last that weighs anything what is left.

    Where nothing weighs anything, all weigh the same. Of a total below 0 nothing is shared.
    """
    total = max(total, 0)
    weights = weights if any(weights) else [1] * len(weights)
    sum_of, last = sum(weights), max(index for index, weight in enumerate(weights) if weight)
    shares = [total * weight // (sum_of * CENT) * CENT for weight in weights]
    shares[last] += total - sum(shares)
    return shares


def months_of(given: Given, year: str, weights: Sequence[int]) -> Months:
    """The months of a year by what was set for them, for its quarters and for itself. `weights` are those of months."""
    found: list[int | None] = [given.get(month_key(int(year) * 12 + place)) for place in range(12)]
    for period in (*(f"{year}-Q{number}" for number in (1, 2, 3, 4)), year):
        whole = given.get(period)
        parts = places(period)
        free = [place for place in parts if found[place] is None]
        if whole is None or not free:
            continue
        rest = whole - sum(found[place] or 0 for place in parts)
        for place, share in zip(free, split(rest, [weights[place] for place in free]), strict=True):
            found[place] = share
    return tuple(found)


def whole_of(given: Given, months: Months, period: str) -> int | None:
    """The target of a period: what was set for it, else the sum of its months once every one has a target."""
    if period in given:
        return given[period]
    parts = [months[place] for place in places(period)]
    return None if None in parts else sum(part or 0 for part in parts)


@lru_cache(256)
def month_weights(policy: Policy, year: str) -> tuple[int, ...]:
    """What the months of a year weigh by the policy."""
    first = int(year) * 12
    match policy.targets.spread:
        case Spread.SEASONAL:
            scale = 10 ** max(-min(int(w.as_tuple().exponent), 0) for w in policy.targets.seasons)
            return tuple(int(weight * scale) for weight in policy.targets.seasons)
        case Spread.WORKING_DAYS:
            return tuple(sum(map(policy.calendar.is_workday, days(month_key(first + n), 0))) for n in range(12))
    return (1,) * 12
