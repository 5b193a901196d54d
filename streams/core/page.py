"""Time as a stage of periods knows it: ticks, the clocks that records carry, and when everything was judged last."""

from __future__ import annotations

from streams.core.formats import reader, tagged
from streams.core.ledger import day_bucket, month_bucket
from streams.core.records import key_of, read_tick
from streams.policy import Zone
from streams.policy.periods import ROLLING, bounds

KEY = key_of("clock")
"""The key of its record in the state topic."""

_read = reader(tuple[int, int, int])


class Page:
    """`clock` follows ticks alone; `now` also what is learned from records. All instants in microseconds."""

    def __init__(self, zone: Zone) -> None:
        self.clock = 0
        self.now = 0
        self._zone = zone
        self._judged = 0
        self._final = False

    @property
    def known(self) -> bool:
        """Whether any tick or record has told the time yet."""
        return self.now > 0

    @property
    def last(self) -> bool:
        """Whether the next flush is the last one of a run."""
        return self._final

    @property
    def today(self) -> int:
        """The local day of now."""
        return self._zone.day(self.now)

    def tick(self, value: bytes) -> None:
        """Take a tick's record."""
        tick = read_tick(value)
        self.clock = max(self.clock, tick.at)
        self._final = self._final or tick.final
        self.learn(tick.at)

    def learn(self, clock: int) -> None:
        """It is at least that late."""
        self.now = max(self.now, clock)

    def is_going_on(self, bucket: str) -> bool:
        """Whether what happens now falls into a bucket: today's, this month's, or what stands at this moment."""
        return bucket in ("now", day_bucket(self.today), month_bucket(self._zone.month(self.today)))

    def as_of(self, period: str) -> int:
        """The instant that a period's figures are as of: now, or the end of a period that is over."""
        return min(self.now, bounds(period, self._zone, self.now)[1])

    def turn(self) -> tuple[int, bool] | None:
        """On a new day, or the last one: (when everything was judged before, whether it is a new day); else None."""
        before = self._judged
        new_day = self._zone.day(before) != self.today
        if not new_day and not self._final:
            return None
        self._judged, self._final = self.now, False
        return before, new_day

    def was_open(self, period: str, before: int) -> bool:
        """Whether a period had not ended at an instant, so that figures of then may be others now."""
        return period in ROLLING or bounds(period, self._zone, self.now)[1] > before

    def pack(self) -> bytes:
        """Its record's value."""
        return tagged((self.clock, self.now, self._judged))

    def unpack(self, value: bytes) -> None:
        """Take back what `pack` gave."""
        self.clock, self.now, self._judged = _read(value)
