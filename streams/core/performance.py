"""How scores of periods that are over stand to a bound: each by itself, or so many in a row.

Scores are compared as they are told, so nobody is praised for one that reads as below the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from streams.policy import Span
from streams.policy.periods import first_day, months
from streams.policy.zone import Zone

Scores = Mapping[str, float]
"""By period; of calendar periods that are over."""


class Run(NamedTuple):
    """Periods that follow each other and hold, as many as are asked for or more."""

    first: str
    reached: str
    """The one with which they were enough."""
    last: str


def holds(score: float, above: Decimal | None, below: Decimal | None) -> bool:
    """Whether a score is at or above the one bound, or below the other."""
    return (above is not None and score >= float(above)) or (below is not None and score < float(below))


def of_span(scores: Iterable[str], span: Span) -> list[str]:
    """The periods of one length, in order."""
    return sorted((period for period in scores if len(months(period)) == span.months), key=_start)


def runs(scores: Scores, span: Span, count: int, above: Decimal | None, below: Decimal | None) -> Iterator[Run]:
    """The longest runs of at least `count` periods without a gap; where one is asked for, each period by itself."""
    run: list[str] = []
    for period in of_span(scores, span):
        if run and (count == 1 or months(run[-1]).stop != _start(period)):
            yield from _run(run, count)
            run = []
        if holds(scores[period], above, below):
            run.append(period)
        else:
            yield from _run(run, count)
            run = []
    yield from _run(run, count)


def _run(run: list[str], count: int) -> Iterator[Run]:
    if len(run) >= count:
        yield Run(run[0], run[count - 1], run[-1])


def end_of(period: str, zone: Zone, later: int = 0) -> int:
    """The instant at which a period is over, or so many of its length later."""
    span = months(period)
    return zone.midnight(first_day(span.stop + later * len(span)))


def _start(period: str) -> int:
    return months(period).start
