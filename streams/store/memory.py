"""Nothing on a disk: the state topic is read whole. What a stage may want back stays in memory, packed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from streams.core.customers.packed import PackedShelf
from streams.store.kept import Mark, Records

BATCH = 1000
"""So many records are packed before the other tasks get their turn."""


class MemoryStore:
    """Keeps on the `shelf` what belongs there; of all else it holds what is put until `records` has handed it out."""

    def __init__(self, shelf: PackedShelf | None = None) -> None:
        self.shelf = shelf
        self._live: dict[bytes, bytes] = {}
        self._handed_out = False

    async def open(self, topic_id: str) -> Mark | None:
        self._clear()
        return None

    async def wipe(self, why: str) -> None:
        self._clear()

    def _clear(self) -> None:
        self._live.clear()
        if self.shelf is not None:
            self.shelf.clear()

    async def put(self, records: Records, mark: Mark | None) -> None:
        if self.shelf is None:
            self._take(records)
            return
        for start in range(0, len(records), BATCH):
            self._take(self.shelf.put(records[start : start + BATCH]))
            await asyncio.sleep(0)

    def _take(self, records: Records) -> None:
        if self._handed_out:
            return
        for key, value in records:
            if value is None:
                self._live.pop(key, None)
            else:
                self._live[key] = value

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        self._handed_out = True
        while self._live:
            yield self._live.popitem()
        if self.shelf is not None:
            yield from self.shelf.records()

    async def close(self) -> None:
        self._clear()
