"""Packing: many events of one partition in one inbox record, as everything after intake costs by the record.

A record's value is a JSON array of `[topic, partition, offset, event]`, each event the very bytes that were produced.
"""

from __future__ import annotations

from typing import Final, NamedTuple

LIMIT: Final = 512 * 1024
"""Bytes of a record's value. A single event above it travels alone."""

COUNT: Final = 500
"""Events of a record: enough to make the record's own cost vanish, few enough to flush in between."""


class Packed(NamedTuple):
    """One record for the inbox: `kind` is its key."""

    partition: int
    kind: bytes
    value: bytes


def head(topic: str, partition: int) -> bytes:
    """What stands before the offset of every event of one source partition; `topic` is the plain name."""
    return b'["%b",%d,' % (topic.encode(), partition)


class Packer:
    """Fills records of one kind for `partitions` partitions, in the order of `add` within a partition."""

    def __init__(self, kind: bytes, partitions: int, limit: int = LIMIT, count: int = COUNT) -> None:
        self._kind, self._limit, self._count = kind, limit, count
        self._open: list[list[bytes]] = [[] for _ in range(partitions)]
        self._size = [1] * partitions  # of the value: a bracket, and each item with its comma or closing bracket
        self._full: list[Packed] = []

    def add(self, partition: int, item: bytes) -> None:
        """`item` is one `[topic, partition, offset, event]`."""
        items, size = self._open[partition], len(item) + 1
        if items and (self._size[partition] + size > self._limit or len(items) == self._count):
            self._close(partition)
            items = self._open[partition]
        items.append(item)
        self._size[partition] += size

    def take(self) -> list[Packed]:
        """Everything added since the last time, the last record of a partition however full."""
        for partition, items in enumerate(self._open):
            if items:
                self._close(partition)
        full, self._full = self._full, []
        return full

    def _close(self, partition: int) -> None:
        self._full.append(Packed(partition, self._kind, b"[%b]" % b",".join(self._open[partition])))
        self._open[partition], self._size[partition] = [], 1
