"""What a KPI is, and how its values are written.

A measure is an exact integer sum (see `ledger`); a KPI is one such sum, or the quotient of two.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

import msgspec

from streams.core.units import ATOM
from streams.policy import Better
from streams.policy.currency import money_text


class Unit(StrEnum):
    """What a value is a number of; decides how it is written."""

    COUNT = "count"
    MONEY = "money"
    RATE = "rate"
    DAYS = "days"
    SECONDS = "seconds"
    NUMBER = "number"


class Kpi(NamedTuple):
    """One KPI. Numerator and denominator are sums of measures, each divided by its scale; or it is a percentile.

    A measure that ends in `@` counts each thing once in a period, so it is another for each kind of period: see
    `periods.distinct_in`.
    """

    name: str
    unit: Unit
    definition: str
    numerator: tuple[str, ...]
    counted: tuple[str, ...]
    """The measures that say how many things the value rests on."""
    denominator: tuple[str, ...] = ()
    scale: int = 1
    divisor: int = 1
    """The scale of the denominator."""
    better: Better = Better.HIGHER
    standing: bool = False
    """Measured at `as_of`: stands only in the periods that contain it."""
    by_suffix: bool = False
    """The measures carry a suffix, `:<stage>` or `:<channel>`; there is one value for each."""
    quiet: bool = False
    """A sum or count that is told only where there is something of it; a scorecard that names it takes 0."""
    less: tuple[str, ...] = ()
    """The measures that the numerator is reduced by; of the scale of its own."""
    binned: str = ""
    """Of a percentile: what its values are counted as by bins (see `bins`); it is no sum or quotient of measures."""
    percent: int = 0
    """Of a percentile: how many of a hundred values do not exceed it."""

    @property
    def adds_up(self) -> bool:
        """Whether it is a sum or count over time, so that a longer period asks for more of it."""
        return not self.denominator and not self.standing and not self.binned and self.unit is not Unit.RATE


class Value(msgspec.Struct, frozen=True, gc=False):
    """A KPI's value in a period, exact: top / scale, or that by bottom / divisor where it is a quotient.

    Whole numbers, as a quotient of two of them is a float just as exact as that of the fraction they make.
    """

    kpi: str
    unit: Unit
    top: int
    scale: int
    bottom: int | None
    divisor: int
    number: int
    """How many things it rests on."""

    @property
    def ratio(self) -> tuple[int, int]:
        """The value as (dividend, divisor); the latter is above 0."""
        if self.bottom is None:
            return self.top, self.scale
        over, under = self.top * self.divisor, self.scale * self.bottom
        return (over, under) if under > 0 else (-over, -under)

    @property
    def value(self) -> Fraction:
        """The value."""
        return Fraction(*self.ratio)

    @property
    def numerator(self) -> Fraction:
        """What is divided; the value itself where nothing is."""
        return Fraction(self.top, self.scale)

    @property
    def denominator(self) -> Fraction | None:
        """What it is divided by."""
        return None if self.bottom is None else Fraction(self.bottom, self.divisor)


def number(over: int, under: int, unit: Unit) -> int | float:
    """over / under as JSON writes it: a count as a whole number, money to the cent, all else with full precision."""
    if unit is Unit.COUNT and over % under == 0:
        return over // under
    return float(text(over, under, unit)) if unit is Unit.MONEY else over / under


def text(over: int, under: int, unit: Unit) -> str:
    """over / under as a table writes it: money to the cent, half even; `under` is above 0."""
    if unit is Unit.MONEY:
        return money_text(over if under == ATOM else round(Fraction(over * ATOM, under)))
    return str(over // under) if over % under == 0 else repr(over / under)
