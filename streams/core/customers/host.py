"""What those who talk with other partitions ask of the partition that they belong to, and how much they say at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

import msgspec

from streams.core.customers.state import Customer
from streams.core.stage import Send

T = TypeVar("T")
PART = 256 * 1024
"""Bytes of what is said in one record: a flush of a backlog may have more to say than a broker takes at once."""
_pack = msgspec.msgpack.Encoder().encode


class Host(Protocol):
    """The partition that takes part."""

    def knows(self, name: str) -> bool:
        """Whether anything is kept under a name."""

    def dossier(self, name: str) -> Customer:
        """What is kept under a name, about to change."""

    def reach(self, time: int) -> int:
        """Something happened at an instant; the clock now."""

    def is_erased(self, name: str) -> bool:
        """Whether that is a customer of whom nothing is kept any more."""

    def say(self, send: Send) -> None:
        """Send a record with the next flush."""


def parts(items: Iterable[T]) -> Iterator[list[T]]:
    """Items in their order, in lists of no more than `PART` bytes, or of one item."""
    part: list[T] = []
    size = 0
    for item in items:
        length = len(_pack(item))
        if part and size + length > PART:
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part
