"""What partitions say to each other of customers that were merged into others; see `merging`."""

from __future__ import annotations

import msgspec

from streams.core.customers import moving
from streams.core.customers.state import Merge, Part
from streams.core.retraction import Retraction

Stamp = tuple[int, str, str, str]
"""Which merge it is."""


class _Message(msgspec.Struct, array_like=True, frozen=True, tag=True):
    """Something that is said of a customer."""

    to: str
    """The customer that it is for."""


class Move(_Message, frozen=True):
    """Something of what is known of customers that are this one."""

    path: list[tuple[str, Stamp]]
    """The customers whose marks it followed, and these marks."""
    parts: dict[str, Part]
    newest: int
    items: list[moving.Item]


class Named(_Message, frozen=True):
    """An event that names another customer, which is this one."""

    part: str
    raw: bytes


class Taken(_Message, frozen=True):
    """The same of an event that is taken back."""

    part: str
    retraction: Retraction


class Pushed(_Message, frozen=True):
    """A merge of this one, or of one that is this one."""

    merge: Merge


class Refused(_Message, frozen=True):
    """A mark of this one closes a circle."""

    stamp: Stamp


class Erased(_Message, frozen=True):
    """One that is this one is to be erased."""

    time: int


class Forgotten(_Message, frozen=True):
    """All that are one with this one are erased."""

    time: int


class Letter(msgspec.Struct, array_like=True, frozen=True):
    """A message on its way from partition `origin`, which numbers them."""

    origin: int
    version: int
    message: Move | Named | Taken | Pushed | Refused | Erased | Forgotten


read, pack = msgspec.msgpack.Decoder(Letter).decode, msgspec.msgpack.Encoder().encode
