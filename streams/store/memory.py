"""No store at all: the state topic is read whole, and from then on the stage holds everything."""

from __future__ import annotations

from collections.abc import Iterator

from streams.store.kept import Mark, Records


class MemoryStore:
    """Holds what is put until `records` has handed it out, and nothing after that."""

    shelf = None

    def __init__(self) -> None:
        self._live: dict[bytes, bytes] = {}
        self._handed_out = False

    async def open(self, topic_id: str) -> Mark | None:
        self._live.clear()
        return None

    async def wipe(self, why: str) -> None:
        self._live.clear()

    async def put(self, records: Records, mark: Mark | None) -> None:
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

    async def close(self) -> None:
        self._live.clear()
