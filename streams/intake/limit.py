"""When refusing is no longer a matter of single records: a topic of another format, a producer that went wrong.

Going on would only drain the topic into the dead letters; somebody has to look.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Final, NamedTuple

from streams.events import Reason, Rejected

WINDOW: Final = 10_000
"""Records of a topic, the last ones, of which the share is taken."""
LEAST: Final = 1_000
"""Records of a topic to be read before its share is judged."""


class TooManyRefused(Exception):
    """A topic has passed its limit; the message is one sentence with what to do."""


class Limit(NamedTuple):
    """What a topic may have refused: at most this share (0 to 1), and fewer than `run` one after another."""

    share: float
    run: int


class Refusals:
    """Counts what is refused of one topic, in the order of reading. Costs nothing for a record that is taken."""

    def __init__(self, topic: str, limit: Limit) -> None:
        self._topic, self._limit = topic, limit
        self._read = self._run = 0
        self._last = -1
        self._window: deque[tuple[int, Reason]] = deque()  # where each stood
        self._details: dict[Reason, str] = {}

    def refuse(self, place: int, why: Rejected) -> None:
        """The record at `place` (from 0) of the batch is refused. Raises `TooManyRefused` for one too many."""
        at = self._read + place
        self._run = self._run + 1 if at == self._last + 1 else 1
        self._last = at
        self._window.append((at, why.reason))
        self._details[why.reason] = why.detail
        while self._window[0][0] <= at - WINDOW:
            self._window.popleft()
        if self._run >= self._limit.run:
            raise self._too_many(f"{self._run:,} records one after another", "CRMPULSE_DEAD_LETTER_RUN")
        judged, refused = min(at + 1, WINDOW), len(self._window)
        if judged >= LEAST and refused > self._limit.share * judged:
            raise self._too_many(f"{refused:,} of the last {judged:,} records", "CRMPULSE_DEAD_LETTER_SHARE")

    def through(self, records: int) -> None:
        """A batch of so many records has been looked at."""
        self._read += records

    def _too_many(self, what: str, variable: str) -> TooManyRefused:
        reason, _ = Counter(reason for _, reason in self._window).most_common(1)[0]
        detail = "".join(char if char.isprintable() else " " for char in self._details[reason])
        return TooManyRefused(
            f"{self._topic}: {what} were refused, mostly as {reason} (the last of these: {detail}); mend what is sent"
            f" there, or set {variable} higher to have it all in the dead letters."
        )
