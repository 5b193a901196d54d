"""Figures as a person reads them: money in the reporting currency, rates as percentages, lengths of time in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from streams.core.kpis import Unit, kpi_of

ENGLISH: Final[Mapping[str, str]] = MappingProxyType({"days": "days", "hours": "h", "minutes": "min", "seconds": "s"})
"""The words for lengths of time."""
NONE: Final = "–"


class Sum(NamedTuple):
    """What the lines of a score record add up to: the points of those with a weight, and what penalties take."""

    points: float
    weight: float
    taken: float

    @property
    def score(self) -> float | None:
        """100 * points / weight, less the penalties, at least 0; None without weight."""
        return max(100 * self.points / self.weight - self.taken, 0.0) if self.weight > 0 else None


def sum_of(lines: Iterable[Mapping[str, Any]]) -> Sum:
    """Add up the lines of a score record, whichever have points. Penalties are those without weight."""
    counted = [line for line in lines if line["points"] is not None]
    weighed = [line for line in counted if line["weight"] > 0]
    return Sum(
        sum(line["points"] for line in weighed),
        sum(line["weight"] for line in weighed),
        -sum(line["points"] for line in counted if line["weight"] <= 0),
    )


def unit_of(kpi: str) -> Unit:
    """What the values of a KPI are a number of; of one that the catalogue does not have (yet), plain numbers."""
    known = kpi_of(kpi)
    return Unit.NUMBER if known is None else known.unit


def written(
    value: float | None, unit: Unit, currency: str | None = None, words: Mapping[str, str] = ENGLISH
) -> str:  # fmt: skip
    """A figure; with a `currency`, that stands before money."""
    if value is None:
        return NONE
    match unit:
        case Unit.MONEY:
            return f"{currency} {value:,.2f}" if currency else f"{value:,.2f}"
        case Unit.COUNT:
            return plain(value)
        case Unit.RATE:
            return f"{value * 100:,.1f} %"
        case Unit.DAYS:
            return f"{value:,.1f} {words['days']}"
        case Unit.SECONDS:
            return span(value, words)
        case Unit.NUMBER:
            return plain(value)


def plain(value: float) -> str:
    """A number without a unit: whole as it is, else with up to two decimals, and three digits at least."""
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.3g}"


def span(seconds: float, words: Mapping[str, str] = ENGLISH) -> str:
    """A length of time: `45 s`, `12 min`, `3 h 05 min`, `2.5 days`."""
    if abs(seconds) < 60:
        return f"{seconds:.0f} {words['seconds']}"
    if abs(seconds) < 3_600:
        return f"{seconds / 60:.0f} {words['minutes']}"
    if abs(seconds) < 86_400:
        hours, minutes = divmod(round(seconds / 60), 60)
        return f"{hours} {words['hours']} {minutes:02d} {words['minutes']}"
    return f"{seconds / 86_400:,.1f} {words['days']}"
