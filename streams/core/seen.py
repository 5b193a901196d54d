"""Which events of a subject have been seen: 8 bytes an event for who it is, 4 for what it says, for good."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterator
from enum import StrEnum
from hashlib import blake2b

import msgspec
from msgspec import Raw

from streams.core.formats import reader, tagged
from streams.events import Event, Reason, Rejected
from streams.policy import Policy

BLOCK = 512
"""Events per block. A full block is never written again: a busy subject costs no more to store than a quiet one."""

PRINT, CONTENT = 8, 4
"""Bytes of the fingerprint of an event, and of its content's."""

HARMLESS = ("customer.upserted", "employee.upserted", "event.voided", "customer.erased", "employee.erased")
"""However late, and however often, they do no harm: upserts change only what is older than they are, a void what it
names, and who is erased stays so."""

PATIENCE = 64
"""So many looks through full blocks cost what an index of them does."""

_pack = msgspec.msgpack.Encoder().encode
_read = reader(tuple[int, bytes, bytes])
_read_newest = reader(tuple[int, Raw, Raw])


def fingerprint(source: str, id: str) -> bytes:
    """Who an event is, within its subject."""
    return blake2b(f"{source}\0{id}".encode(), digest_size=PRINT).digest()


class Arrival(StrEnum):
    """What an arriving event is, by its identity and content."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


def too_old(event: Event, time: int, now: int, policy: Policy) -> Rejected | None:
    """The rejection of an event that happened at `time` when it is `now` (us): its fingerprint may be forgotten."""
    if policy.dedup_keep is None or time >= now - policy.dedup_keep or event.type in HARMLESS:
        return None
    return Rejected(Reason.too_old, "time: older than the policy's dedup_keep, so a duplicate could not be told")


def conflict(event: Event) -> Rejected:
    """The rejection of an event whose source has sent another one under its id."""
    return Rejected(Reason.conflict, f"id: {event.source} sent {event.id} before, with other content")


Block = tuple[int, bytes, bytes]
"""The newest event time of a block, the fingerprints of its events one after another, and their contents."""

EMPTY: Block = (-(1 << 62), b"", b"")


def newest_in(value: bytes) -> int:
    """The instant of the newest event of a block that `take_dirty` gave, in microseconds."""
    return _read_newest(value)[0]


class Seen:
    """The fingerprints of one subject in append-only blocks.

    The newest block stands in the object itself, as most subjects never fill it. Full ones are kept by number; who is
    asked for often has an index of them.
    """

    __slots__ = ("_contents", "_full", "_index", "_looks", "_newest", "_number", "_prints", "_unwritten")

    def __init__(self) -> None:
        self._number = 0
        self._newest, self._prints, self._contents = EMPTY
        self._full: dict[int, Block] | None = None
        self._index: _Index | None = None
        self._looks = 0
        self._unwritten: int | None = None  # the first block written to since `take_dirty`

    def __len__(self) -> int:
        return sum(len(prints) for _, (_, prints, _) in self._blocks()) // PRINT

    def arrive(self, event: Event, at: int) -> Arrival:
        """Record an event that happened at `at` (microseconds), and say whether it had been seen."""
        print_ = fingerprint(event.source, event.id)
        content = _content_of(event, at)
        known = self._known(print_)
        if known is not None:
            return Arrival.DUPLICATE if known == content else Arrival.CONFLICT
        if len(self._prints) == BLOCK * PRINT:
            self._keep(self._number, (self._newest, self._prints, self._contents))
            self._number += 1
            self._newest, self._prints, self._contents = EMPTY
        self._prints += print_
        self._contents += content
        if at > self._newest:
            self._newest = at
        if self._unwritten is None:
            self._unwritten = self._number
        return Arrival.NEW

    def holds(self, print_: bytes) -> bool:
        """Whether an event has been seen, by its fingerprint."""
        return self._known(print_) is not None

    def took(self, event: Event, at: int) -> bool:
        """Whether it was this event that was seen, not another one under its id."""
        return self._known(fingerprint(event.source, event.id)) == _content_of(event, at)

    def forget(self, before: int) -> list[int]:
        """Drop the blocks whose events all happened before `before`; their numbers, to be deleted from the store."""
        gone = [number for number, (newest, _, _) in self._blocks() if newest < before]
        for number in gone:
            if number == self._number:
                self._newest, self._prints, self._contents = EMPTY
            elif self._full is not None:
                del self._full[number]
        if gone:
            self._index = None
        return gone

    def take_dirty(self) -> Iterator[tuple[int, bytes]]:
        """The blocks written to since the last call, as (number, bytes)."""
        first, self._unwritten = self._unwritten, None
        if first is not None:
            for number, block in self._blocks():
                if number >= first:
                    yield number, tagged(block)

    def restore(self, number: int, value: bytes) -> None:
        """Put back a block that `take_dirty` gave; they come in any order."""
        block = _read(value)
        if self._prints and number < self._number:
            self._keep(number, block)
            return
        if self._prints:
            self._keep(self._number, (self._newest, self._prints, self._contents))
        self._number, (self._newest, self._prints, self._contents) = number, block

    def _blocks(self) -> Iterator[tuple[int, Block]]:
        """Those that hold anything, by number."""
        yield from sorted((self._full or {}).items())
        if self._prints:
            yield self._number, (self._newest, self._prints, self._contents)

    def _keep(self, number: int, block: Block) -> None:
        if self._full is None:
            self._full = {}
        self._full[number] = block
        if self._index is not None:
            self._index.add(block)

    def _known(self, print_: bytes) -> bytes | None:
        """The content that was seen under a fingerprint."""
        known = _content((self._newest, self._prints, self._contents), print_)
        return self._find(self._full, print_) if known is None and self._full else known

    def _find(self, full: dict[int, Block], print_: bytes) -> bytes | None:
        """The content that was seen under a fingerprint of a full block."""
        if self._index is None:
            self._looks += 1
            if self._looks <= PATIENCE:
                found = (_content(block, print_) for block in full.values())
                return next((content for content in found if content is not None), None)
            self._index = _Index()
            for block in full.values():
                self._index.add(block)
        return self._index.find(print_)


def _content_of(event: Event, at: int) -> bytes:
    return zlib.crc32(_pack((event.type, at, event.data))).to_bytes(CONTENT, "little")


def _content(block: Block, print_: bytes) -> bytes | None:
    """The content under a fingerprint of a block."""
    _, prints, contents = block
    at = prints.find(print_)
    while at > 0 and at % PRINT:  # the end of one and the beginning of the next
        at = prints.find(print_, at + 1)
    start = at // PRINT * CONTENT
    return None if at < 0 else contents[start : start + CONTENT]


class _Index:
    """Where in full blocks each fingerprint stands: a hash table of places, with a half or more of it free.

    A dict takes some 200 bytes an event, this one 8 to 16.
    """

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._places = array("I", bytes(4 * BLOCK))  # from 1 on; 0 is free

    def add(self, block: Block) -> None:
        """Take in one more block, none of whose fingerprints is known yet."""
        self._blocks.append(block)
        first = len(self._blocks) - 1
        if len(self._blocks) * BLOCK * 2 > len(self._places):
            self._places = array("I", bytes(2 * self._places.itemsize * len(self._places)))
            first = 0
        for number in range(first, len(self._blocks)):
            prints = self._blocks[number][1]
            for at in range(len(prints) // PRINT):
                slot, _ = self._look(prints[at * PRINT : at * PRINT + PRINT])
                self._places[slot] = number * BLOCK + at + 1

    def find(self, print_: bytes) -> bytes | None:
        """The content that was seen under a fingerprint."""
        return self._look(print_)[1]

    def _look(self, print_: bytes) -> tuple[int, bytes | None]:
        """Where in the table a fingerprint stands, or would, and the content under it."""
        places, last = self._places, len(self._places) - 1
        slot = int.from_bytes(print_, "little") & last  # fingerprints are as even as hashes are
        while place := places[slot]:
            number, at = divmod(place - 1, BLOCK)
            _, prints, contents = self._blocks[number]
            if prints.startswith(print_, at * PRINT):
                return slot, contents[at * CONTENT : at * CONTENT + CONTENT]
            slot = slot + 1 & last
        return slot, None
