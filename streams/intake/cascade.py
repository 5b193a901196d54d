"""When time may move on: pure decisions, drawn as a cascade of gates.

    crm.* read ─► tick into inbox ─► handled ─► tick into facts ─► handled ─► tick into rollup ─► handled
     SOURCES                          INBOX                         FACTS                          ROLLUP

A gate holds a mark: an instant, and the offsets that must be committed before that instant counts as passed. The
mark of SOURCES is the ends of crm.* as they were at that instant; that of the others lies right behind the tick. So
a stage never hears of an instant before it has all that its predecessors made of what had happened until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from aiokafka import TopicPartition

Offsets = Mapping[TopicPartition, int]


class Layer(StrEnum):
    """Where a mark is waited for and, but for SOURCES, where ticks are written."""

    SOURCES = "sources"
    INBOX = "inbox"
    FACTS = "facts"
    ROLLUP = "rollup"


HOPS = 8
"""What one inbox partition makes of its events may be a record in another's inbox, and that an answer in a third's. An
erasure waits for that (see `core.customers.pending`), and has as much to say itself; what is for a customer that was
merged into another one, and that into a third, goes by each of them (see `core.customers.merging`)."""

NEXT = {Layer.SOURCES: Layer.INBOX, Layer.INBOX: Layer.FACTS, Layer.FACTS: Layer.ROLLUP}


class Mark(NamedTuple):
    """The instant `at` (us) has passed a gate once all `offsets` (of the next record) are committed."""

    at: int
    final: bool
    offsets: Offsets

    def passed(self, committed: Offsets) -> bool:
        return all(committed.get(partition, 0) >= offset for partition, offset in self.offsets.items())


class Tick(NamedTuple):
    """A tick to be written into every partition of a layer."""

    layer: Layer
    at: int
    final: bool


class Gate:
    """Waits for one mark and keeps the newest beside it: a partition that stands still costs no memory."""

    def __init__(self) -> None:
        self.waiting: Mark | None = None
        self._newest: Mark | None = None

    def put(self, mark: Mark) -> None:
        if self.waiting is None:
            self.waiting = mark
        else:
            self._newest = mark

    def take(self, committed: Offsets) -> Mark | None:
        """The newest mark known to have passed since the last time; None while there is none."""
        for passed, left in ((self._newest, None), (self.waiting, self._newest)):
            if passed is not None and passed.passed(committed):
                self.waiting, self._newest = left, None
                return passed
        return None


class Cascade:
    """What to tick next. With `until` (us) there is that one instant, told to the inbox once for each of `HOPS`, and
    then once more and called final.

    What a hop brings stands before the next tick, so the final one finds it handled.
    """

    def __init__(self, until: int | None = None) -> None:
        self._until = until
        self._gates = {layer: Gate() for layer in Layer}
        self._last: int | None = None
        self._hops = 0
        self.finished = False
        """Whether the final tick has passed the last gate."""

    def sample(self, now: int) -> int | None:
        """The instant for which the ends of crm.* are to be read now. None while those of the last are waited for,
        when the one instant is on its way, and when the clock went back."""
        if self._gates[Layer.SOURCES].waiting or (self._until is not None and self._last is not None):
            return None
        at = now if self._until is None else self._until
        return at if self._last is None or at > self._last else None

    def sampled(self, at: int, ends: Offsets) -> None:
        """The ends of crm.*, read after the instant `at` was taken from the clock."""
        self._last = at
        self._gates[Layer.SOURCES].put(Mark(at, False, ends))

    def waiting(self) -> set[TopicPartition]:
        """The partitions whose committed offsets matter now."""
        return {partition for gate in self._gates.values() if gate.waiting for partition in gate.waiting.offsets}

    def due(self, committed: Offsets) -> Iterator[Tick]:
        """The ticks that have become due. Tell `written` of each before asking for the next."""
        # From the end, so that a gate is looked at before a newer tick takes the place of the one that just passed it.
        for layer, gate in reversed(self._gates.items()):
            if mark := gate.take(committed):
                if layer is Layer.ROLLUP:
                    self.finished |= mark.final
                elif layer is Layer.INBOX and self._until is not None and not mark.final:
                    self._hops += 1
                    yield Tick(Layer.INBOX, mark.at, self._hops == HOPS)
                else:
                    yield Tick(NEXT[layer], mark.at, mark.final)

    def written(self, tick: Tick, offsets: Offsets) -> None:
        """The tick is on the broker; `offsets` are those right behind it, by partition."""
        self._gates[tick.layer].put(Mark(tick.at, tick.final, offsets))
