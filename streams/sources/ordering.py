"""Events put into the order of their times, in memory bounded by a run and not by the input."""

import heapq
import tempfile
from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import IO

from streams.events import Event, decode, encode
from streams.sources.tables import Skipped, SourceError

RUN = 100_000
"""Events sorted in memory at once; what is more goes through temporary files."""

_time = attrgetter("time")


def in_time_order(items: Iterable[Event | Skipped], run: int = RUN) -> Iterator[Event | Skipped]:
    """The skipped rows as they come, then the events by time; equal times keep the order they came in."""
    events: list[Event] = []
    spilled: list[IO[bytes]] = []
    try:
        for item in items:
            if isinstance(item, Skipped):
                yield item
                continue
            events.append(item)
            if len(events) == run:
                spilled.append(_spill(events))
                events = []
        events.sort(key=_time)
        # The merge prefers the earlier run at equal times, so it is as stable as the sort.
        yield from heapq.merge(*map(_read, spilled), events, key=_time)
    finally:
        for file in spilled:
            file.close()


def _spill(events: list[Event]) -> IO[bytes]:
    events.sort(key=_time)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by in_time_order, after the merge
    file.writelines(encode(event) + b"\n" for event in events)
    file.seek(0)
    return file


def _read(file: IO[bytes]) -> Iterator[Event]:
    for line in file:
        event = decode(line)
        if not isinstance(event, Event):
            raise SourceError(f"A row does not make a valid event: {event.detail}.")
        yield event
