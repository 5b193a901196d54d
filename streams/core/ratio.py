"""An exact quotient of two integers: what a scorecard needs of fractions, at a small part of their cost."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple


class Ratio(NamedTuple):
    """over / under; `under` is above 0. As a pair it has no order and no arithmetic of its own."""

    over: int
    under: int = 1

    def __float__(self) -> float:
        return self.over / self.under  # of two integers that is rounded once

    @property
    def fraction(self) -> Fraction:
        """The same as a fraction."""
        return Fraction(self.over, self.under)

    def at_least(self, other: Ratio) -> bool:
        """Whether it is not below another."""
        return self.over * other.under >= other.over * self.under

    def times(self, other: Ratio) -> Ratio:
        """Their product, in lowest terms."""
        return lowest(self.over * other.over, self.under * other.under)


def lowest(over: int, under: int) -> Ratio:
    """over / under in lowest terms, whatever the sign of `under`, which is not 0."""
    common = gcd(over, under) if under > 0 else -gcd(over, under)
    return Ratio(over // common, under // common)


def total(ratios: Iterable[Ratio]) -> Ratio:
    """Their sum, in lowest terms."""
    ratios = list(ratios)
    under = lcm(*(ratio.under for ratio in ratios))
    return lowest(sum(ratio.over * (under // ratio.under) for ratio in ratios), under)


@lru_cache(4096)
def exactly(number: Decimal) -> Ratio:
    """A decimal number; a policy has few, and every scorecard needs them."""
    return Ratio(*number.as_integer_ratio())


def write_ratio(ratio: Ratio) -> str:
    """As text: `3/4`, or `3` for a whole number."""
    return str(ratio.over) if ratio.under == 1 else f"{ratio.over}/{ratio.under}"


def read_ratio(text: str) -> Ratio:
    """What `write_ratio` wrote."""
    over, slash, under = text.partition("/")
    return Ratio(int(over), int(under) if slash else 1)
