"""The version tag of what we keep and hand on: every record is (format, content), in MessagePack.

Records from before there was a tag are content alone. They tell themselves apart: none was a pair of a small number and
a container.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

FORMAT = 2
"""Raised when the content of any kind of record is laid out in another way; what was before must stay readable.

A field at the end that has a default is no other way: the reader of a `Struct` does without it, and passes over it.
"""

_PAIR, _LARGEST = 0x92, 0x7F
_CONTAINERS = frozenset((*range(0x80, 0xA0), 0xDC, 0xDD, 0xDE, 0xDF))
"""How a map or an array begins."""

_encode = msgspec.msgpack.Encoder().encode


class NewerFormat(Exception):
    """A record of a later release; the message is half a sentence."""

    def __init__(self, found: int) -> None:
        super().__init__(f"it has a record of format {found}, this release reads up to {FORMAT}")


def tagged(content: Any) -> bytes:
    """A record of an array or a map."""
    return _encode((FORMAT, content))


def reader(type: type[T]) -> Callable[[bytes], T]:
    """What reads the content of records of one kind; made once, as to make it costs more than to use it.

    It raises `NewerFormat`, and `msgspec.DecodeError` for what is no such content.
    """
    decode = msgspec.msgpack.Decoder(type).decode

    def read(record: bytes) -> T:
        if len(record) > 2 and record[0] == _PAIR and record[1] <= _LARGEST and record[2] in _CONTAINERS:
            if record[1] > FORMAT:
                raise NewerFormat(record[1])
            record = record[2:]
        return decode(record)

    return read
