"""Whose case an id is. The steps of a ticket name the ticket and an employee, never the customer; so the partition of
the ticket's id hears of its opening too, and hands each step on to the partition of its customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

import msgspec

from streams.core.formats import reader, tagged
from streams.core.records import key_of
from streams.core.stage import Shelf

KIND = "case"
"""The kind of its state records; their names say of what kind a case is, as in `ticket:4711`."""


ERASED = ""
"""In the place of a customer that is erased."""


class Owner(msgspec.Struct, array_like=True, frozen=True):
    """The customer of a case, by the opening that said so."""

    customer: str
    stamp: tuple[int, str, str]


class Case:
    """What is known of a case: whose it is, else the steps (events as they were sent) that wait to hear that.

    Each step is a record of its own: of a case that is never opened there may be many.
    """

    __slots__ = ("dirty", "owner", "waiting")

    def __init__(self) -> None:
        self.owner: Owner | None = None
        self.waiting: dict[int, bytes] = {}
        self.dirty: set[int | None] = set()
        """The numbers of the steps that came or went since the last flush; None: the owner did."""


State = tuple[bytes, bytes | None]
_read_owner, _read_step = reader(Owner), reader(tuple[bytes])


class Directory:
    """The cases whose ids belong to one partition. No more than `bound` stay in memory when a flush is over; the others
    are had back from the shelf."""

    def __init__(self, shelf: Shelf, bound: int) -> None:
        self._shelf, self._bound = shelf, bound
        self._known: dict[str, Case] = {}
        self._changed: set[str] = set()

    def opened(self, name: str, customer: str, stamp: tuple[int, str, str]) -> list[bytes]:
        """The case is a customer's; answers the steps that waited to hear that. The first of two openings stands."""
        case = self._find(name)
        if case.owner is None:
            case.owner = Owner(customer, stamp)
            case.dirty.add(None)
        case.dirty.update(case.waiting)
        if case.dirty:
            self._changed.add(name)
        waiting, case.waiting = case.waiting, {}
        return list(waiting.values())

    def erase(self, name: str) -> None:
        """Whose the case was is to be known no more, and what comes of it is nobody's."""
        case = self._find(name)
        case.owner = Owner(ERASED, (0, "", ""))
        case.dirty.update((None, *case.waiting))
        case.waiting = {}
        self._changed.add(name)

    def whose(self, name: str, step: bytes) -> str | None:
        """The customer that a step is to be handed on to, or `ERASED`; None where it is not known yet, and the step
        waits."""
        case = self._find(name)
        if case.owner is not None:
            return case.owner.customer
        number = max(case.waiting, default=-1) + 1
        case.waiting[number] = step
        case.dirty.add(number)
        self._changed.add(name)
        return None

    def take_back(self, name: str, is_it: Callable[[bytes], bool]) -> str | None:
        """Let go of a step that waits, or answer whom it was handed on to."""
        case = self._find(name)
        for number in [number for number, step in case.waiting.items() if is_it(step)]:
            del case.waiting[number]
            case.dirty.add(number)
            self._changed.add(name)
        return None if case.owner is None else case.owner.customer

    def take_dirty(self) -> Iterator[State]:
        """The records that changed since the last time."""
        for name in sorted(self._changed):
            yield from _records(name, self._known[name])
        if (over := len(self._known) - self._bound) > 0:
            free = (name for name in self._known if name not in self._changed)
            for name in list(islice(free, over)):
                del self._known[name]
        for name in self._changed:
            self._known[name].dirty = set()
        self._changed.clear()

    def _find(self, name: str) -> Case:
        case = self._known.pop(name, None)
        if case is None:
            case = Case()
            for _, number, value in sorted(self._shelf.pieces((KIND,), name), key=lambda piece: piece[1] or 0):
                if isinstance(number, int):
                    case.waiting[number] = _read_step(value)[0]
                else:
                    case.owner = _read_owner(value)
        self._known[name] = case  # the newest used stands last
        return case


def _records(name: str, case: Case) -> Iterator[State]:
    if None in case.dirty and case.owner is not None:
        yield key_of(KIND, name), tagged(case.owner)
    for number in sorted(number for number in case.dirty if number is not None):
        step = case.waiting.get(number)
        yield key_of(KIND, name, number), None if step is None else tagged((step,))
