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
from streams.events import Event

BLOCK = 512
"""Events per block. A full block is never written again: a busy subject costs no more to store than a quiet one."""

_NEVER = -(1 << 62)
_pack = msgspec.msgpack.Encoder().encode
_read = reader(tuple[int, bytes, bytes])
_read_newest = reader(tuple[int, Raw, Raw])


class Arrival(StrEnum):
    """What an arriving event is, by its identity and content."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


class _Block:
    __slots__ = ("contents", "newest", "prints")

    def __init__(self, prints: bytes = b"", contents: bytes = b"", newest: int = _NEVER) -> None:
        self.prints = array("Q", prints)
        self.contents = array("I", contents)
        self.newest = newest


def newest_in(value: bytes) -> int:
    """The instant of the newest event of a block that `take_dirty` gave, in microseconds."""
    return _read_newest(value)[0]


class Seen:
    """The fingerprints of one subject in append-only blocks. A large set gets an index; a small one is scanned."""

    __slots__ = ("_blocks", "_dirty", "_index")

    def __init__(self) -> None:
        self._blocks: dict[int, _Block] = {}
        self._index: dict[int, int] | None = None
        self._dirty: set[int] = set()

    def __len__(self) -> int:
        return sum(len(block.prints) for block in self._blocks.values())

    def arrive(self, event: Event, at: int) -> Arrival:
        """Record an event that happened at `at` (microseconds), and say whether it had been seen."""
        print_ = int.from_bytes(blake2b(f"{event.source}\0{event.id}".encode(), digest_size=8).digest(), "little")
        content = zlib.crc32(_pack((event.type, at, event.data)))
        known = self._find(print_)
        if known is not None:
            return Arrival.DUPLICATE if known == content else Arrival.CONFLICT
        self._append(print_, content, at)
        return Arrival.NEW

    def forget(self, before: int) -> list[int]:
        """Drop the blocks whose events all happened before `before`; their numbers, to be deleted from the store."""
        gone = [number for number, block in self._blocks.items() if block.newest < before]
        for number in gone:
            del self._blocks[number]
            self._dirty.discard(number)
        if gone:
            self._index = None
        return gone

    def take_dirty(self) -> Iterator[tuple[int, bytes]]:
        """The blocks written to since the last call, as (number, bytes)."""
        for number in sorted(self._dirty):
            block = self._blocks[number]
            yield number, tagged((block.newest, block.prints.tobytes(), block.contents.tobytes()))
        self._dirty.clear()

    def restore(self, number: int, value: bytes) -> None:
        """Put back a block that `take_dirty` gave."""
        newest, prints, contents = _read(value)
        self._blocks[number] = _Block(prints, contents, newest)
        self._index = None

    def _find(self, print_: int) -> int | None:
        if len(self._blocks) > 1:
            if self._index is None:
                self._index = {
                    print_: content
                    for block in self._blocks.values()
                    for print_, content in zip(block.prints, block.contents, strict=True)
                }
            return self._index.get(print_)
        for block in self._blocks.values():
            if print_ in block.prints:
                return block.contents[block.prints.index(print_)]
        return None

    def _append(self, print_: int, content: int, at: int) -> None:
        number = max(self._blocks, default=0)
        block = self._blocks.get(number)
        if block is None or len(block.prints) >= BLOCK:
            number += block is not None
            block = self._blocks[number] = _Block()
        block.prints.append(print_)
        block.contents.append(content)
        block.newest = max(block.newest, at)
        self._dirty.add(number)
        if self._index is not None:
            self._index[print_] = content
