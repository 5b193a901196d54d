"""The hours at which alerts fire by what the engine tells, beside those that the scan finds.

An alert that broke off and fires again for the same basis is the same alert, of which the newest record tells the last
time only. So the hours from the beginning of that time on are compared with it, and those before it with what was told
of the alert as over before then.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

from tests.oracle.worktime import moment_of
from tests.year.engine import Told
from tests.year.log import START
from tests.year.scan import Key, Runs, Span, add


class Result(NamedTuple):
    """What was compared, and what differs."""

    told: Counter[str]
    """By rule, the hours at which an alert fires by its newest record, over all subjects."""
    found: Counter[str]
    """The same hours by the scan."""
    differences: list[str]
    again: int
    """The hours of former times of an alert, by the scan."""
    untold: list[str]
    """Those of them of which no record told."""
    false: list[str]
    """Hours that a record told of before a newer one, and that the scan does not find."""


def compared(told: Told, scanned: Runs, count: int) -> Result:
    """All alerts there are, at so many hours."""
    result = Result(Counter(), Counter(), [], 0, [], [])
    again = 0
    for key in sorted(told.newest.keys() | told.former.keys() | scanned.keys()):
        rule, newest, found = key[0], told.newest.get(key, []), scanned.get(key, [])
        if rule == "dq.missing_field" and found and found[-1][1] < count - 1:
            found = []  # what is mended is taken back, as if it had never been
        former = merged(told.former.get(key, []))
        since = newest[0][0] if newest else count
        last, before = _clipped(found, since, count - 1), _clipped(found, 0, since - 1)
        result.told[rule] += _hours(newest)
        result.found[rule] += _hours(last)
        again += _hours(before)
        if newest != last:
            result.differences.append(f"{_named(key)}: told {_text(newest)}, found {_text(last)}")
        result.untold.extend(f"{_named(key)}: {_text([span])}" for span in before if not _lies_in(span, former))
        result.false.extend(f"{_named(key)}: {_text([span])}" for span in former if not _lies_in(span, found))
    return result._replace(again=again)


def merged(spans: list[Span]) -> list[Span]:
    """The same hours in spans that neither overlap nor follow each other."""
    runs: list[Span] = []
    for first, last in sorted(spans):
        if runs and first <= runs[-1][1] + 1:
            runs[-1] = runs[-1][0], max(last, runs[-1][1])
        else:
            add(runs, first, last)
    return runs


def _clipped(spans: list[Span], first: int, last: int) -> list[Span]:
    return [(max(a, first), min(b, last)) for a, b in spans if a <= last and b >= first]


def _lies_in(span: Span, spans: list[Span]) -> bool:
    return any(first <= span[0] and span[1] <= last for first, last in spans)


def _hours(spans: list[Span]) -> int:
    return sum(last - first + 1 for first, last in spans)


def _named(key: Key) -> str:
    rule, subject, basis = key
    return f"{rule} of {subject} since {moment_of(basis):%m-%d %H:%M:%S}"


def _text(spans: list[Span]) -> str:
    return ", ".join(f"{_hour(first)} to {_hour(last)}" for first, last in spans) or "nothing"


def _hour(number: int) -> str:
    return f"{START + timedelta(hours=number):%m-%d %Hh}"
