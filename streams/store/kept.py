"""What every store keeps to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from streams.core.stage import Shelf

Records = Sequence[tuple[bytes, bytes | None]]
"""(key, value) in the order of the state topic; a value of None deletes."""


class Identity(NamedTuple):
    """Whose state a store holds: application (in its generation), stage, state topic's full name, and partition."""

    app: str
    stage: str
    topic: str
    partition: int


class Mark(NamedTuple):
    """How much of the state topic a store holds: everything up to a checkpoint, at its offset, in its very bytes."""

    offset: int
    checkpoint: bytes


class Store(Protocol):
    """The live records of one partition of a state topic. Every method may raise `ShelfError`."""

    @property
    def shelf(self) -> Shelf | None:
        """From where a stage may have its records back at any time; None where the stage keeps all that it needs."""

    async def open(self, topic_id: str) -> Mark | None:
        """Make ready, again too; None where it holds nothing, or nothing that may be trusted, and begins anew.

        `topic_id` is the state topic's.
        """

    async def wipe(self, why: str) -> None:
        """Start from nothing and say why, half a sentence about the store."""

    async def put(self, records: Records, mark: Mark | None) -> None:
        """Take records; with a mark, everything up to it has been put. What is lost on the way is no more than these.

        Between two marks it may hold some of what follows the first. To be read again from the first mends that.
        """

    def records(self) -> Iterator[tuple[bytes, bytes]]:
        """Every live record once."""

    async def close(self) -> None:
        """Let go of it. What is on a disk stays there."""
