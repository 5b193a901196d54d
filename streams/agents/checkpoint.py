"""The checkpoint: how much of the input is in a partition's state, written in the same transaction as the state."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

KEY = b"\x00checkpoint"
FORMAT = 1
NOTHING = -1
"""The offset of a partition that has applied nothing yet."""


class Checkpoint(msgspec.Struct, frozen=True):
    """`offset` is the last input record that is in the state, `clock` the stage's, in microseconds since the epoch.

    `topic` is the broker's id of the input topic, empty where the broker gives none: offsets mean nothing in another.
    `since`, ms, is the timestamp that the outputs were written under: it never goes back, so that of two records about
    one thing in two partitions the newer one is known.
    """

    offset: int
    clock: int
    topic: str
    policy: str
    format: int = FORMAT
    since: int = 0

    def encode(self) -> bytes:
        return msgspec.json.encode(self)


def decode(raw: bytes) -> Checkpoint:
    """Raises `msgspec.DecodeError` for anything but a checkpoint."""
    return msgspec.json.decode(raw, type=Checkpoint)


class Known(NamedTuple):
    """What the broker says of an input partition: the id of its topic, and where the group is, None at no place yet.

    `state` is the id of its state's topic; both are empty where the broker gives none.
    """

    topic: str
    committed: int | None
    state: str = ""


def misfit(checkpoint: Checkpoint | None, known: Known, begin: int, end: int) -> str | None:
    """Why the input cannot be continued from this checkpoint, as half a sentence; None when it can.

    `begin` is the first offset that the input still holds, `end` the one after its last.
    """
    offset = NOTHING
    if checkpoint is not None:
        offset = checkpoint.offset
        if checkpoint.format > FORMAT:
            return f"its state has format {checkpoint.format}, this release reads up to {FORMAT}"
        if checkpoint.topic and known.topic and checkpoint.topic != known.topic:
            return "its state was made from a topic that was since deleted and created again"
    if not begin <= offset + 1 <= end:
        return f"its state ends at offset {offset}, but the input goes from {begin} to {end - 1}"
    if known.committed is not None and known.committed > offset + 1:
        return f"its state ends at offset {offset}, but the group is at {known.committed}, so state was lost"
    return None
