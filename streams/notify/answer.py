"""What comes of an attempt to tell a target, and when to try again. Pure: chance and clock are arguments."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Final, NamedTuple

from streams.events.instants import to_us

FIRST_S: Final = 1.0
LONGEST_S: Final = 60.0
OBEYED_S: Final = 600.0
"""The longest Retry-After that is obeyed."""
TRANSIENT: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
"""Of the answers below 500, those that say nothing against what was sent."""


class Outcome(StrEnum):
    DELIVERED = "delivered"
    REFUSED = "refused"
    """It would be refused again: passed over, or one record would hold up all others for ever."""
    FAILED = "failed"
    """The target is away, or busy: tried again until it is not."""


class Answer(NamedTuple):
    """How an attempt ended; `detail` is for the log and holds no address. `wait` (s) is what the target asks for."""

    outcome: Outcome
    detail: str = ""
    wait: float = 0.0


def of_status(status: int) -> Outcome:
    """What an HTTP status comes to. A redirection is followed by nobody: the address is to be corrected."""
    if 200 <= status < 300:
        return Outcome.DELIVERED
    return Outcome.FAILED if status >= 500 or status in TRANSIENT else Outcome.REFUSED


def retry_after(header: str | None, now: int) -> float:
    """Seconds that a Retry-After header asks for, as a number or a date; 0 where there is none. `now` in us."""
    if header is None:
        return 0.0
    if header.strip().isdecimal():
        return min(float(header), OBEYED_S)
    try:
        date: datetime = parsedate_to_datetime(header)
        wait = (to_us(date) - now) / 1_000_000
    except (TypeError, ValueError):
        return 0.0
    return min(max(0.0, wait), OBEYED_S)


def pause(failures: int, asked: float, chance: float) -> float:
    """Seconds before the next attempt, after so many failures in a row (1 or more): twice as long each time, up to
    `LONGEST_S`, less up to a half by `chance` (0 to 1), so that many do not come back at once; at least what was asked
    for."""
    longest = min(LONGEST_S, FIRST_S * (1 << min(failures - 1, 16)))
    return max(asked, longest * (1 - chance / 2))
