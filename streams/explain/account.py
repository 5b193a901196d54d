"""The events behind a figure, and what each adds to it. Pure.

What an event adds is the sum of what it posted; what another took back again is left out, with what took it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from streams.core.bins import MARK, percentile
from streams.core.kpis import Formula, Value, in_period
from streams.core.ledger import NOW, Measures
from streams.core.periods import current, distinct_in
from streams.core.tracing import Posting
from streams.policy.periods import days


class Share(NamedTuple):
    """What an event adds: to the numerator, to the denominator, and to the count, by the scales of the KPI. Of a
    percentile the numerator is the sum of the values that it counts, each by its bin."""

    posting: Posting
    top: Fraction | int
    bottom: Fraction | int
    number: int
    measures: Measures
    """The measures of the period that this comes of."""


class Account(NamedTuple):
    """The events behind a value, by time. Their sums are the value's own; of a percentile it is that of their bins."""

    formula: Formula
    shares: tuple[Share, ...]

    @property
    def sums(self) -> tuple[Fraction | int, Fraction | int, int]:
        """Numerator, denominator and count that they come to."""
        return (
            sum(share.top for share in self.shares),
            sum(share.bottom for share in self.shares),
            sum(share.number for share in self.shares),
        )

    def gives(self, value: Value) -> bool:
        """Whether they come to a value exactly."""
        (top, bottom, number), kpi = self.sums, self.formula.kpi
        if not kpi.binned:
            parts = Fraction(top, kpi.scale), Fraction(bottom, kpi.divisor), number
            return parts == (value.numerator, value.denominator or 0, value.number)
        bins: dict[int, int] = {}
        for share in self.shares:
            for measure, count in share.measures.items():
                least = int(measure.rpartition(MARK)[2])
                bins[least] = bins.get(least, 0) + count
        return percentile(bins, self.formula.kpi.percent) == value.top and number == value.number


def account(formula: Formula, postings: Iterable[Posting], period: str, today: int) -> Account:
    """What is behind a KPI in a period; `today` is the local day of `as_of`."""
    span, now = days(period, today), period in current(today)
    distinct = distinct_in(period)
    shares = []
    for posting in postings:
        found: Measures = {}
        for (day, measure), value in posting.nets.items():
            if now if day == NOW else day in span:
                found[measure] = found.get(measure, 0) + value
        share = _ranked(formula, posting, found) if formula.kpi.binned else _summed(formula, posting, found, distinct)
        if share.measures:
            shares.append(share)
    shares.sort(key=lambda share: (share.posting.time, share.posting.source, share.posting.id))
    return Account(formula, tuple(_without_pairs(_without_circles(shares))))


def _summed(formula: Formula, posting: Posting, found: Measures, distinct: str) -> Share:
    weights = _weights(formula, distinct)
    kept = {measure: value for measure, value in found.items() if value and measure in weights}
    top, bottom, number = (sum(weights[m][place] * value for m, value in kept.items()) for place in range(3))
    return Share(posting, top, bottom, number, kept)


def _ranked(formula: Formula, posting: Posting, found: Measures) -> Share:
    head = formula.kpi.binned + MARK
    kept = {measure: count for measure, count in found.items() if count and measure.startswith(head)}
    top = sum(int(measure.removeprefix(head)) * count for measure, count in kept.items())
    return Share(posting, top, 0, sum(kept.values()), kept)


@lru_cache(256)
def _weights(formula: Formula, distinct: str) -> dict[str, tuple[int, int, int]]:
    """How often each measure counts in numerator, denominator and count."""
    found: dict[str, tuple[int, int, int]] = {}
    for place, parts in enumerate((formula.numerator, formula.denominator, formula.counted, formula.less)):
        for part in parts:
            name = in_period(part, distinct)
            top, bottom, number = found.get(name, (0, 0, 0))
            found[name] = (top + (place == 0) - (place == 3), bottom + (place == 1), number + (place == 2))
    return found


def _without_circles(shares: Sequence[Share]) -> list[Share]:
    """Without the events of one thing that, one after the other, come back to nothing: opened, changed, and closed."""
    kept: dict[tuple[str | None, str], list[int]] = {}
    sums: dict[tuple[str | None, str], Measures] = {}
    for place, share in enumerate(shares):
        thing = share.posting.campaign, share.posting.case or f"subject:{share.posting.subject}"
        total = sums.setdefault(thing, {})
        for measure, value in share.measures.items():
            total[measure] = total.get(measure, 0) + value
        kept.setdefault(thing, []).append(place)
        if not any(total.values()):
            kept[thing].clear()
    places = sorted(place for some in kept.values() for place in some)
    return [shares[place] for place in places]


def _without_pairs(shares: Sequence[Share]) -> list[Share]:
    """Without two of one customer, and one campaign, of which one takes back exactly what the other adds."""
    single: dict[tuple[str | None, str, frozenset[tuple[str, int]]], list[int]] = {}
    gone: set[int] = set()
    for place, share in enumerate(shares):
        about = share.posting.campaign, share.posting.customer or share.posting.subject
        opposite = single.get((*about, frozenset((measure, -value) for measure, value in share.measures.items())))
        if opposite:
            gone |= {place, opposite.pop()}
        else:
            single.setdefault((*about, frozenset(share.measures.items())), []).append(place)
    return [share for place, share in enumerate(shares) if place not in gone]
