"""The order in which records of many partitions are taken: by the time of their events, as far as that is known.

A partition's own order is never changed. Between partitions the earliest event goes first, so that a backlog of years
is taken in as it happened, though it stands in topics of which each is read as fast as it comes: where the clock
follows the events, no alert is raised that an event not yet read would have prevented. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from heapq import heapify, heappop, heapreplace
from itertools import islice
from typing import Final, Generic, Protocol, TypeVar

import msgspec

from streams.events.instants import to_us

SLACK_US: Final = 3_600_000_000
"""Events so far apart may change places: records of one partition are taken several at a time."""
ENOUGH: Final = 500
"""With so many records of a partition waiting no more of it is asked for."""
PLENTY: Final = 20_000
"""With so many waiting altogether more is asked for only of those that have none."""


class Record(Protocol):
    """What is used of a consumer's record; `timestamp` in ms."""

    @property
    def timestamp(self) -> int: ...
    @property
    def value(self) -> bytes | None: ...


class _Time(msgspec.Struct):
    time: datetime


R = TypeVar("R", bound=Record)
P = TypeVar("P")
_read = msgspec.json.Decoder(_Time).decode


def instant(record: Record) -> int | None:
    """When the event of a record happened, us; at the latest when the broker had it. None where it tells no time."""
    try:
        time = _read(record.value or b"").time
    except (msgspec.MsgspecError, ValueError, RecursionError):  # whatever it is, the sifter will say
        return None
    if time.tzinfo is None:
        return None
    return min(to_us(time), record.timestamp * 1000) if record.timestamp >= 0 else to_us(time)


class Lineup(Generic[P, R]):
    """Records of partitions `P` that were read and wait for their turn."""

    def __init__(self) -> None:
        self._queues: dict[P, deque[tuple[int, R]]] = {}
        self._last: dict[P, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._queues.values()))

    def holds(self, partition: P) -> bool:
        """Whether records of a partition wait."""
        return partition in self._queues

    def hungry(self, partitions: Iterable[P]) -> list[P]:
        """Those of which more may be read."""
        enough = ENOUGH if len(self) < PLENTY else 1
        return [one for one in partitions if len(self._queues.get(one, ())) < enough]

    def put(self, partition: P, records: Iterable[R]) -> None:
        """Take what was read of a partition, in its order."""
        queue = self._queues.setdefault(partition, deque())
        last = self._last.get(partition, 0)
        for record in records:
            time = instant(record)
            last = last if time is None else time  # what tells no time has that of the one before
            queue.append((last, record))
        self._last[partition] = last
        if not queue:
            del self._queues[partition]

    def take(self, most: int, awaited: Collection[P]) -> list[tuple[P, Sequence[R]]]:
        """Up to `most` records in order, those of one partition that follow each other together.

        While there are records to come of one of the `awaited` partitions, which may be the earliest of all, nothing
        can be said that comes after the last one known of it.
        """
        if any(one not in self._queues for one in awaited):
            return []
        heads = [(queue[0][0], number, one) for number, (one, queue) in enumerate(self._queues.items())]
        heapify(heads)
        taken: list[tuple[P, Sequence[R]]] = []
        while heads and most > 0:
            _, number, one = heads[0]
            second = min((head[0] for head in heads[1:3]), default=None)
            queue, count = self._queues[one], 0
            for time, _ in islice(queue, most):
                if second is not None and time > second + SLACK_US:
                    break
                count += 1
            taken.append((one, [queue.popleft()[1] for _ in range(count)]))
            most -= count
            if queue:
                heapreplace(heads, (queue[0][0], number, one))
            else:
                heappop(heads)
                del self._queues[one]
                if one in awaited:
                    break
        return taken

    def clear(self) -> None:
        """Nothing waits: everything will be read again from where it is committed."""
        self._queues.clear()
        self._last.clear()
