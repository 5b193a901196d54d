"""Values by key in little memory: the records of one topic resemble each other, so each is kept as how it differs."""

from __future__ import annotations

import zlib
from typing import Final

LEVEL: Final = 1
WINDOW: Final = -12
"""A raw stream with a window of 4 KiB, which is as much as a first value is good for."""
MEMORY: Final = 4
"""Small tables: to set them up takes longer than to deflate a value."""


class Shelf:
    """Bytes by key, deflated with the first value that came as the dictionary: some 100 bytes for 500 of JSON."""

    def __init__(self) -> None:
        self._first = b""
        self._values: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def put(self, key: str, value: bytes) -> None:
        """Keep a value in the place of the one before."""
        self._first = self._first or value
        self._values[key] = self.pack(value)

    def get(self, key: str) -> bytes | None:
        """The value as it was put."""
        packed = self._values.get(key)
        return None if packed is None else self.unpack(packed)

    def drop(self, key: str) -> None:
        """Forget a key, if it is known."""
        self._values.pop(key, None)

    def pack(self, value: bytes) -> bytes:
        """A value as it is kept, for who keeps it elsewhere."""
        self._first = self._first or value
        packing = zlib.compressobj(LEVEL, zlib.DEFLATED, WINDOW, MEMORY, zlib.Z_DEFAULT_STRATEGY, self._first)
        return packing.compress(value) + packing.flush()

    def unpack(self, packed: bytes) -> bytes:
        """What `pack` was given."""
        return zlib.decompressobj(WINDOW, self._first).decompress(packed)
