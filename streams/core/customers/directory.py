"""Whose case an id is. The steps of a ticket name the ticket and an employee, never the customer; so the partition of
the ticket's id hears of its opening too, and hands each step on to the partition of its customer."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from streams.core.formats import reader, tagged
from streams.core.records import key_of
from streams.core.stage import Shelf

KIND = "case"
"""The kind of its state records; their names say of what kind a case is, as in `ticket:4711`."""


class Entry(msgspec.Struct, array_like=True):
    """The customer of a case, and the steps (events as they were sent) that came before it was known."""

    customer: str | None = None
    stamp: tuple[int, str, str] | None = None
    waiting: list[bytes] = []


_read = reader(Entry)


class Directory:
    """The cases whose ids belong to one partition. No more than `bound` stay in memory when a flush is over; the others
    are had back from the shelf."""

    def __init__(self, shelf: Shelf, bound: int) -> None:
        self._shelf, self._bound = shelf, bound
        self._known: dict[str, Entry] = {}
        self._changed: set[str] = set()

    def opened(self, name: str, customer: str, stamp: tuple[int, str, str]) -> list[bytes]:
        """The case is a customer's; answers the steps that waited to hear that. The first of two openings stands."""
        entry = self._find(name)
        if entry.stamp is None:
            entry.customer, entry.stamp = customer, stamp
            self._changed.add(name)
        waiting, entry.waiting = entry.waiting, []
        return waiting

    def whose(self, name: str, step: bytes) -> str | None:
        """The customer that a step is to be handed on to; None where that is not known yet, and the step waits."""
        entry = self._find(name)
        if entry.customer is None:
            entry.waiting.append(step)
            self._changed.add(name)
        return entry.customer

    def take_dirty(self) -> Iterator[tuple[bytes, bytes]]:
        """The records that changed since the last time."""
        for name in sorted(self._changed):
            yield key_of(KIND, name), tagged(self._known[name])
        free = [name for name in self._known if name not in self._changed]
        for name in free[: max(0, len(self._known) - self._bound)]:
            del self._known[name]
        self._changed.clear()

    def _find(self, name: str) -> Entry:
        entry = self._known.pop(name, None)
        if entry is None:
            entry = next((_read(value) for _, _, value in self._shelf.pieces((KIND,), name)), None) or Entry()
        self._known[name] = entry  # the newest used stands last
        return entry
