"""Erasures that wait until all has come that was sent before them.

Events stand in many topics, of which one may be read long before another; were a person erased as soon as that is
heard, the sums would lose what is still on its way. A tick is told once everything is in that had been sent when it was
made, so the second tick after an erasure comes behind all that was sent before it. In a run that follows the events
that is the end of the run, so there the order of events does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from streams.core.formats import reader, tagged
from streams.core.records import key_of

KIND = "pending"
"""The kind of its state records."""
TICKS = 2
"""So many ticks an erasure waits for; the final one is the last in any case."""


class Waiting(msgspec.Struct, array_like=True):
    """An erasure that happened at `time`, us. `pseudonym` is, of an employee, the name for the sums."""

    time: int
    pseudonym: str
    ticks: int = 0


_read = reader(Waiting)


class Pending:
    """Who waits in one partition, by name."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._changed: set[str] = set()

    def add(self, name: str, time: int, pseudonym: str = "") -> None:
        """Somebody is to be erased; of several times the first counts."""
        known = self._waiting.setdefault(name, Waiting(time, pseudonym))
        known.time = min(known.time, time)
        self._changed.add(name)

    def due(self, final: bool) -> list[tuple[str, Waiting]]:
        """A tick has come: who is to be erased by now, in order."""
        self._changed |= self._waiting.keys()
        for one in self._waiting.values():
            one.ticks += 1
        found = [(name, one) for name, one in sorted(self._waiting.items()) if final or one.ticks >= TICKS]
        for name, _ in found:
            del self._waiting[name]
        return found

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The records that changed since the last time."""
        for name in sorted(self._changed):
            one = self._waiting.get(name)
            yield key_of(KIND, name), None if one is None else tagged(one)
        self._changed.clear()

    def restore(self, name: str, value: bytes) -> None:
        """Put back one that `take_states` gave."""
        self._waiting[name] = _read(value)
