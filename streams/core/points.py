"""How a line of a scorecard earns its points: the share of its weight, by its kind of scoring.

Every kind is monotonic: a value that is better never earns less.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from streams.core.ratio import Ratio, exactly, lowest
from streams.policy import By, ScoreKpi, Scoring

NOTHING = Ratio(0)
PERCENT = Ratio(1, 100)


class Terms(NamedTuple):
    """A line of the policy, as numbers, for a period."""

    line: ScoreKpi
    weight: Ratio
    cap: Ratio
    lower: bool
    """Whether less is better."""
    length: Ratio
    """How many months of a sum or a count the period holds; 1 for what does not add up."""
    other: Ratio
    """The same for the other KPI of a matrix."""


class Earned(NamedTuple):
    """What a value is of its target, where that was asked for, and the share of the weight that it earns."""

    attainment: Ratio | None
    share: Ratio | None
    """None: it earns none as there is no target."""


def earned(terms: Terms, value: Ratio, target: Ratio | None, other: Ratio | None) -> Earned:
    """Score a value; `target` and `value` are of the period. `other` is the value of the other KPI of a matrix."""
    line = terms.line
    reached = None if target is None or target.over <= 0 else attainment(terms, value, target)
    if line.scoring is Scoring.LINEAR:
        return Earned(reached, None if reached is None else _clamped(terms, reached))
    match line.scoring:
        case Scoring.POINTS_PER_EVENT if line.each is not None:
            reached = None
            share = value.times(exactly(line.each)).times(_inverse(terms.weight.times(terms.length)))
            return Earned(None, _clamped(terms, share))
        case Scoring.BASELINE if line.baseline is not None:
            reached = _progress(terms, value, target, exactly(line.baseline).times(terms.length))
        case Scoring.BANDS | Scoring.MATRIX:
            place = value.times(_inverse(terms.length)) if line.by is By.VALUE else reached
            if place is None:
                return Earned(None, None)
            return Earned(reached, _banded(line, place) if line.matrix is None else _from_table(terms, place, other))
    return Earned(reached, None if reached is None else _clamped(terms, reached))


def attainment(terms: Terms, value: Ratio, target: Ratio) -> Ratio:
    """value / target, of which the target is above 0; where less is better target / value."""
    if not terms.lower:
        return lowest(value.over * target.under, value.under * target.over)
    if value.over <= 0:  # nothing at all of what should be little is the best there can be
        return terms.cap
    return lowest(target.over * value.under, target.under * value.over)


def penalty(terms: Terms, value: Ratio) -> Ratio:
    """The points of a hundred that a value costs, by the month."""
    each, most = exactly(terms.line.each or Decimal(0)), exactly(terms.line.most or Decimal(0))
    cost = value.times(each).times(_inverse(terms.length))
    return most if cost.at_least(most) else cost if cost.over > 0 else NOTHING


def _clamped(terms: Terms, share: Ratio) -> Ratio:
    if share.over <= 0 or (terms.line.floor and not share.at_least(exactly(terms.line.floor))):
        return NOTHING
    return terms.cap if share.at_least(terms.cap) else share


def _progress(terms: Terms, value: Ratio, target: Ratio | None, start: Ratio) -> Ratio | None:
    """How far a value has come from the baseline to the target; None where that lies in the wrong direction."""
    if target is None:
        return None
    way = _less(target, start)
    if way.over == 0 or (way.over < 0) != terms.lower:
        return None
    return _less(value, start).times(_inverse(way))


def _banded(line: ScoreKpi, place: Ratio) -> Ratio:
    points = [exactly(band.points) for band in line.bands]
    number = _band([exactly(band.start) for band in line.bands], place)
    if number < 0:  # bands that fall are of what should be low: below all of them is best
        return points[0].times(PERCENT) if points[0].at_least(points[-1]) and len(points) > 1 else NOTHING
    return points[number].times(PERCENT)


def _from_table(terms: Terms, place: Ratio, other: Ratio | None) -> Ratio | None:
    matrix = terms.line.matrix
    if matrix is None or other is None:
        return None
    row = _band([exactly(bound) for bound in matrix.rows], place)
    column = _band([exactly(bound) for bound in matrix.columns], other.times(_inverse(terms.other)))
    return NOTHING if row < 0 or column < 0 else exactly(matrix.points[row][column]).times(PERCENT)


def _band(starts: list[Ratio], place: Ratio) -> int:
    """Which of some bounds, which rise, is the last that a value reaches; -1 for none."""
    return sum(place.at_least(start) for start in starts) - 1


def _less(one: Ratio, other: Ratio) -> Ratio:
    return lowest(one.over * other.under - other.over * one.under, one.under * other.under)


def _inverse(ratio: Ratio) -> Ratio:
    return lowest(ratio.under, ratio.over)
