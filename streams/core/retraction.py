"""What takes back an event that was counted: the event as it was sent, once more, and what of its subject's others
only all of them together tell.

A stage keeps what events come to, not the events. So whoever has the log looks the event up, and sends it to where it
was taken first.
"""

from __future__ import annotations

import msgspec

RETRACT = b"retract"
"""The kind of these records in an inbox."""


class Contract(msgspec.Struct, array_like=True, frozen=True, order=True):
    """A contract of a customer: when it was signed, its event, and who is credited."""

    time: int
    source: str
    id: str
    employee: str


class Place(msgspec.Struct, array_like=True, frozen=True):
    """Where a void stood, and its bytes: for the dead letters, where it cannot be done."""

    topic: str
    partition: int
    offset: int
    raw: bytes


class Retraction(msgspec.Struct, array_like=True, frozen=True):
    """An event that is taken back, as it was sent. `first` is the instant of the first of its subject's other events,
    `contract` the first contract among them; None where there is none. `case_of` is set on the way from the partition
    of a case to that of whose the case is: the name of the dossier."""

    raw: bytes
    void: Place
    first: int | None = None
    contract: Contract | None = None
    case_of: str | None = None


def write_retraction(retraction: Retraction) -> bytes:
    """The record of an inbox."""
    return msgspec.msgpack.encode(retraction)


_read = msgspec.msgpack.Decoder(Retraction).decode


def read_retraction(value: bytes) -> Retraction:
    """The retraction that `write_retraction` was given."""
    return _read(value)
